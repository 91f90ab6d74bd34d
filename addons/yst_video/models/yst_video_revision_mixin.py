from odoo import api, models


class VideoRevisionMixin(models.AbstractModel):
    """For models that are part of what the bridges are told: a change makes a new revision.

    Only a change that a bridge can notice does: of one of ``_bridge_fields``, in a record that
    ``_bridge_sees``.
    """

    _name = "yst.video.revision.mixin"
    _description = "Part of the Bridge Configuration"

    _bridge_fields = frozenset()
    #: those of them that decide what a rule finds
    _tuning_fields = frozenset()
    #: what decides whose the record is: it cannot be moved to where the writer may not write
    _place_fields = frozenset({"area_id", "camera_id", "rule_id"})

    def _bridge_sees(self):
        """Whether any of these records is in the configuration."""
        return bool(self)

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        if records.sudo()._bridge_sees():
            self.env["yst.video.revision"]._bump()
        return records

    def write(self, vals):
        watched = self._bridge_fields & vals.keys()
        if not watched:
            result = super().write(vals)
            self._check_still_mine(vals)
            return result
        records = self.sudo()
        seen, before = records._bridge_sees(), records._bridge_values(watched)
        tuning = self._tuning_fields & watched
        tuned = records._bridge_values(tuning)
        result = super().write(vals)
        self._check_still_mine(vals)
        if (seen or records._bridge_sees()) and before != records._bridge_values(watched):
            self.env["yst.video.revision"]._bump()
        if tuning:
            pairs = zip(self, tuned, records._bridge_values(tuning), strict=True)
            self.browse(one.id for one, old, new in pairs if old != new)._note_tuned()
        return result

    def _note_tuned(self):
        """What rules find is different from now on because of these records."""

    def _check_still_mine(self, vals):
        if not self.env.su and self._place_fields & vals.keys():
            self.check_access("write")

    def unlink(self):
        if self.sudo()._bridge_sees():
            self.env["yst.video.revision"]._bump()
        return super().unlink()

    def _bridge_values(self, names):
        return [
            tuple(
                record[name].ids if self._fields[name].relational else record[name]
                for name in sorted(names)
            )
            for record in self
        ]
