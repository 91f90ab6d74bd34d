from odoo import api, models

from .res_users import RIGHTS_TOKEN


class ResUsersRoleLine(models.Model):
    """A role given to a user; it takes effect at once and under the rules for rights."""

    _inherit = "res.users.role.line"

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.context.get("yst_rights") is RIGHTS_TOKEN:
            return super().create(vals_list)
        users = self.env["res.users"].browse({vals["user_id"] for vals in vals_list})
        with users._watch_rights() as watched:
            inner = self.with_env(watched.env)
            lines = super(ResUsersRoleLine, inner).create(vals_list).with_env(self.env)
            watched.sudo().set_groups_from_roles(force=True)
        return lines

    def write(self, vals):
        if self.env.context.get("yst_rights") is RIGHTS_TOKEN:
            return super().write(vals)
        users = self.sudo().user_id
        if vals.get("user_id"):
            users |= users.browse(vals["user_id"])
        with users.with_env(self.env)._watch_rights() as watched:
            result = super(ResUsersRoleLine, self.with_env(watched.env)).write(vals)
            watched.sudo().set_groups_from_roles(force=True)
        return result

    def unlink(self):
        if self.env.context.get("yst_rights") is RIGHTS_TOKEN:
            return super().unlink()
        users = self.sudo().user_id.with_env(self.env)
        with users._watch_rights() as watched:
            lines = self.with_env(watched.env)
            super(ResUsersRoleLine, lines).unlink()
            watched.sudo().set_groups_from_roles(force=True)
        return True
