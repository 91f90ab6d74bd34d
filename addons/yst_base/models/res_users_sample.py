from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .. import reference_data


class ResUsers(models.Model):
    """Sample users (示例用户), one for each role; they come with the sample data only."""

    _inherit = "res.users"

    @api.model
    def _load_demo(self):
        """Create the sample users whose roles are installed."""
        try:
            entries = reference_data.load("sample_users.yaml")
        except reference_data.ReferenceDataError as error:
            raise UserError(str(error)) from error
        return self._load_sample_users(entries)

    @api.model
    def _load_sample_users(self, entries):
        """Create or update sample users from ``sample_users.yaml``, idempotently.

        :param list entries: dicts with login, password, role (shown as the name), and
            optionally roles and groups (XML ids), jurisdiction (area codes), home (XML id of
            the action that the web client opens with), portal (bool), resident (dict with
            identity, mobile, area), department and party (codes of departments and party
            organisations of ``organisation.yaml``); roles, groups and homes that are not
            installed yet are left for the addon that brings them, entries without any that
            is, altogether
        :return: the users
        :raise UserError: an area that is not there
        """
        users = self.browse()
        for entry in entries:
            wanted = [*entry.get("roles", []), *entry.get("groups", [])]
            roles = self._sample_refs(entry.get("roles", []))
            groups = self._sample_refs(entry.get("groups", []))
            if roles or groups or not wanted:
                users |= self._load_sample_user(entry, roles, groups)
        return users

    def _sample_refs(self, xmlids):
        records = (self.env.ref(xmlid, raise_if_not_found=False) for xmlid in xmlids)
        return [record for record in records if record]

    def _load_sample_user(self, entry, roles, groups):
        codes = entry.get("jurisdiction", [])
        areas = self.env["yst.area"].search([("code", "in", codes)])
        missing = set(codes) - set(areas.mapped("code"))
        if missing:
            raise UserError(
                self.env._(
                    "Sample user %(login)s: no area has the code %(codes)s.",
                    login=entry["login"],
                    codes=", ".join(sorted(missing)),
                )
            )
        values = {
            "name": entry["role"],
            "jurisdiction_ids": [Command.set(areas.ids)],
            "tz": "Asia/Shanghai",
        }
        if self.env["res.lang"]._get_data(code="zh_CN"):  # installed, as it is by ./yst run
            values["lang"] = "zh_CN"
        for home in self._sample_refs([entry["home"]] if entry.get("home") else []):
            values["action_id"] = home.id
        user = self.with_context(active_test=False).search([("login", "=", entry["login"])])
        known = set(user.role_line_ids.role_id.ids)
        values["role_line_ids"] = [
            Command.create({"role_id": role.id}) for role in roles if role.id not in known
        ]
        if not user:
            group = "base.group_portal" if entry.get("portal") else "base.group_user"
            values |= {
                "login": entry["login"],
                "password": entry["password"],
                "group_ids": [Command.set([self.env.ref(group).id, *(g.id for g in groups)])],
            }
            user = self.with_context(no_reset_password=True).create([values])
        else:
            values["group_ids"] = [Command.link(group.id) for group in groups]
            user.write(values)
        if entry.get("department"):
            self.env["hr.department"]._sample_member(entry["department"], user)
        if entry.get("party"):
            organisations = self.env["yst.party.organisation"].search(
                [("code", "in", entry["party"])]
            )
            organisations.sudo().write({"user_ids": [Command.link(user.id)]})
        resident = entry.get("resident")
        if resident:
            partner = user.partner_id
            partner.write({"is_resident": True})
            partner._set_identity("resident_id", resident["identity"])
            partner._set_mobile(resident["mobile"])
            home = self.env["yst.area"].search([("code", "=", resident.get("area"))])
            partner.area_id = home
        return user
