from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..identity import age_on
from .res_partner_identity import IDENTITY_TOKEN

# Written by the methods of res_partner_identity.py alone, whoever asks.
PROTECTED = frozenset(
    {
        "identity_masked",
        "identity_cipher",
        "identity_index",
        "mobile_masked",
        "mobile_cipher",
        "mobile_index",
    }
)
BIRTHDATE_IN_NUMBER = ("resident_id", "hmt_permit")


class ResPartner(models.Model):
    """Residents (居民): identity and telephone numbers are encrypted, masked and searchable.

    The clear numbers are nowhere in the database. What an ordinary field holds is the mask;
    cipher and blind index cannot be read, searched, sorted or grouped through the ORM by
    anybody but the superuser.
    """

    _inherit = "res.partner"

    is_resident = fields.Boolean(
        "Resident", index=True, help="Telephone number is kept encrypted and shown masked."
    )
    area_id = fields.Many2one(
        "yst.area",
        "Area",
        index="btree_not_null",
        ondelete="restrict",
        help="The community or grid where the resident lives.",
    )
    identity_kind = fields.Selection(
        [
            ("resident_id", "Resident identity card"),
            ("hmt_permit", "Residence permit for Hong Kong, Macao and Taiwan residents"),
            ("foreign_permanent", "Permanent residence card for foreigners"),
            ("passport", "Passport"),
            ("none", "No document"),
        ],
        "Document",
        copy=False,
        groups="yst_base.group_cadre",
    )
    identity_number = fields.Char(
        "ID or mobile number",
        compute="_compute_identity_number",
        search="_search_identity_number",
        readonly=False,
        copy=False,
        groups="yst_base.group_cadre",
        help="Type the number to register or replace it; it is encrypted and shown masked "
        "from then on. Always empty when read.",
    )
    identity_masked = fields.Char(
        "ID number", readonly=True, copy=False, groups="yst_base.group_cadre"
    )
    identity_cipher = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    identity_index = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    mobile_masked = fields.Char(
        "Telephone", readonly=True, copy=False, groups="yst_base.group_cadre"
    )
    mobile_cipher = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    mobile_index = fields.Char(
        readonly=True, copy=False, index="btree_not_null", groups=fields.NO_ACCESS
    )
    # with the mask beside it, it would give away nearly the whole ID number
    birthdate = fields.Date(
        "Date of birth", copy=False, groups="yst_base.group_identity_reader"
    )
    age = fields.Integer(
        compute="_compute_age",
        search="_search_age",
        compute_sudo=True,
        groups="yst_base.group_cadre",
    )
    disability_grade = fields.Selection(
        [
            ("0", "None"),
            ("1", "Grade 1"),
            ("2", "Grade 2"),
            ("3", "Grade 3"),
            ("4", "Grade 4"),
        ],
        "Disability",
        copy=False,
        groups="yst_base.group_cadre",
        help="Grade of the disability certificate, 1 being the gravest.",
    )

    _identity_uniq = models.UniqueIndex(
        "(identity_index) WHERE identity_index IS NOT NULL",
        "This number is already registered.",
    )

    def _compute_identity_number(self):
        self.identity_number = False

    @api.depends("birthdate")
    def _compute_age(self):
        for partner in self:
            born = partner.birthdate
            partner.age = born and age_on(born, fields.Date.context_today(partner))

    @api.model
    def _search_age(self, operator, value):
        """Find by whole years; who was born on an unknown day is never found."""
        # the ORM checks the groups of stored fields only
        self._check_field_access(self._fields["age"], "read")
        if operator not in (">=", ">", "<", "<="):
            return NotImplemented
        years = value + (operator in (">", "<="))
        day = fields.Date.context_today(self) - relativedelta(years=years)
        born = Domain("birthdate", "<=" if operator in (">=", ">") else ">", day)
        return [("id", "in", self.sudo()._search(born))]

    @api.model
    def _search_identity_number(self, operator, value):
        """Find by the whole ID or mobile number, never by a part of it."""
        # the ORM checks the groups of stored fields only
        self._check_field_access(self._fields["identity_number"], "read")
        if operator not in ("=", "in", "ilike"):
            return NotImplemented
        values = [value] if isinstance(value, str) else list(value or [])
        found = self.browse()
        for number in values:
            if number:
                found |= self._search_by_identity(number) | self._search_by_mobile(number)
        return [("id", "in", found.ids)]

    @api.model_create_multi
    def create(self, vals_list):
        if self._token_given():
            return super().create(vals_list)
        self._refuse_protected({
            key.removeprefix("default_"): True
            for key in self.env.context if key.startswith("default_")
        })
        if self.env.context.get("default_phone"):
            # a number from the context is encrypted like any other
            phone = self.env.context["default_phone"]
            vals_list = [{"phone": phone, **vals} for vals in vals_list]
        plain, numbers = [], []
        for vals in vals_list:
            vals = dict(vals)
            self._refuse_protected(vals)
            plain.append(vals)
            numbers.append(self._take_numbers(vals))
        partners = super().create(plain)
        given = [pair for pair in zip(partners, numbers, strict=True) if pair[1]]
        if given:
            records = partners.browse([partner.id for partner, _values in given])
            records._write_numbers([values for _partner, values in given])
        return partners

    def write(self, vals):
        if self._token_given() or not self:
            return super().write(vals)
        if not self.env.su:
            self.check_access("write")
        vals = dict(vals)
        self._refuse_protected(vals)
        self._check_email_change(vals)
        self._check_birthdate_change(vals)
        residents = self if vals.get("is_resident") else self.sudo().filtered("is_resident")
        if "is_resident" in vals and not vals["is_resident"]:
            self._check_leaving_residents()
        identity = self._take_identity(vals)
        phones = self._take_phone(vals, residents) if residents else {}
        result = super().write(vals)
        if identity or phones:
            changed = self.filtered(lambda p: identity or p.id in phones)
            changed._write_numbers([identity | phones.get(p.id, {}) for p in changed])
        return result

    def copy_data(self, default=None):
        vals_list = super().copy_data(default=default)
        for partner, vals in zip(self, vals_list, strict=True):
            if partner.is_resident and "phone" not in (default or {}):
                vals.pop("phone", None)  # the mask is not a number
        return vals_list

    def _token_given(self):
        # compared by identity: a context that comes over RPC cannot hold this object
        return self.env.context.get("yst_identity") is IDENTITY_TOKEN

    def _refuse_protected(self, vals):
        refused = PROTECTED & vals.keys()
        if refused:
            raise AccessError(
                self.env._(
                    "Identity and telephone numbers are not written directly (%s).",
                    ", ".join(sorted(refused)),
                )
            )

    def _check_email_change(self, vals):
        """Who may set the address that a password link is sent to may enter the account."""
        if "email" not in vals or self.env.su:
            return
        others = self.sudo().with_context(active_test=False).user_ids - self.env.user
        if not others:
            return
        others.with_env(self.env)._check_account_change(vals)
        if not self.env["res.users"].has_access("write"):
            raise AccessError(
                self.env._(
                    "This person has an account; its e-mail address is changed by the person "
                    "or by an administrator."
                )
            )

    def _check_birthdate_change(self, vals):
        if "birthdate" not in vals:
            return
        wanted = fields.Date.to_date(vals["birthdate"]) or False
        for partner in self.sudo():
            if partner.identity_kind in BIRTHDATE_IN_NUMBER and partner.birthdate != wanted:
                raise UserError(
                    self.env._("The date of birth is part of the ID number and follows it.")
                )

    def _check_leaving_residents(self):
        if any(partner.mobile_cipher or partner.identity_cipher for partner in self.sudo()):
            raise UserError(
                self.env._("A resident whose numbers are kept encrypted stays a resident.")
            )

    def _take_numbers(self, vals):
        """Take ID and telephone numbers out of create values; what is to be stored for them."""
        identity = self._take_identity(vals)
        resident = vals.get("is_resident")
        if resident is None and vals.get("phone"):
            resident = self.default_get(["is_resident"]).get("is_resident")
        if identity.get("identity_index"):
            vals["is_resident"] = resident = True
        if resident and vals.get("phone"):
            identity |= self._phone_values(vals["phone"])
            vals["phone"] = identity["phone"]
        return identity

    def _take_identity(self, vals):
        if "identity_number" not in vals and "identity_kind" not in vals:
            return {}
        for name in ("identity_number", "identity_kind"):
            if name in vals:
                self._check_field_access(self._fields[name], "write")
        number = vals.pop("identity_number", None)
        kind = vals.pop("identity_kind", None)
        if number:
            if not kind:
                kind = self.sudo().identity_kind if len(self) == 1 else None
                kind = kind if kind and kind != "none" else "resident_id"
            return self._identity_values(kind, number)
        if kind in (None, False):
            return {}
        partners = self.sudo()
        if all(partner.identity_kind == kind for partner in partners) and partners:
            return {}
        if kind != "none":
            raise ValidationError(self.env._("Enter the number that belongs to the document."))
        return self._identity_values("none", "")

    def _take_phone(self, vals, residents):
        """Take the telephone number out of write values, as far as it concerns residents.

        :return: dict of partner id to the values to be stored
        """
        becoming = residents.filtered(lambda p: not p.is_resident)
        if "phone" not in vals:
            return {p.id: p._phone_values(p.phone) for p in becoming if p.phone}
        phone = vals["phone"]
        if len(residents) < len(self):
            raise UserError(
                self.env._("Change the telephone numbers of residents and others separately.")
            )
        vals.pop("phone")
        unchanged = residents.filtered(lambda p: phone and phone == p.sudo().mobile_masked)
        changed = residents - unchanged
        if not changed:
            return {}
        values = self._phone_values(phone)
        return {partner.id: values for partner in changed}
