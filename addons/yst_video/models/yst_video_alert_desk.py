from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .yst_video_wall import milliseconds

#: Kinds of alerts that count persons.
OF_PERSONS = ("crowd", "no_mask", "intrusion", "loitering")


class VideoAlert(models.Model):
    """What the operator's desk shows of an alert."""

    _inherit = "yst.video.alert"

    cover = fields.Integer(
        "Picture", compute="_compute_cover", help="The picture with the best score, or the latest."
    )
    figure = fields.Char(
        "Number or level",
        compute="_compute_figure",
        help="How many persons or things there are, or how high the water stands.",
    )
    rule_judged = fields.Integer("Judged alerts of the rule", related="rule_id.judged_count")
    rule_false_rate = fields.Float("False rate of the rule", related="rule_id.false_rate")
    rule_noisy = fields.Boolean("Rule wrong too often", related="rule_id.noisy")
    order_state = fields.Selection(related="order_id.state", string="State of the order")
    order_number = fields.Char(related="order_id.number", string="Order no.")
    order_deadline = fields.Datetime(
        related="order_id.clock_deadline", string="Order to be handled by"
    )
    order_handler_id = fields.Many2one(related="order_id.user_id", string="Handler of the order")

    def _compute_cover(self):
        """The latest picture of each; one statement."""
        latest = dict(
            self.env["yst.video.snapshot"]
            .sudo()
            ._read_group([("alert_id", "in", self.ids)], ["alert_id"], ["id:max"])
        )
        latest = {alert.id: snapshot for alert, snapshot in latest.items()}
        for alert in self:
            alert.cover = latest.get(alert.id, 0)

    @api.depends("kind", "count", "reading", "has_reading")
    def _compute_figure(self):
        for alert in self:
            alert.figure = False
            if alert.has_reading:
                alert.figure = self.env._("%s m", f"{alert.reading:.2f}")
            elif alert.count and alert.kind in OF_PERSONS:
                alert.figure = self.env._("Persons: %s", alert.count)
            elif alert.count and alert.kind == "obstruction":
                alert.figure = self.env._("Things: %s", alert.count)

    @api.depends("camera_id", "kind")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for alert in self:
            camera = alert.camera_id.sudo().name or ""
            alert.display_name = f"{labels.get(alert.kind, '')} · {camera}".strip(" ·")

    # ------------------------------------------------------------------ called by the client
    def desk_pictures(self):
        """What the picture of the form needs.

        :return: dict with pictures (id, at in ms, width, height, boxes; oldest first) and zones;
            boxes and zones in fractions of the picture
        """
        self.ensure_one()
        self.check_access("read")
        sudo = self.sudo()
        return {
            "pictures": [
                {
                    "id": snapshot.id,
                    "at": milliseconds(snapshot.taken_at),
                    "width": snapshot.width,
                    "height": snapshot.height,
                    "boxes": [box for box in snapshot.boxes or [] if isinstance(box, dict)],
                }
                for snapshot in sudo.snapshot_ids.sorted(lambda each: (each.taken_at, each.id))
            ],
            "zones": [
                {"name": zone.name, "shape": zone.shape, "points": zone.points or []}
                for zone in sudo.rule_id.zone_ids
            ],
        }

    @api.model
    def desk_feed(self, limit=30):
        """The newest alerts for the feed beside the wall, and how many are to be judged.

        :return: {"pending": number, "alerts": [dict as of the bus message and its words]}
        """
        alerts = self.search([], limit=min(max(int(limit), 1), 100))
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        judgements = dict(self._fields["judgement"]._description_selection(self.env))
        return {
            "pending": self.search_count(self._to_judge()),
            "alerts": [
                {
                    "id": alert.id,
                    "kind": alert.kind,
                    "kind_name": kinds.get(alert.kind, alert.kind),
                    "figure": alert.figure or "",
                    "camera": alert.camera_id.id,
                    "camera_name": alert.camera_id.sudo().name,
                    "at": milliseconds(alert.started_at),
                    "open": alert.episode_state == "open",
                    "judgement": alert.judgement,
                    "judgement_name": judgements.get(alert.judgement),
                    "cover": alert.cover,
                    "order": bool(alert.sudo().order_id),
                }
                for alert in alerts
            ],
        }

    def action_judge_next(self):
        """Judge what is waiting, whatever the records: what still goes on comes first."""
        return self.env["yst.video.judge.wizard"]._open()

    def action_judge_this(self):
        """Judge these alerts one after the other."""
        waiting = self.filtered(lambda alert: alert.judgement == "pending")
        if not waiting:
            raise UserError(self.env._("These alerts have been judged already."))
        return self.env["yst.video.judge.wizard"]._open(waiting)

    @api.model
    def _to_judge(self):
        return Domain("judgement", "=", "pending")

    def action_open_order(self):
        """Open the order that came of it, as far as the reader may see it."""
        self.ensure_one()
        order = self.order_id
        order.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "yst.order",
            "res_id": order.id,
            "views": [(False, "form")],
        }
