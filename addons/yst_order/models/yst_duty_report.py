from datetime import datetime, time, timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from odoo.addons.yst_base import limits
from odoo.addons.yst_base.models.yst_state_mixin import state_field

# compared by identity, so that no context sent from outside can hold it (see yst.state.mixin)
_TOKEN = object()
_TOKEN_KEY = "_yst_duty_report_token"

FIGURES = (
    "received",
    "accepted",
    "accepted_in_time",
    "handled",
    "closed",
    "closed_in_time",
    "open",
    "overdue",
    "supervision",
)
#: Written by the counting and the signing only.
COUNTED = {
    "user_ids", "figures", "sections", "counted_at", "signed_by_id", "signed_at",
    *(f"{name}_count" for name in FIGURES),
}
#: What the signing freezes besides: what was entered.
ENTERED = {"notable", "handed_to_id"}


class DutyReport(models.Model):
    """Daily duty report (值班日报): one area's day from 00:00 to 24:00, counted by the database.

    The figures are counted anew until the report is signed; from then on it says for good what
    was known at the signing. Other modules add their part through ``_report_sections``.
    """

    _name = "yst.duty.report"
    _description = "Duty Report"
    _inherit = ["mail.thread", "yst.area.mixin", "yst.state.mixin"]
    _order = "date desc, id desc"
    _rec_names_search = ["area_id.name"]

    date = fields.Date(
        "Day",
        required=True,
        index=True,
        default=lambda self: limits.to_local(fields.Datetime.now()).date(),
    )
    area_id = fields.Many2one(
        required=True, default=lambda self: self.env.user.jurisdiction_ids[:1]
    )
    user_ids = fields.Many2many("res.users", string="On duty", readonly=True)
    state = state_field([("draft", "Draft"), ("signed", "Signed")], tracking=False)
    notable = fields.Text("Notable events")
    handed_to_id = fields.Many2one(
        "res.users",
        "Handed over to",
        ondelete="restrict",
        domain=lambda self: [
            ("share", "=", False),
            ("all_group_ids", "in", self.env.ref("yst_base.group_cadre").ids),
        ],
    )
    signed_by_id = fields.Many2one("res.users", "Signed by", readonly=True, ondelete="restrict")
    signed_at = fields.Datetime(readonly=True)
    counted_at = fields.Datetime("Counted", readonly=True)
    figures = fields.Json(readonly=True, help="By category: see _count_categories.")
    sections = fields.Json(readonly=True, help="Tables of other modules: see _report_sections.")
    tables = fields.Html(compute="_compute_tables", sanitize=False)

    received_count = fields.Integer("Orders received", readonly=True)
    accepted_count = fields.Integer("Accepted", readonly=True)
    accepted_in_time_count = fields.Integer("Accepted in time", readonly=True)
    handled_count = fields.Integer("Reported back", readonly=True)
    closed_count = fields.Integer("Closed", readonly=True)
    closed_in_time_count = fields.Integer("Closed in time", readonly=True)
    open_count = fields.Integer("Still open", readonly=True)
    overdue_count = fields.Integer("Overdue", readonly=True)
    supervision_count = fields.Integer("Supervision orders", readonly=True)

    _day_uniq = models.UniqueIndex("(area_id, date)", "There is a report of this day already.")

    # ------------------------------------------------------------------ computes
    @api.depends("area_id", "date")
    def _compute_display_name(self):
        for report in self:
            report.display_name = f"{report.date or ''} {report.area_id.sudo().name or ''}".strip()

    @api.depends("figures", "sections")
    def _compute_tables(self):
        for report in self:
            report.tables = Markup("").join(
                report.env["ir.qweb"]._render("yst_order.duty_report_table", {"table": table})
                for table in report._tables()
            )

    # ------------------------------------------------------------------ CRUD
    @api.model_create_multi
    def create(self, vals_list):
        """Create reports and count their day.

        :raise UserError: the day has not begun
        """
        reports = super().create(
            [{key: val for key, val in vals.items() if key not in COUNTED} for vals in vals_list]
        )
        reports._refresh()
        return reports

    def write(self, vals):
        """Write; nothing of what was signed, and nothing that only the counting says.

        :raise UserError: a report is signed, or would be another day's or area's
        """
        if not self._counting() and not self._state_unlocked():
            if COUNTED & vals.keys():
                raise UserError(self.env._("The figures are counted, not entered."))
            if {"date", "area_id"} & vals.keys():
                raise UserError(self.env._("For another day or area write another report."))
            if ENTERED & vals.keys() and any(report.state == "signed" for report in self):
                raise UserError(self.env._("A signed report stays as it was signed."))
        locked = self.with_context(**{_TOKEN_KEY: None}) if self._counting() else self
        return super(DutyReport, locked).write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_draft_only(self):
        if any(report.state == "signed" for report in self):
            raise UserError(self.env._("A signed report stays as it was signed."))

    # ------------------------------------------------------------------ actions
    def action_count(self):
        """Count the day anew.

        :raise UserError: a report is signed
        """
        self.check_access("write")
        if any(report.state == "signed" for report in self):
            raise UserError(self.env._("A signed report stays as it was signed."))
        self._refresh()

    def action_sign(self):
        """Sign and hand over (签字交班): count one last time and freeze everything.

        :raise UserError: nobody takes over, or it is the signer
        """
        self.check_access("write")
        for report in self:
            if not report.handed_to_id:
                raise UserError(self.env._("Say to whom the duty is handed over."))
            if report.handed_to_id == self.env.user:
                raise UserError(self.env._("The duty is handed over to somebody else."))
        self._lock_state()
        if any(report.state == "signed" for report in self):
            raise UserError(self.env._("A signed report stays as it was signed."))
        self._refresh()
        return self._transition(
            "signed",
            "draft",
            {"signed_by_id": self.env.uid, "signed_at": fields.Datetime.now()},
        )

    def action_print(self):
        """The report as PDF."""
        return self.env.ref("yst_order.report_duty_report").report_action(self)

    # ------------------------------------------------------------------ for other modules
    def _report_sections(self):
        """Further tables of the day; modules add theirs to what ``super()`` answers.

        :return: list of {"title": words, "columns": [words], "rows": [[values]]}
        """
        self.ensure_one()
        return []

    def _period(self):
        """Beginning and end of the day, naive UTC."""
        self.ensure_one()
        start = datetime.combine(self.date, time.min)
        return limits.to_utc(start), limits.to_utc(start + timedelta(days=1))

    def _area_domain(self):
        """The orders, or other records with an area, that the report is about."""
        self.ensure_one()
        return Domain("area_id", "child_of", self.area_id.id)

    # ------------------------------------------------------------------ counting
    def _counting(self):
        return self.env.context.get(_TOKEN_KEY) is _TOKEN

    def _refresh(self):
        """Count the day: who was on duty, the figures, the tables.

        :raise UserError: the day has not begun
        """
        now = fields.Datetime.now()
        for report in self:
            start, stop = report._period()
            if start > now:
                raise UserError(self.env._("The day has not begun yet."))
            values = {f"{name}_count": count for name, count in report._count_orders().items()}
            shifts = self.env["yst.duty.shift"].sudo().search([
                ("area_id", "=", report.area_id.id), ("start", "<", stop), ("stop", ">", start),
            ])
            report.sudo().with_context(**{_TOKEN_KEY: _TOKEN}).write({
                **values,
                "user_ids": [fields.Command.set(shifts.user_ids.ids)],
                "figures": report._count_categories(),
                "sections": report._report_sections(),
                "counted_at": now,
            })

    def _orders(self):
        """All orders of the area: the report counts what the area has, not what its reader may
        see."""
        return self.env["yst.order"].sudo().with_context(active_test=False)

    def _conditions(self):
        """What each figure counts, as a domain."""
        start, stop = self._period()
        until = min(stop, fields.Datetime.now())

        def within(name):
            return Domain(name, ">=", start) & Domain(name, "<", stop)

        # how it stood at the end of the day, not how it stands now
        begun = Domain("dispatched_at", "<", until)
        over = Domain("closed_at", "!=", False) & Domain("closed_at", "<", until)
        open_then = begun & ~over
        # of the running day what is paused before its deadline is not late
        today = until < stop
        late = Domain("clock_state", "=", "overdue") if today else Domain(
            "clock_deadline", "<", until
        )
        return {
            "received": within("dispatched_at"),
            "accepted": within("accepted_at"),
            "accepted_in_time": within("accepted_at") & Domain("accept_late", "=", False),
            "handled": within("feedback_at"),
            "closed": within("closed_at") & Domain("state", "=", "closed"),
            "closed_in_time": within("closed_at")
            & Domain("state", "=", "closed")
            & Domain("clock_state", "=", "met"),
            "open": open_then,
            "overdue": open_then & late,
            "supervision": within("dispatched_at") & Domain("kind", "=", "supervision"),
        }

    def _count_orders(self):
        """dict of figure to number: one query each, whatever the number of orders."""
        self.ensure_one()
        orders, area = self._orders(), self._area_domain()
        return {
            name: orders.search_count(area & domain)
            for name, domain in self._conditions().items()
        }

    def _count_categories(self):
        """By category: received, closed, open and overdue.

        :return: list of {"category": id or False, "received": n, "closed": n, …} in the order of
            the categories, only those with something to tell
        """
        self.ensure_one()
        orders, area, conditions = self._orders(), self._area_domain(), self._conditions()
        rows = {}
        for name in ("received", "closed", "open", "overdue"):
            for category, count in orders._read_group(
                area & conditions[name], ["category_id"], ["__count"]
            ):
                rows.setdefault(category, {})[name] = count
        return [
            {
                "category": category.id,
                "name": category.name or "",
                **{name: row.get(name, 0) for name in ("received", "closed", "open", "overdue")},
            }
            for category, row in sorted(
                rows.items(), key=lambda item: (not item[0], item[0].sequence, item[0].id)
            )
        ]

    def _tables(self):
        """The tables of the report, in the shape of ``_report_sections``."""
        self.ensure_one()
        _ = self.env._
        tables = []
        if self.figures:
            tables.append({
                "title": _("Orders by category"),
                "columns": [
                    _("Category"), _("Received"), _("Closed"), _("Still open"), _("Overdue")
                ],
                "rows": [
                    [row["name"] or _("None"), row["received"], row["closed"], row["open"],
                     row["overdue"]]
                    for row in self.figures
                ],
            })
        return tables + (self.sections or [])

    def _paper_date(self):
        """The day as it is written on papers."""
        self.ensure_one()
        return format_date(self.env, self.date, date_format="long")

    def _figures(self):
        """[(label, number)] for the paper, in the order of the form."""
        self.ensure_one()
        labels = self.fields_get([f"{name}_count" for name in FIGURES], ["string"])
        return [
            (labels[f"{name}_count"]["string"], self[f"{name}_count"]) for name in FIGURES
        ]
