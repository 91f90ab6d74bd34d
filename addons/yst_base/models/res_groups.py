from odoo import api, models
from odoo.exceptions import AccessError, ValidationError

MEMBERSHIP = frozenset({"user_ids", "all_user_ids"})
IMPLICATION = frozenset({"implied_ids", "implied_by_ids"})


class ResGroups(models.Model):
    """Groups changed from their own side obey the same rules as users' rights."""

    _inherit = "res.groups"

    @api.constrains("implied_ids", "implied_by_ids", "user_ids")
    def _check_one_power(self):
        users = self.env["res.users"].sudo()
        powers = users._powers()
        concerned = self.sudo().all_implied_by_ids
        if not concerned.all_implied_ids & powers:
            return
        twice = any(len(group.all_implied_ids & powers) > 1 for group in concerned)
        for power in powers if not twice else ():
            domain = [
                ("all_group_ids", "in", power.ids),
                ("all_group_ids", "in", (powers - power).ids),
            ]
            twice = twice or users.search_count(domain, limit=1)
        if twice:
            raise ValidationError(
                self.env._("This would give somebody two of the three separate powers.")
            )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any((MEMBERSHIP | IMPLICATION) & vals.keys() for vals in vals_list):
            self._check_unlimited()
        return super().create(vals_list)

    def write(self, vals):
        keys = (MEMBERSHIP | IMPLICATION) & vals.keys()
        if not keys or not self.env.registry.ready:
            return super().write(vals)
        if not self.env.su:
            self._check_unlimited()
        own = set(self.env.user.group_ids.ids)
        with self.env["res.users"]._undone_on_error():
            result = super().write(vals)
            if not self.env.su and keys & MEMBERSHIP and own != set(self.env.user.group_ids.ids):
                raise AccessError(self.env._("Nobody changes their own rights."))
            self.env["yst.audit.log"].sudo()._log(
                "rights_change", self, detail=f"{', '.join(sorted(keys))}: {vals}"
            )
        return result

    def _check_unlimited(self):
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(
                self.env._("Groups are put together by the unlimited administrator alone.")
            )
