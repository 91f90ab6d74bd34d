from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

PAGE = 30
#: kinds of files that a browser shows by itself
SHOWN = ("application/pdf", "image/jpeg", "image/png", "image/gif", "image/webp")


class Document(models.Model):
    """The desk (公文待办) as its screen reads it: what waits for the user, and one document."""

    _inherit = "yst.document"

    @api.model
    def get_desk(self, folder, search="", offset=0, limit=PAGE):
        """A page of what waits for the user, or of what they have handled, the latest first.

        :param folder: approve (待审批), instruct (待批示), work (其他待办) or done (已办)
        :param search: words of title, text or number
        :return: dict of ``counts`` (of the three open folders), ``more`` (bool) and ``rows``:
            list of dict of ``id``, ``name``, ``kind``, ``source``, ``number``, ``state_name``,
            ``urgency``, ``urgency_name``, ``at``, ``deadline``, ``late``, ``whose`` (name,
            where the turn is another's), ``returned`` (bool)
        """
        folders = self._desk_folders()
        if folder not in folders:
            raise UserError(self.env._("There is no such folder."))
        limit, offset = max(1, min(int(limit), 200)), max(0, int(offset))
        domain = folders[folder]
        if words := " ".join(str(search or "").split())[:100]:
            domain &= Domain("words", "ilike", words)
        found = self.search(domain, offset=offset, limit=limit + 1)
        principals = self._principals()
        found.sudo().review_ids.mapped("reviewer_ids")  # all of them at once
        opinions = found._readable_opinions()
        return {
            "counts": {
                name: self.search_count(folders[name]) for name in ("approve", "instruct", "work")
            },
            "more": len(found) > limit,
            "rows": [one._desk_row(principals, opinions[one]) for one in found[:limit]],
        }

    @api.model
    def _desk_folders(self):
        turn = Domain("is_my_turn", "=", True)
        approvals = Domain("state", "in", ("check", "countersign", "sign"))
        instructions = Domain("state", "=", "instruct")
        return {
            "approve": turn & approvals,
            "instruct": turn & instructions,
            "work": turn & ~approvals & ~instructions,
            "done": Domain("opinion_ids.user_id", "=", self.env.uid)
            | (Domain("drafter_id", "=", self.env.uid) & Domain("state", "!=", "draft")),
        }

    def _desk_row(self, principals, opinions):
        self.ensure_one()
        names = self._screen_names()
        now = fields.Datetime.now()
        waiting = self.clock_deadline if not self.clock_stop else False
        return {
            "id": self.id,
            "name": self.name,
            "kind": names["kind"],
            "source": self._screen_source(),
            "number": self.number or self.register_number or "",
            "state_name": self.state_name,
            "urgency": self.urgency,
            "urgency_name": names["urgency"],
            "at": fields.Datetime.to_string(self.received_at or self.create_date),
            "deadline": fields.Datetime.to_string(waiting) or False,
            "late": bool(waiting and waiting < now),
            "whose": self._desk_whose(principals),
            "returned": bool(self._desk_returned(opinions)),
        }

    def _desk_whose(self, principals):
        """Whose turn it is where the user acts in the name of another of ``principals``."""
        people = self.env["res.users"]
        if self.state == "instruct":
            people = self.sudo().waiting_instructor_ids & principals
        elif self.state in ("check", "countersign", "sign"):
            people = self._my_reviews().person_id
        if not people or self.env.user in people:
            return ""
        return ", ".join(people.sudo().mapped("name"))

    def _readable_opinions(self):
        """dict of document to the opinions that the reader may see, the first one first."""
        opinions = self.env["yst.document.opinion"].search(
            [("document_id", "in", self.ids)], order="id"
        )
        return {one: opinions.filtered(lambda o, one=one: o.document_id == one) for one in self}

    def _desk_returned(self, opinions):
        """Why it was returned, while nothing has been done since."""
        last = opinions[-1:]
        if last.kind not in ("return", "reject"):
            return ""
        return self.env._("Returned by %(name)s: %(reason)s",
                          name=last.sudo().user_id.name, reason=last.text or "")

    def get_step(self):
        """What the dialogs of a step need: ``id``, ``state``, ``version``, ``may`` (names of
        steps) and ``return_states`` (list of code and name)."""
        self.ensure_one()
        self.check_access("read")
        return {
            "id": self.id,
            "state": self.state,
            "version": self.sudo().version_number,
            "may": self._screen_actions(),
            "return_states": self.get_return_targets(),
        }

    def get_reading(self):
        """The document as its reader sees it on a phone.

        :return: dict of what the reading screen shows
        """
        self.ensure_one()
        self.check_access("read")
        names = self._screen_names()
        buttons = {
            "check": self.env._("Checked: pass it on"),
            "countersign": self.env._("Countersign"),
            "sign": self.env._("Sign for issue"),
        }
        known, opinions = self.sudo(), self._readable_opinions()[self]
        versions = self.env["yst.document.version"]
        return {
            **self.get_step(),
            "name": self.name,
            "direction": self.direction,
            "urgency": self.urgency,
            "urgency_name": names["urgency"],
            "steps": self._screen_path(),
            "facts": self._screen_facts(names),
            "whose": self._desk_whose(self._principals()),
            "returned": self._desk_returned(opinions),
            "approve_name": buttons.get(self.state, ""),
            "proposal": opinions.filtered(lambda o: o.kind == "propose")[-1:].text or "",
            "body": self.body or "",
            "files": [
                {**file, "shown": file["mimetype"] in SHOWN}
                for file in known.attachment_ids._reading()
            ],
            "pdf": self._screen_pdf(),
            "opinions": self._screen_opinions(opinions),
            "version_count": versions.search_count([("document_id", "=", self.id)]),
            "orders": [
                {"id": order.id, "name": order.display_name, "state": order_state}
                for order, order_state in self._screen_orders()
            ],
        }

    # -- parts -----------------------------------------------------------------------------------

    def _screen_names(self):
        self.ensure_one()
        return {
            name: dict(self._fields[name]._description_selection(self.env)).get(self[name], "")
            for name in ("kind", "urgency", "secrecy", "layout")
        }

    def _screen_source(self):
        if self.direction == "incoming":
            return self.source_unit or ""
        known = self.sudo()
        parts = [known.drafter_id.name, known.department_id.name]
        return " · ".join(part for part in parts if part)

    def _screen_facts(self, names):
        """What stands at its head: list of (name, value)."""
        known, _ = self.sudo(), self.env._
        facts = [(_("Kind of document"), names["kind"])]
        if self.direction == "incoming":
            facts += [
                (_("From"), self.source_unit),
                (_("Their number"), self.source_number),
                (_("Register number"), self.register_number),
                (_("Received"), self._screen_time(self.received_at)),
                (_("To be done by"), self._screen_time(self.clock_deadline)),
                (_("Handled by"), known.handler_id.name),
            ]
        else:
            facts += [
                (_("Number"), self.number),
                (_("Addressed to"), self.main_to),
                (_("Copies to"), self.copy_to),
                (_("Drafted by"), self._screen_source()),
                (_("Signed by"), known.signer_id.name),
                (_("Issued"), self._screen_time(self.issued_at)),
            ]
        if self.secrecy != "none":
            facts.append((_("Secrecy"), names["secrecy"]))
        return [fact for fact in facts if fact[1]]

    def _screen_time(self, moment):
        if not moment:
            return ""
        return fields.Datetime.context_timestamp(self, moment).strftime("%Y-%m-%d %H:%M")

    def _screen_orders(self):
        orders = self.order_ids
        names = dict(orders._fields["state"]._description_selection(self.env))
        return [(order, names.get(order.state, "")) for order in orders]

    def _screen_opinions(self, opinions):
        opinions = opinions.sudo()  # those which the reader may see
        kinds = dict(opinions._fields["kind"]._description_selection(self.env))
        steps = {one["code"]: one["name"] for one in self._screen_path()}
        return [
            {
                "id": one.id,
                "step": " · ".join(dict.fromkeys([steps.get(one.step, ""), kinds[one.kind]])),
                "bad": one.kind in ("return", "reject", "void"),
                "user": one.user_id.name,
                "whose": one.on_behalf_of_id.name or "",
                "text": one.text or "",
                "image": f"/web/image/yst.document.opinion/{one.id}/image" if one.image else "",
                "circled": one.kind == "approve" and not one.text and not one.image,
                "at": fields.Datetime.to_string(one.at),
            }
            for one in opinions
        ]

    def _screen_pdf(self):
        """Where the page as it is printed is, or False."""
        return self._pdf_url() if self.direction == "outgoing" else False
