import logging
import os

import psycopg2

from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL, config

from .. import identity, vault

_logger = logging.getLogger(__name__)

IDENTITY_TOKEN = object()


class ResPartner(models.Model):
    """Sets, finds and reveals the encrypted numbers of residents."""

    _inherit = "res.partner"

    def _set_identity(self, kind, number):
        """Register the identity document of a person (实名).

        :param str kind: one of ``identity.KINDS``
        :raise ValidationError: the number is not valid, or somebody has it already (who is
            not said)
        """
        self.ensure_one()
        self._write_numbers([self._identity_values(kind, number)])

    def _set_mobile(self, number):
        """Register a mobile number; ``False`` removes it.

        :raise ValidationError: it is not a mainland mobile number
        """
        self.ensure_one()
        if number:
            try:
                number = identity.normalise_mobile(number)
            except identity.IdentityError as error:
                raise ValidationError(self._identity_message(error)) from error
        self._write_numbers([self._phone_values(number)])

    def action_reveal_identity(self, reason):
        """Show the numbers of one resident in the clear, and write down who asked and why.

        :param str reason: why the numbers are needed
        :return: dict with ``identity`` and ``mobile``
        :raise AccessError: without the right to read numbers, or outside the jurisdiction
        :raise UserError: without a reason
        """
        self.ensure_one()
        user = self.env.user
        if not user.has_group("yst_base.group_identity_reader"):
            raise AccessError(self.env._("You may not see identity numbers in the clear."))
        self.check_access("read")
        area = self.sudo().area_id
        if area and not user._has_jurisdiction(area):
            raise AccessError(self.env._("This resident lives outside your jurisdiction."))
        reason = reason.strip() if isinstance(reason, str) else ""
        if not reason:
            raise UserError(self.env._("Say why you need to see the numbers."))
        numbers = {"identity": self._identity_clear(), "mobile": self._mobile_clear()}
        shown = ", ".join(name for name, number in numbers.items() if number)
        self.env["yst.audit.log"].sudo()._log(
            "identity_read", self, reason=reason, detail=shown or "-"
        )
        return numbers

    @api.model
    def _search_by_identity(self, number):
        """Everybody (at most one of each kind) with this identity number."""
        found = identity.candidates(number)
        if not found:
            return self.browse()
        keys = self._vault()
        return self._by_index("identity_index", [keys.index(*pair) for pair in found])

    @api.model
    def _search_by_mobile(self, number):
        """Everybody with this telephone number; families share one."""
        try:
            digits = identity.normalise_phone(number)
        except identity.IdentityError:
            return self.browse()
        return self._by_index("mobile_index", [self._vault().index("phone", digits)])

    def _identity_clear(self):
        """The identity number for the machine's own use; whoever shows it must log it."""
        return self._decrypted("identity", self.sudo().identity_cipher)

    def _mobile_clear(self):
        """The telephone number for the machine's own use, such as sending a message."""
        return self._decrypted("phone", self.sudo().mobile_cipher)

    @api.model
    def _rekey_numbers(self, batch_size=1000):
        """Encrypt every number under the newest key and index it anew (密钥轮换).

        All or nothing happens, in one transaction. When the index key changes, keep users
        out until it is done: numbers not yet indexed anew are not found meanwhile.

        :return: number of people whose numbers were rewritten
        """
        keys, last, count = self._vault(), 0, 0
        while True:
            rows = self.env.execute_query(
                SQL(
                    """SELECT id, identity_kind, identity_cipher, mobile_cipher
                         FROM res_partner
                        WHERE id > %s
                          AND (identity_cipher IS NOT NULL OR mobile_cipher IS NOT NULL)
                     ORDER BY id LIMIT %s FOR UPDATE""",
                    last,
                    batch_size,
                )
            )
            if not rows:
                break
            values = [SQL("%s", (row[0], *self._rekeyed(keys, *row[1:]))) for row in rows]
            self.env.cr.execute(
                SQL(
                    """UPDATE res_partner p
                          SET identity_cipher = v.ic, identity_index = v.ii,
                              mobile_cipher = v.mc, mobile_index = v.mi
                         FROM (VALUES %s) AS v(id, ic, ii, mc, mi)
                        WHERE p.id = v.id""",
                    SQL(", ").join(values),
                )
            )
            last, count = rows[-1][0], count + len(rows)
        self.invalidate_model()
        return count

    def _rekeyed(self, keys, kind, identity_cipher, mobile_cipher):
        number = self._decrypted("identity", identity_cipher)
        mobile = self._decrypted("phone", mobile_cipher)
        namespace = identity.namespace(kind, number) if number else None
        return (
            keys.encrypt("identity", number) if number else None,
            keys.index(namespace, number) if number else None,
            keys.encrypt("phone", mobile) if mobile else None,
            keys.index("phone", mobile) if mobile else None,
        )

    def _by_index(self, name, values):
        partners = self.sudo().with_context(active_test=False).search([(name, "in", values)])
        return self.browse(partners.ids)

    def _decrypted(self, purpose, token):
        if not token:
            return False
        try:
            return self._vault().decrypt(purpose, token)
        except vault.VaultError as error:
            raise UserError(self._vault_message(error)) from error

    @api.model
    def _vault(self):
        path = os.environ.get("YST_KEY_FILE") or config.get("yst_key_file")
        try:
            return vault.open_vault(path)
        except vault.VaultError as error:
            _logger.warning("No key for identity numbers: %s", error)
            raise UserError(self._vault_message(error)) from error

    @api.model
    def _identity_values(self, kind, number):
        if kind == "none" and not number:
            empty = ("identity_masked", "identity_cipher", "identity_index", "birthdate")
            return dict.fromkeys(empty, False) | {"identity_kind": "none"}
        try:
            found = identity.check(kind, number, self._today())
        except identity.IdentityError as error:
            raise ValidationError(self._identity_message(error)) from error
        keys = self._vault()
        values = {
            "is_resident": True,
            "identity_kind": found.kind,
            "identity_masked": identity.mask_id(found.number),
            "identity_cipher": keys.encrypt("identity", found.number),
            "identity_index": keys.index(found.namespace, found.number),
        }
        if found.birthdate:
            values["birthdate"] = found.birthdate
        return values

    @api.model
    def _phone_values(self, number):
        if not number:
            return dict.fromkeys(("phone", "mobile_masked", "mobile_cipher", "mobile_index"), False)
        try:
            digits = identity.normalise_phone(number)
        except identity.IdentityError as error:
            raise ValidationError(self._identity_message(error)) from error
        keys, mask = self._vault(), identity.mask_mobile(digits)
        return {
            "phone": mask,
            "mobile_masked": mask,
            "mobile_cipher": keys.encrypt("phone", digits),
            "mobile_index": keys.index("phone", digits),
        }

    def _write_numbers(self, values_list):
        """Store what ``_identity_values`` and ``_phone_values`` made, in one batch."""
        if not self.env.su:
            self.check_access("write")
        # somebody who becomes a resident here may have a telephone number in the clear
        values_list = [dict(values) for values in values_list]
        for partner, values in zip(self.sudo(), values_list, strict=True):
            clear = partner.phone and not partner.mobile_cipher and not partner.is_resident
            if values.get("is_resident") and clear and "phone" not in values:
                values |= self._phone_values(partner.phone)
        taken = self.env._("This number is already registered.")
        indexes = [v["identity_index"] for v in values_list if v.get("identity_index")]
        if len(set(indexes)) < len(indexes):
            raise ValidationError(taken)
        protected = self.sudo().with_context(yst_identity=IDENTITY_TOKEN, active_test=False)
        if indexes and protected.search_count(
            [("identity_index", "in", indexes), ("id", "not in", self.ids)], limit=1
        ):
            raise ValidationError(taken)
        replaced = self.browse()
        try:
            with self.env.cr.savepoint():
                for partner, values in zip(protected, values_list, strict=True):
                    old, new = partner.identity_index, values.get("identity_index", None)
                    if old and new is not None and old != new:
                        replaced |= self.browse(partner.id)
                    for name in ("phone", "is_resident"):  # costly to write for nothing
                        if name in values and values[name] == partner[name]:
                            del values[name]
                    partner.write(values)
                self.env.flush_all()
        except psycopg2.errors.UniqueViolation as error:
            raise ValidationError(taken) from error
        if replaced:
            self.env["yst.audit.log"].sudo()._log("identity_change", replaced)

    def _today(self):
        return self.env["res.partner"]._fields["birthdate"].context_today(self)
