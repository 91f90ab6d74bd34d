from odoo import fields, models

from odoo.addons.yst_base.models.yst_state_mixin import state_field

from .yst_video_rule import KINDS

EPISODE_STATES = [("open", "Going on"), ("closed", "Over")]
JUDGEMENTS = [("pending", "To judge"), ("true", "True"), ("false", "False alert")]


class YstVideoAlert(models.Model):
    """Alert (告警): one episode seen by one rule on one camera, from its opening to its end.

    Written by the bridge's reports (``_ingest``) and judged by an operator; nothing in it is
    edited. It has no chatter: there are too many, and a judgement is kept in its own fields.
    """

    _name = "yst.video.alert"
    _description = "Video alert"
    _inherit = ["yst.order.source.mixin", "yst.area.mixin", "yst.state.mixin"]
    _order = "started_at desc, id desc"
    _state_field = "judgement"

    uid = fields.Char("Identity", required=True, readonly=True, copy=False)
    sequence = fields.Integer(
        readonly=True, help="Number of the newest report about this episode."
    )
    camera_id = fields.Many2one(
        "yst.video.camera", required=True, readonly=True, ondelete="restrict"
    )
    area_id = fields.Many2one(required=True, readonly=True, index=False)  # see _area_idx
    rule_id = fields.Many2one("yst.video.rule", readonly=True, ondelete="set null")
    kind = fields.Selection(KINDS, required=True, readonly=True)
    episode_state = fields.Selection(
        EPISODE_STATES, "Episode", required=True, readonly=True, default="open"
    )
    started_at = fields.Datetime("Started", required=True, readonly=True)
    last_at = fields.Datetime("Last seen", required=True, readonly=True)
    ended_at = fields.Datetime("Ended", readonly=True)
    close_note = fields.Char(readonly=True, help="Why it was closed without the bridge's word.")
    score = fields.Float(readonly=True, digits=(4, 2), help="How sure the bridge is, 0 to 1.")
    count = fields.Integer(readonly=True, help="Persons or things.")
    reading = fields.Float(readonly=True, digits=(8, 2), help="What was measured, in metres.")
    has_reading = fields.Boolean(readonly=True)
    boxes = fields.Json(readonly=True)
    clip_ref = fields.Char("Clip", readonly=True)
    snapshot_ids = fields.One2many("yst.video.snapshot", "alert_id", readonly=True)
    snapshot_count = fields.Integer("Pictures", readonly=True)
    bridge_id = fields.Many2one(
        "yst.video.bridge", readonly=True, index="btree_not_null", ondelete="set null"
    )

    judgement = state_field(JUDGEMENTS, string="Judgement", index=False)  # see _pending_idx
    judge_reason_id = fields.Many2one(
        "yst.video.false.reason", string="Reason", readonly=True, copy=False, ondelete="restrict"
    )
    judge_note = fields.Char("Note", readonly=True, copy=False)
    judged_by = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    judged_at = fields.Datetime(readonly=True, copy=False)

    order_id = fields.Many2one(
        "yst.order",
        string="Task order",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="Alerts of neighbouring cameras within minutes share one.",
    )
    ordered_at = fields.Datetime("Order made at", readonly=True, copy=False)  # the first one
    order_due = fields.Boolean("Order still to be made", readonly=True, copy=False)
    order_problem = fields.Char(
        "Why there is no order", readonly=True, copy=False, help="The last attempt's error."
    )
    order_attempts = fields.Integer(readonly=True, copy=False)

    _uid_uniq = models.UniqueIndex("(uid)")
    _camera_idx = models.Index("(camera_id, started_at DESC)")
    _area_idx = models.Index("(area_id, started_at DESC)")
    _newest_idx = models.Index("(started_at DESC, id DESC)")
    _open_idx = models.Index("(camera_id) WHERE episode_state = 'open'")
    _pending_idx = models.Index("(started_at DESC) WHERE judgement = 'pending'")
    # alerts of the same minutes, for one order
    _kind_idx = models.Index("(kind, started_at DESC)")
    # how often rules are wrong, without looking at the alerts themselves
    _rule_idx = models.Index("(rule_id, judgement, started_at) WHERE rule_id IS NOT NULL")
    # IS TRUE as the ORM asks: the database does not see that it is the same
    _order_due_idx = models.Index("(id) WHERE order_due IS TRUE")
    _order_problem_idx = models.Index("(started_at DESC) WHERE order_problem IS NOT NULL")
