import hashlib

from odoo import api, fields, models
from odoo.fields import Domain

SOURCE_PICTURES = 4
DISPATCHER = "yst_order.group_order_dispatcher"
LEADER = "yst_base.group_leader"
#: The search filter that shows what of each state waits for the user.
TODO_FILTERS = {
    "dispatched": "to_accept",
    "accepted": "to_handle",
    "feedback": "to_verify",
    "returned": "returned",
}


class Order(models.Model):
    """What the screens of orders show: buttons, pictures, the counter in the bar."""

    _inherit = "yst.order"

    may_actions = fields.Char(
        compute="_compute_may_actions", help="What the reader may do now: |accept|return|…"
    )
    now_deadline = fields.Datetime(
        "Due",
        compute="_compute_now",
        help="By when the next step is due: to accept it, then to handle it.",
    )
    now_late = fields.Boolean("Late", compute="_compute_now")
    dispatched_by = fields.Char(
        compute="_compute_dispatched_by", help="Who dispatched it, or that the system did."
    )
    photo_missing = fields.Boolean(
        "Photo missing",
        compute="_compute_photo_missing",
        help="No photo from the spot yet, and feedback needs one.",
    )
    picture_url = fields.Char("Picture", compute="_compute_picture_url")
    todo = fields.Boolean("To do", compute="_compute_todo", search="_search_todo")
    on_time = fields.Selection(
        [("yes", "In time"), ("no", "Late"), ("open", "Still open")],
        "Closed in time",
        compute="_compute_on_time",
        store=True,
        help="For the figures; of an open order nothing is said yet.",
    )

    # ------------------------------------------------------------------ computes
    @api.depends(
        "state",
        "user_id",
        "area_id",
        "department_id",
        "kind",
        "extension_asked_amount",
        "extension_count",
        "follow_up_state",
    )
    @api.depends_context("uid")
    def _compute_may_actions(self):
        user = self.env.user
        areas = set(user._jurisdiction_area_ids()) if user.has_group(LEADER) else set()
        extensions = self._setting("extensions")
        for order in self:
            leads = order.area_id.id in areas
            steps = order._may_now(leads, order.extension_count < extensions) if order.id else []
            order.may_actions = f"|{'|'.join(steps)}|" if steps else ""

    def _may_now(self, leads, extensible):
        """The steps that are possible now for the reader.

        They only choose the buttons that are shown: each action checks by itself.

        :param leads: whether the reader is a leader of the order's area
        :param extensible: whether more time can still be given
        """
        state, user, task = self.state, self.env.user, self.kind == "task"
        dispatch, verify, handle = self.may_dispatch, self.may_verify, self.may_handle
        working = state == "accepted" and self.user_id == user
        asked = bool(self.extension_asked_amount)
        granting = dispatch and user not in (self.user_id | self.extension_asked_by_id)
        open_now = state in ("dispatched", "returned", "accepted", "feedback")
        steps = {
            "dispatch": dispatch and state == "draft",
            "accept": handle and state == "dispatched",
            "return": handle and state in ("dispatched", "accepted"),
            "photo": working,
            "feedback": working,
            "ask_extension": working and task and extensible and not asked,
            "assign": (handle or dispatch) and state in ("dispatched", "accepted"),
            "redispatch": dispatch and state in ("dispatched", "returned", "accepted"),
            "verify": verify and state == "feedback",
            "send_back": verify and state == "feedback",
            "extend": granting
            and task
            and extensible
            and state in ("dispatched", "accepted")
            and self.clock_state != "overdue",
            "refuse_extension": dispatch and state == "accepted" and asked,
            "merge": dispatch and task and state in ("draft", "dispatched", "returned", "accepted"),
            "cancel": dispatch and state in ("draft", "dispatched", "returned", "accepted"),
            "supervise": (dispatch or leads) and task and open_now,
            "follow_up": verify and state == "closed" and not self.follow_up_state,
        }
        return [name for name, possible in steps.items() if possible]

    @api.depends("dispatcher_id.name", "dispatched_at")
    @api.depends_context("lang")
    def _compute_dispatched_by(self):
        for order in self:
            order.dispatched_by = order.dispatched_at and (
                order.dispatcher_id.name or self.env._("Automatically by the system")
            )

    @api.depends("state", "evidence_ids", "photos_before")
    def _compute_photo_missing(self):
        counts = self.sudo()._photo_counts()
        for order in self:
            order.photo_missing = (
                order.need_photo
                and order.state == "accepted"
                and counts.get(order.id, 0) <= order.photos_before
            )

    @api.depends("state", "accept_deadline", "clock_deadline")
    def _compute_now(self):
        now = fields.Datetime.now()
        for order in self:
            due = False
            if order.state == "dispatched":
                due = order.accept_deadline
            elif order.state == "accepted":
                due = order.clock_deadline
            order.now_deadline = due
            order.now_late = bool(due and due < now)

    @api.depends("state", "clock_stop", "clock_deadline")
    def _compute_on_time(self):
        for order in self:
            if order.state == "closed" and order.clock_stop and order.clock_deadline:
                order.on_time = "yes" if order.clock_stop <= order.clock_deadline else "no"
            elif order.state in ("cancelled", "merged"):
                order.on_time = False
            else:
                order.on_time = "open"

    @api.depends("link_ids", "evidence_ids")
    @api.depends_context("uid")
    def _compute_picture_url(self):
        """The source's first picture, else the first from the spot; addresses of this server."""
        pictures = self.sudo()._source_pictures(1)
        rest = [order.id for order in self if order.id and not pictures.get(order.id)]
        evidence = dict(
            self.env["yst.evidence"]
            .sudo()
            ._read_group(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", rest),
                    ("mimetype", "=like", "image/%"),
                ],
                ["res_id"],
                ["id:min"],
            )
        ) if rest else {}
        for order in self:
            if pictures.get(order.id):
                order.picture_url = pictures[order.id][0]["url"]
            elif order.id in evidence:
                order.picture_url = f"/yst/evidence/{evidence[order.id]}/thumb"
            else:
                order.picture_url = False

    def _compute_todo(self):
        waiting = self.filtered_domain(self._todo_domain())
        for order in self:
            order.todo = order in waiting

    def _search_todo(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._todo_domain() if True in value else ~self._todo_domain()

    # ------------------------------------------------------------------ for the screens
    @api.model
    def get_todo(self):
        """The counter in the bar: what waits for the user, in two queries.

        :return: {"total": n, "urgent": whether one is late, "rows": [{"filter", "name", "count"}]}
        """
        _ = self.env._
        if not self.has_access("read"):
            return {"total": 0, "urgent": False, "rows": []}
        domain = self._todo_domain()
        counts = dict(self._read_group(domain, ["state"], ["__count"]))
        late = self.search_count(domain & self._late_domain())
        names = {
            "dispatched": _("To accept"),
            "accepted": _("To handle"),
            "feedback": _("To verify"),
            "returned": _("Returned to the desk"),
        }
        rows = [
            {"filter": TODO_FILTERS[state], "name": name, "count": counts[state]}
            for state, name in names.items()
            if counts.get(state)
        ]
        if late:
            rows.append({"filter": "overdue", "name": _("Of these overdue"), "count": late})
        return {"total": sum(counts.values()), "urgent": bool(late), "rows": rows}

    def get_source_pictures(self):
        """Pictures of what caused the order, those that the reader may see."""
        return [
            {
                "url": one["url"],
                "thumb": one["url"],
                "name": one.get("caption") or self.display_name,
                "caption": self._picture_caption(one.get("at"), one.get("caption")),
                "picture": True,
                "mimetype": "image/jpeg",
            }
            for one in self.order_pictures(SOURCE_PICTURES)
        ]

    def get_evidence_pictures(self):
        """Photos and papers from the spot, oldest first."""
        self.ensure_one()
        self.check_access("read")
        return [
            {
                "url": f"/yst/evidence/{one.id}",
                "thumb": f"/yst/evidence/{one.id}/thumb",
                "name": one.name,
                "caption": self._picture_caption(
                    one.taken_at or one.create_date, one.sudo().partner_id.name
                ),
                "picture": one.mimetype.startswith("image/"),
                "mimetype": one.mimetype,
                "problems": list(one.problems or []),
            }
            for one in self.evidence_ids.sorted("id")
        ]

    def order_add_photo(self, data_b64, filename, latitude=None, longitude=None):
        """The same photo sent once more, because the answer was lost on the way, is one photo."""
        self.ensure_one()
        self.check_access("read")
        digest = hashlib.sha256(self._photo_data(data_b64)).hexdigest()
        evidence = self.env["yst.evidence"].sudo()
        known = evidence.search(
            [
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
                ("source_sha256", "=", digest),
                ("user_id", "=", self.env.uid),
            ],
            limit=1,
        )
        if known:
            return {"id": known.id, "problems": self._evidence_problem_words(known.problems)}
        return super().order_add_photo(data_b64, filename, latitude, longitude)

    # ------------------------------------------------------------------ helpers
    @api.model
    def _picture_caption(self, at, words):
        if isinstance(at, str):
            at = fields.Datetime.to_datetime(at.replace("T", " ").split(".")[0].rstrip("Z"))
        moment = at and f"{fields.Datetime.context_timestamp(self, at):%m-%d %H:%M}"
        return " · ".join(filter(None, (moment, words)))

    @api.model
    def _todo_domain(self):
        """What waits for the user: to accept and handle as one of those who answer for it, and
        at the desk to verify and to dispatch anew."""
        user = self.env.user
        desk = user.has_group(DISPATCHER)
        departments = user._order_departments().ids
        mine = Domain("user_id", "=", user.id) | (
            Domain("user_id", "=", False)
            & (
                Domain("department_id", "in", departments)
                | (Domain("department_id", "=", False) & user._order_duty_domain())
            )
        )
        todo = Domain("state", "in", ("dispatched", "accepted")) & mine
        if desk:
            own = user._jurisdiction_domain()
            todo |= Domain("state", "=", "returned") & Domain(own)
            todo |= (
                Domain("state", "=", "feedback")
                & Domain(own)
                & Domain("user_id", "!=", user.id)
                & Domain("feedback_user_id", "!=", user.id)
            )
        return todo

    @api.model
    def _late_domain(self):
        """Not accepted, or not handled, in time."""
        return Domain("clock_state", "=", "overdue") | (
            Domain("state", "=", "dispatched")
            & Domain("accept_deadline", "<", fields.Datetime.now())
        )
