from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import rule_defaults
from ..models.yst_video_rule import KINDS

COPIED = (
    "threshold",
    "duration",
    "cooldown",
    "min_score",
    "params",
    "dispatch",
    "urgency",
)
WHOLE = [[0.02, 0.02], [0.98, 0.02], [0.98, 0.98], [0.02, 0.98]]


def _choices(name):
    """The choices of a field of the rule, in the reader's language."""
    return lambda self: self.env["yst.video.rule"]._fields[name]._description_selection(self.env)


class VideoRuleApply(models.TransientModel):
    """Gives one rule to many cameras (批量设置规则), in a constant number of statements."""

    _name = "yst.video.rule.apply"
    _description = "Rule for Many Cameras"

    camera_ids = fields.Many2many("yst.video.camera", string="Cameras", required=True)
    pattern_id = fields.Many2one(
        "yst.video.rule", "As this rule", help="Its values and hours are taken over."
    )
    kind = fields.Selection(KINDS, required=True, default="crowd")
    threshold = fields.Float(digits=(8, 2))
    duration = fields.Integer("Lasts (s)")
    cooldown = fields.Integer("Then quiet for (s)")
    min_score = fields.Float("Least score", digits=(4, 2))
    params = fields.Json("Further parameters")
    dispatch = fields.Selection(
        _choices("dispatch"),
        "Task order",
        required=True,
        default="confirm",
    )
    category_id = fields.Many2one("yst.order.category", "Category of the order")
    urgency = fields.Selection(_choices("urgency"))
    existing = fields.Selection(
        [("keep", "Leave it as it is"), ("update", "Change it")],
        "Where there is one of this kind",
        required=True,
        default="update",
    )
    whole_picture = fields.Boolean(
        "Whole picture where no area is drawn",
        default=True,
        help="Rules that need an area get one that covers the picture.",
    )
    needs_area = fields.Boolean(compute="_compute_needs")
    needs_gauge = fields.Boolean(compute="_compute_needs")

    @api.depends("kind")
    def _compute_needs(self):
        for wizard in self:
            shapes = rule_defaults.defaults_for(wizard.kind).zones if wizard.kind else ()
            wizard.needs_area = "polygon" in shapes
            wizard.needs_gauge = "gauge" in shapes

    @api.model
    def default_get(self, fields_list):
        """The chosen cameras; and the chosen rule as the pattern."""
        values = super().default_get(fields_list)
        context = self.env.context
        if context.get("active_model") == "yst.video.camera" and "camera_ids" in fields_list:
            values.setdefault("camera_ids", [(6, 0, context.get("active_ids") or [])])
        if context.get("active_model") == "yst.video.rule" and context.get("active_id"):
            values["pattern_id"] = context["active_id"]
        return values

    @api.onchange("kind", "pattern_id")
    def _onchange_kind(self):
        pattern = self.pattern_id
        if pattern:
            self.kind = pattern.kind
            self.category_id = pattern.category_id
            for name in COPIED:
                self[name] = pattern[name]
            return
        self.update(self.env["yst.video.rule"]._defaults_for(self.kind))

    def action_apply(self):
        """Write the rules and say how many.

        :raise UserError: no camera is chosen, or some have no zone that the rule needs
        """
        self.ensure_one()
        cameras = self.camera_ids
        Rule = self.env["yst.video.rule"]
        if not cameras:
            raise UserError(self.env._("Choose at least one camera."))
        for operation in ("create", "write"):
            Rule.check_access(operation)
        cameras.check_access("write")
        zones = self._zones(cameras)
        known = Rule.with_context(active_test=False).search(
            [("camera_id", "in", cameras.ids), ("kind", "=", self.kind)]
        )
        missing = cameras - known.camera_id
        values = self._values()
        hours = [
            (0, 0, window.copy_data()[0] | {"rule_id": False})
            for window in self.pattern_id.window_ids
        ]
        for _command, _zero, vals in hours:
            del vals["rule_id"]
        Rule.create(
            [
                {
                    **values,
                    "camera_id": camera.id,
                    "kind": self.kind,
                    "zone_ids": [(6, 0, zones.get(camera.id, []))],
                    "window_ids": hours,
                }
                for camera in missing
            ]
        )
        changed = known - self.pattern_id if self.existing == "update" else known.browse()
        if changed:
            changed.write(values)
            if self.pattern_id:
                changed.window_ids.unlink()
                self.env["yst.video.rule.window"].create(
                    [{**vals, "rule_id": rule.id} for rule in changed for _c, _z, vals in hours]
                )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(new)s rules are new, %(changed)s were changed.",
                    new=len(missing),
                    changed=len(changed),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _values(self):
        values = {name: self[name] for name in COPIED}
        return {**values, "category_id": self.category_id.id, "active": True}

    def _zones(self, cameras):
        """Ids of the zones that the rule looks at, by camera; draws the whole picture if asked."""
        shapes = rule_defaults.defaults_for(self.kind).zones
        if not shapes:
            return {}
        Zone = self.env["yst.video.zone"]
        found = {}
        for zone in Zone.search([("camera_id", "in", cameras.ids), ("shape", "in", [*shapes])]):
            found.setdefault(zone.camera_id.id, []).append(zone.id)
        without = cameras.filtered(lambda camera: camera.id not in found)
        if without and self.whole_picture and "polygon" in shapes:
            name = self.env._("Whole picture")
            for zone in Zone.create(
                [
                    {"camera_id": camera.id, "name": name, "shape": "polygon", "points": WHOLE}
                    for camera in without
                ]
            ):
                found[zone.camera_id.id] = [zone.id]
        elif without:
            names = without[:20].mapped("name")
            raise UserError(
                self.env._(
                    "%(count)s cameras have no zone for this rule yet; draw it first: %(names)s",
                    count=len(without),
                    names="、".join(names),
                )
            )
        return found
