from odoo import fields, models, tools

from ..rules import OPEN_STATES


class ServiceCaseReport(models.Model):
    """The figures of the applications (办件统计), one row each.

    received = in progress + completed + now ended without result. One that was reopened is
    received once; ``ever_terminated`` keeps that it had ended before, ``terminations`` how
    often. Not accepted (不予受理) is an end without result, and is shown apart as well.
    """

    _name = "yst.service.case.report"
    _description = "Application Figures"
    _auto = False
    _rec_name = "case_id"
    _order = "received_at desc"
    # what must be in the database before the view is read
    _depends = {
        "yst.service.case": [
            "number", "area_id", "item_id", "category_id", "user_id", "channel", "state",
            "submitted_at", "completed_at", "terminated_at", "terminated_count",
            "reopened_count", "clock_stop", "clock_deadline", "rating_last_value",
        ],
    }

    case_id = fields.Many2one("yst.service.case", readonly=True, string="Application")
    area_id = fields.Many2one("yst.area", readonly=True, string="Area")
    item_id = fields.Many2one("yst.service.item", readonly=True, string="Item")
    category_id = fields.Many2one("yst.service.category", readonly=True, string="Category")
    user_id = fields.Many2one("res.users", readonly=True, string="Clerk")
    channel = fields.Selection(
        lambda self: self.env["yst.service.case"]._labels("channel"), readonly=True
    )
    state = fields.Selection(
        lambda self: self.env["yst.service.case"]._labels("state"), readonly=True
    )
    received_at = fields.Datetime(readonly=True, string="Handed in")
    ended_at = fields.Datetime(readonly=True, string="Ended")
    received = fields.Integer(readonly=True)
    in_progress = fields.Integer(readonly=True)
    completed = fields.Integer(readonly=True)
    terminated_now = fields.Integer(readonly=True, string="Now ended without result")
    refused_now = fields.Integer(readonly=True, string="Of these not accepted")
    ever_terminated = fields.Integer(readonly=True, string="Ever ended without result")
    terminations = fields.Integer(readonly=True, string="Ends without result (times)")
    reopened = fields.Integer(readonly=True, string="Reopened")
    reopened_completed = fields.Integer(readonly=True, string="Reopened and completed")
    on_time = fields.Integer(readonly=True, string="Completed in time")
    overdue = fields.Integer(readonly=True, string="In progress and overdue")
    rating = fields.Float(readonly=True, aggregator="avg", string="Rating (1–5)")

    @property
    def _table_query(self):
        opened = ", ".join(f"'{state}'" for state in OPEN_STATES)
        return tools.SQL(
            f"""
            SELECT c.id, c.id AS case_id, c.area_id, c.item_id, c.category_id, c.user_id,
                   c.channel, c.state, c.submitted_at AS received_at,
                   COALESCE(c.completed_at, c.terminated_at) AS ended_at,
                   1 AS received,
                   (c.state IN ({opened}))::int AS in_progress,
                   (c.state = 'completed')::int AS completed,
                   (c.state IN ('terminated', 'refused'))::int AS terminated_now,
                   (c.state = 'refused')::int AS refused_now,
                   (c.terminated_count > 0)::int AS ever_terminated,
                   c.terminated_count AS terminations,
                   (c.reopened_count > 0)::int AS reopened,
                   (c.reopened_count > 0 AND c.state = 'completed')::int AS reopened_completed,
                   (c.state = 'completed' AND c.clock_stop <= c.clock_deadline)::int AS on_time,
                   (c.state IN ({opened}) AND c.state <> 'correction'
                    AND c.clock_deadline < now() AT TIME ZONE 'UTC')::int AS overdue,
                   NULLIF(c.rating_last_value, 0) AS rating
              FROM yst_service_case c
             WHERE c.number IS NOT NULL
            """
        )
