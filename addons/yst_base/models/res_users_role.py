from odoo import api, models
from odoo.exceptions import ValidationError


class ResUsersRole(models.Model):
    """A role (角色): what a post needs, given to a user as one thing."""

    _inherit = "res.users.role"

    @api.constrains("implied_ids")
    def _check_one_power(self):
        powers = self.env["res.users"]._powers()
        for role in self.sudo():
            if len(role.all_implied_ids & powers) > 1:
                raise ValidationError(
                    self.env._(
                        "The role %s would hold more than one of the three separate powers.",
                        role.name,
                    )
                )
