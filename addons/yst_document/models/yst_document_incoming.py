from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.yst_base import limits

from .yst_document_access import LEADER, REGISTRAR

#: how long handling may take (催办): limit and unit; extra urgent the same day [use]
LIMITS = {"extra": (0, "day"), "urgent": (3, "workday"), "none": (10, "workday")}


class Document(models.Model):
    """The steps of incoming documents (收文): 签收 登记 初审 拟办 批示 承办 传阅 催办 答复."""

    _inherit = "yst.document"

    instructor_ids = fields.Many2many(
        "res.users", "yst_document_instructor_rel", "document_id", "user_id", "Instructed by",
        readonly=True, copy=False, help="The leaders who write an instruction (批示).",
    )
    waiting_instructor_ids = fields.Many2many(
        "res.users", "yst_document_waiting_instructor_rel", "document_id", "user_id",
        "Instruction awaited from", readonly=True, copy=False,
    )
    handling_department_id = fields.Many2one(
        "hr.department", "Handled by (department)", readonly=True, copy=False, ondelete="set null"
    )
    answer_document_id = fields.Many2one(
        "yst.document", "Answered with", readonly=True, copy=False, ondelete="restrict",
        index="btree_not_null",
    )
    urged_at = fields.Datetime("Last urged", readonly=True, copy=False)

    def action_register_incoming(self):
        """Sign for and register (签收、登记): number in the register, the clock starts.

        :raise UserError: it does not say where it comes from
        """
        self._need_group(REGISTRAR)
        self._begin("draft")
        for document in self.sudo():
            if document.direction != "incoming":
                raise UserError(self.env._("An outgoing document is submitted, not received."))
            if not (document.source_unit or "").strip():
                raise UserError(self.env._("Say where it comes from."))
            now = fields.Datetime.now()
            if document.received_at and document.received_at > now:
                raise UserError(self.env._("It cannot have been received in the future."))
            received = document.received_at or now
            document._transition(
                "preliminary",
                "draft",
                {"received_at": received, "step_number": document.step_number + 1},
            )
            if document.clock_start:  # returned to the draft and registered again
                continue
            document._clock_start(*LIMITS[document.urgency], at=received)
            document._allot_register_number(now)
        self.sudo()._announce_turn()
        return True

    def _allot_register_number(self, now):
        """Its number in the register of incoming documents, gap-free by the year (sudo)."""
        self.ensure_one()
        year = limits.to_local(now).year
        value = self.env["yst.number"]._next("yst.document.incoming", year)
        self.register_number = f"收文〔{year}〕{value}号"

    def action_preliminary_ok(self):
        """Checked (初审): it is ours to handle, and complete."""
        self._need_group(REGISTRAR)
        self._begin("preliminary")
        for document in self.sudo():
            document._transition(
                "propose", "preliminary", {"step_number": document.step_number + 1}
            )
        self.sudo()._announce_turn()
        return True

    def action_refuse_incoming(self, reason):
        """Refuse (初审不合格退文): it goes back to who sent it, and is void here."""
        self._need_group(REGISTRAR)
        reason = self._need_reason(reason)
        self._begin("preliminary")
        return self.action_void(reason)

    def action_propose(self, text, instructors=None):
        """Propose (拟办) how to handle it, to the leaders who decide; without any it goes
        straight to the handling.

        :param instructors: users or their ids
        """
        self.ensure_one()
        self._need_group(REGISTRAR)
        text = self._need_text(text)
        self._begin("propose")
        leaders = self._users(instructors)
        if others := leaders.filtered(lambda user: not user.has_group(LEADER)):
            raise UserError(self.env._("Not a leader: %s", ", ".join(others.mapped("name"))))
        document = self.sudo()
        document._add_opinion("propose", "propose", text)
        document._transition(
            "instruct" if leaders else "handle",
            "propose",
            {
                "instructor_ids": [fields.Command.set(leaders.ids)],
                "waiting_instructor_ids": [fields.Command.set(leaders.ids)],
                "step_number": document.step_number + 1,
            },
        )
        document._announce_turn()
        return True

    def action_instruct(self, text=None, image=None, supervise=None):
        """Instruct (批示), as one of the leaders or as their deputy; when all have, it is handled.

        :param text: the instruction; may be left out where it was drawn
        :param image: drawn by hand, PNG in base64
        :param supervise: dict of the arguments of ``action_supervise``; none: no order
        """
        self.ensure_one()
        self._begin("instruct")
        document = self.sudo()
        mine = document.waiting_instructor_ids & self._principals()
        if not mine:
            self._refuse_turn()
        if not image:
            text = self._need_text(text)
        for leader in mine:
            document._add_opinion("instruct", "instruct", text, image, whose=leader)
        document.waiting_instructor_ids -= mine
        if document.waiting_instructor_ids:
            document._touch()
        else:
            document._transition(
                "handle", "instruct", {"step_number": document.step_number + 1}
            )
        if supervise:
            self.action_supervise(**{"text": text, **supervise})
        document._announce_turn()
        return True

    def action_assign(self, handler=None, department=None, note=None):
        """Assign (承办) to a person or a department, whose head then has it; also from one to
        another.

        :param handler: user or id
        :param department: hr.department or id
        """
        self.ensure_one()
        self._begin("handle")
        document = self.sudo()
        desk = self.env.su or self.env.user.has_group(REGISTRAR)
        leader = self.env.user in document.instructor_ids
        if not (desk or leader or document.handler_id & self._principals()):
            raise AccessError(self.env._("The document desk, the leaders or the handler assign."))
        handler = self._users([handler] if handler else [])
        department = self.env["hr.department"].sudo().browse(
            getattr(department, "id", department) or []
        ).exists()
        handler = handler or department.manager_id.user_id
        if not handler:
            raise UserError(self.env._("Say who handles it: the department has no head."))
        document.write(
            {
                "handler_id": handler.id,
                "handling_department_id": department.id
                or handler.employee_id.department_id.id,
                "step_number": document.step_number + 1,
            }
        )
        words = self.env._("Assigned to %s", handler.name)
        document._message_log(body=f"{words}: {note}" if note else words)
        document._announce_turn()
        return True

    def action_circulate(self, audience, **values):
        """Circulate (传阅) to people, who then may read it.

        :param audience: list of values of ``yst.circulation.audience``
        :param values: of the item: wanted, deadline, name, body
        :return: the item
        """
        self.ensure_one()
        allowed = {"wanted", "deadline", "name", "body"}
        self._begin("propose", "instruct", "handle", "answered", "issued")
        if not self.env.su and not self.env.user.has_group(REGISTRAR):
            mine = self.sudo().handler_id & self._principals()
            if not mine and self.env.user not in self.sudo().instructor_ids:
                raise AccessError(self.env._("The document desk, the leaders or the handler "
                                             "circulate it."))
        return self._circulate(
            audience, **{name: values[name] for name in allowed & values.keys()}
        )

    def action_answer(self, text=None, document=None):
        """Answered (答复, 办结): with words, with an outgoing document, or both; the clock stops.

        :param document: outgoing ``yst.document`` or its id
        """
        self.ensure_one()
        self._begin("handle")
        incoming = self.sudo()
        desk = self.env.su or self.env.user.has_group(REGISTRAR)
        whose = incoming.handler_id & self._principals()
        if not (whose or desk):
            self._refuse_turn()
        answer = self.browse(getattr(document, "id", document) or []).exists()
        answer.check_access("read")
        if answer and (answer.direction != "outgoing" or answer.state == "void"):
            raise UserError(self.env._("An answer is an outgoing document in force."))
        if not answer:
            text = self._need_text(text)
        incoming._add_opinion("handle", "answer", text or answer.name, whose=whose[:1] or None)
        incoming._transition(
            "answered",
            "handle",
            {"answer_document_id": answer.id, "step_number": incoming.step_number + 1},
        )
        if incoming.clock_start and not incoming.clock_stop:
            incoming._clock_stop()
        incoming._announce_turn()
        return True

    def action_urge(self):
        """Urge (催办) whoever has it now, at most once an hour.

        :return: how many were told
        """
        self._need_group(REGISTRAR)
        self._begin("check", "countersign", "sign", "instruct", "handle")
        now = fields.Datetime.now()
        told = 0
        for document in self.sudo():
            people = document._turn_users() - self.env.user
            recently = document.urged_at and (now - document.urged_at).total_seconds() < 3600
            if recently or not people:
                continue
            document.write({"urged_at": now, "step_number": document.step_number + 1})
            document.message_notify(
                partner_ids=people.partner_id.ids,
                subject=document.name,
                body=self.env._("Please handle it soon. Due: %s", document._due_text()),
            )
            self.env["yst.circulation.bus"]._tell(people.ids)
            told += len(people)
        return told

    def _due_text(self):
        due = self.clock_deadline
        return f"{limits.to_local(due):%Y-%m-%d %H:%M}" if due else "—"

    def write(self, vals):
        """Another urgency moves the deadline, counted from the receipt."""
        result = super().write(vals)
        if "urgency" in vals:
            running = self.sudo().filtered(
                lambda one: one.direction == "incoming" and one.clock_start and not one.clock_stop
            )
            for document in running:
                if (document.clock_limit, document.clock_unit) != LIMITS[document.urgency]:
                    document._clock_restart(
                        *LIMITS[document.urgency],
                        at=document.clock_start,
                        reason=self.env._("Another urgency"),
                    )
        return result

    # -- helpers -------------------------------------------------------------------------------

    def _incoming_returned_values(self, to_state):
        """What is written along with a return (sudo)."""
        if self.clock_stop and to_state != "answered":
            self._clock_restart(at=self.clock_start, reason=self.env._("Returned"))
        values = {}
        if to_state in ("draft", "preliminary", "propose"):
            values = {
                "instructor_ids": [fields.Command.clear()],
                "waiting_instructor_ids": [fields.Command.clear()],
                "handler_id": False,
            }
        elif to_state == "instruct":
            values = {
                "waiting_instructor_ids": [fields.Command.set(self.instructor_ids.ids)],
                "handler_id": False,
            }
        return {**values, "answer_document_id": False}

    @api.model
    def _users(self, users):
        """Users given as records or ids; those who have left are refused."""
        if isinstance(users, models.BaseModel):
            users = users.ids
        ids = [getattr(one, "id", one) for one in users or []]
        found = self.env["res.users"].sudo().browse(ids).exists()
        if len(found) != len(set(ids)) or any(not one.active or one.share for one in found):
            raise UserError(self.env._("Somebody among them has left."))
        return found

    @api.model
    def _need_text(self, text):
        """:raise UserError: there is none"""
        text = (text or "").strip() if isinstance(text, str) else ""
        if not text:
            raise UserError(self.env._("Write an opinion."))
        return text
