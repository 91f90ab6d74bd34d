from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import ormcache

POWERS = (
    "yst_base.group_system_administrator",
    "yst_base.group_security_administrator",
    "yst_base.group_audit_administrator",
)
UNLIMITED = ("base.group_system", "base.group_erp_manager")
RIGHTS = frozenset({"group_ids", "role_line_ids", "jurisdiction_ids"})
ACCOUNT = frozenset({"login", "password", "new_password", "email", "active", "partner_id"})
RIGHTS_TOKEN = object()
LISTED_AREAS = 1000  # more are looked up by the query


class ResUsers(models.Model):
    """Jurisdictions (辖区), the three separate powers (三员分立) and who may change rights.

    Rights (groups, roles, jurisdictions) of others are changed by a security administrator;
    by ``base.group_system`` only to break the glass. Nobody changes their own, and nobody
    hands out ``base.group_system`` through the security administration. Every change is
    written to the audit log.
    """

    _inherit = "res.users"

    jurisdiction_ids = fields.Many2many(
        "yst.area",
        "yst_user_jurisdiction_rel",
        "user_id",
        "area_id",
        string="Jurisdiction",
        copy=False,
        help="The user sees what happens in these areas and below; without any, nothing.",
    )
    role_line_ids = fields.One2many(
        groups="base.group_erp_manager,yst_base.group_security_administrator"
    )
    user_role_ids = fields.One2many(
        groups="base.group_erp_manager,yst_base.group_security_administrator"
    )

    @api.constrains("group_ids")
    def _check_one_power(self):
        powers = self._powers()
        for user in self.sudo():
            held = user.all_group_ids & powers
            if len(held) > 1:
                raise ValidationError(
                    self.env._(
                        "%(user)s cannot hold more than one of the three separate powers: "
                        "%(powers)s.",
                        user=user.name,
                        powers=", ".join(held.mapped("name")),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [self._typed_password(vals) for vals in vals_list]
        if self.env.context.get("yst_rights") is RIGHTS_TOKEN:
            return super().create(vals_list)
        authority = self._authority()
        with self._undone_on_error():
            inner = self.with_context(yst_rights=RIGHTS_TOKEN)
            users = super(ResUsers, inner).create(vals_list).with_env(self.env)
            users._check_own_person()
            users._settle_rights(users._default_rights(), authority)
        return users

    def write(self, vals):
        self._check_account_change(vals)
        if self.env.user not in self:  # who changes their own is sent to the preferences
            vals = self._typed_password(vals)
        if not RIGHTS & vals.keys():
            return super().write(vals)
        with self._watch_rights() as users:
            return super(ResUsers, users).write(vals)

    @api.model
    def _typed_password(self, vals):
        """The password typed into the form of an account, which the platform would drop."""
        if "new_password" not in vals:
            return vals
        vals = dict(vals)
        typed = vals.pop("new_password")
        return {**vals, "password": typed} if typed else vals

    def set_groups_from_roles(self, force=False):
        # called by the roles' own code with the rights of whoever saves a user
        concerned = self if force else self.filtered(lambda u: u.sudo().role_line_ids)
        if not concerned:
            return True
        with concerned._watch_rights() as users:
            return super(ResUsers, users.sudo()).set_groups_from_roles(force=force)

    def _default_groups(self):
        """New accounts hold nothing but the access of an employee; roles bring the rest."""
        return self.env.ref("base.group_user")

    def _get_invalidation_fields(self):
        # record rules are cached per user and hold the jurisdiction
        return super()._get_invalidation_fields() | {"jurisdiction_ids"}

    def _has_jurisdiction(self, area):
        """Whether an area lies in the user's jurisdiction."""
        self.ensure_one()
        path = area.sudo().parent_path or ""
        paths = self.sudo().jurisdiction_ids.mapped("parent_path")
        return any(path.startswith(own) for own in paths if own)

    def _jurisdiction_domain(self, path="area_id"):
        """Domain of what lies in the user's jurisdiction, for record rules.

        :param str path: many2one to ``yst.area``, dotted where it is another record's
        """
        self.ensure_one()
        ids = self._jurisdiction_area_ids()
        if len(ids) > LISTED_AREAS:
            return [(path, "child_of", self.sudo().jurisdiction_ids.ids)]
        return [(path, "in", list(ids))]

    @ormcache("self.id")
    def _jurisdiction_area_ids(self):
        areas = self.env["yst.area"].sudo().with_context(active_test=False)
        own = self.sudo().with_context(active_test=False).jurisdiction_ids
        return tuple(areas.search([("id", "child_of", own.ids)]).ids)

    @api.model
    def _groups_by_xmlid(self, xmlids):
        groups = self.env["res.groups"].sudo()
        for xmlid in xmlids:
            groups |= self.env.ref(xmlid, raise_if_not_found=False) or groups.browse()
        return groups

    @api.model
    def _powers(self):
        return self._groups_by_xmlid(POWERS)

    @api.model
    def _unlimited(self):
        return self._groups_by_xmlid(UNLIMITED)

    @contextmanager
    def _watch_rights(self):
        """Check and log what a block does to the users' rights; undo it when not allowed."""
        if self.env.context.get("yst_rights") is RIGHTS_TOKEN:
            yield self
            return
        before, authority = self._rights(), self._authority()
        with self._undone_on_error():
            yield self.with_context(yst_rights=RIGHTS_TOKEN)
            self._settle_rights(before, authority)

    @contextmanager
    def _undone_on_error(self):
        """A savepoint that also forgets which rights were cached inside it."""
        try:
            with self.env.cr.savepoint():
                yield
        except Exception:
            self.env.registry.clear_cache()
            self.env.registry.clear_cache("groups")
            raise

    def _authority(self):
        """What the acting user may do with rights, found out before anything is changed."""
        if self.env.su:
            return "superuser"
        if self.env.user.has_group("base.group_system"):
            return "system"
        if self.env.user.has_group("yst_base.group_security_administrator"):
            return "security"
        return None

    def _settle_rights(self, before, authority):
        after = self._rights()
        changed = self.filtered(lambda u: before.get(u.id) != after[u.id])
        if not changed:
            return
        if authority != "superuser":
            self._check_authority(authority, changed, before, after)
        for user in changed:
            detail = user._rights_difference(before[user.id], after[user.id])
            self.env["yst.audit.log"].sudo()._log("rights_change", user, detail=detail)

    def _rights(self):
        """dict of user id to dict of comparable sets: groups, roles, areas"""
        own = set(self._get_self_writable_groups().ids)
        return {
            user.id: {
                "groups": frozenset(set(user.group_ids.ids) - own),
                "roles": frozenset(
                    (line.role_id.id, line.date_from, line.date_to) for line in user.role_line_ids
                ),
                "areas": frozenset(user.jurisdiction_ids.ids),
            }
            for user in self.sudo().with_context(active_test=False)
        }

    def _default_rights(self):
        """What new users have without anybody having decided about it."""
        own = set(self._get_self_writable_groups().ids)
        roles = self.env["res.users.role"].sudo().search([("is_default", "=", True)])
        rights = {
            "groups": frozenset(set(self.sudo()._default_groups().ids) - own),
            "roles": frozenset((role.id, False, False) for role in roles),
            "areas": frozenset(),
        }
        if roles:
            rights["groups"] = frozenset(set(roles.all_implied_ids.ids) - own)
        portal = {**rights, "groups": frozenset(self.env.ref("base.group_portal").ids)}
        return {user.id: portal if user._is_portal() else rights for user in self.sudo()}

    def _check_authority(self, authority, changed, before, after):
        if not authority:
            raise AccessError(
                self.env._("Only a security administrator changes roles, groups and jurisdictions.")
            )
        if self.env.user in changed:
            raise AccessError(self.env._("Nobody changes their own rights."))
        if authority == "system":
            return
        groups = self.env["res.groups"].sudo()
        touched = groups.browse(
            {g for u in changed for g in before[u.id]["groups"] | after[u.id]["groups"]}
        )
        if touched.all_implied_ids & self._unlimited():
            raise AccessError(
                self.env._("The unlimited administrator's rights are not given or taken here.")
            )
        gained = groups.browse(
            {g for u in changed for g in after[u.id]["groups"] - before[u.id]["groups"]}
        )
        refused = gained - self._assignable_groups(changed)
        if refused:
            raise AccessError(
                self.env._(
                    "These groups come with a role only: %s.",
                    ", ".join(refused.mapped("name")),
                )
            )

    def _assignable_groups(self, users):
        category = self.env.ref("yst_base.category_yishitong")
        groups = self.env["res.groups"].sudo()
        return (
            groups.search([("privilege_id.category_id", "=", category.id)])
            | groups._get_user_type_groups()
            | users.sudo().role_line_ids.role_id.all_implied_ids
        )

    def _rights_difference(self, before, after):
        env = self.sudo().env
        role_groups = env["res.users.role"].search([]).group_id
        models_ = {"groups": "res.groups", "roles": "res.users.role", "areas": "yst.area"}
        parts = []
        for key, model in models_.items():
            for sign, rows in (("+", after[key] - before[key]), ("-", before[key] - after[key])):
                ids = {row[0] if isinstance(row, tuple) else row for row in rows}
                records = env[model].browse(sorted(ids)).exists()
                if key == "groups":
                    records -= role_groups  # named as roles below
                parts += [f"{sign}{name}" for name in records.mapped("display_name")]
        return ", ".join(parts)

    def _check_own_person(self):
        """Two accounts of one person would see each other's matters."""
        if self.env.su or self.env.user.has_group("base.group_system"):
            return
        for partner in self.sudo().with_context(active_test=False).partner_id:
            if len(partner.user_ids) > 1:
                raise AccessError(self.env._("This person has an account already."))

    def _check_account_change(self, vals):
        """Who can take over an account has its power: such accounts are out of reach."""
        keys = ACCOUNT & vals.keys()
        if "partner_id" in keys and not self.env.su:
            moved = self.sudo().filtered(lambda user: user.partner_id.id != vals["partner_id"])
            if moved and not self.env.user.has_group("base.group_system"):
                raise AccessError(self.env._("An account stays with the person it was opened for."))
        others = self.sudo() - self.env.user
        if self.env.su or not others or self.env.user.has_group("base.group_system"):
            if keys & {"login", "password", "new_password", "active"} and others:
                others._log_account_change(keys)
            return
        if any(user.all_group_ids & self._unlimited() for user in others):
            raise AccessError(
                self.env._("The unlimited administrator's account is not changed here.")
            )
        if keys and any(user.all_group_ids & self._powers() for user in others):
            raise AccessError(
                self.env._(
                    "The account of another administrator of the three powers is changed by "
                    "the unlimited administrator alone."
                )
            )
        if keys and self.env.user.has_group("yst_base.group_security_administrator"):
            # who gives the rights and could also enter the account would have them all
            raise AccessError(
                self.env._("Accounts are opened, changed and closed by a system administrator.")
            )
        if keys:
            others._log_account_change(keys)

    def _log_account_change(self, keys):
        labels = [self._fields[key]._description_string(self.env) for key in sorted(keys)]
        self.env["yst.audit.log"].sudo()._log(
            "account_change", self.browse(self.ids), detail=", ".join(labels)
        )
