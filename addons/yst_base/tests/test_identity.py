import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError

import psycopg2
from cryptography.fernet import Fernet
from dateutil.relativedelta import relativedelta

from odoo import api, fields, sql_db
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.orm.environments import Transaction
from odoo.tests import HttpCase, TransactionCase, tagged
from odoo.tools import mute_logger

from odoo.addons.http_routing.tests.common import MockRequest

from .. import vault
from ..controllers.portal import ResidentPortal
from .common import BaseCase, KeyMixin, number

SECRET = ("identity_cipher", "identity_index", "mobile_cipher", "mobile_index")
MOBILE = "15400001234"


@tagged("post_install", "-at_install")
class TestIdentity(BaseCase):
    def test_number_is_stored_encrypted_and_shown_masked(self):
        partner, typed = self._resident(), number().lower()
        partner._set_identity("resident_id", f" {typed} ")
        partner._set_mobile("+86 154 0000 1234")
        self.assertEqual(partner.identity_masked, f"6109**********{typed[-4:].upper()}")
        self.assertEqual(partner.identity_kind, "resident_id")
        self.assertEqual(partner.birthdate, fields.Date.to_date("1956-03-15"))
        self.assertEqual(partner.phone, "154****1234")
        self.assertEqual(partner.mobile_masked, "154****1234")
        self.assertEqual(partner._identity_clear(), typed.upper())
        self.assertEqual(partner._mobile_clear(), MOBILE)
        self.env.flush_all()
        self.env.cr.execute("SELECT * FROM res_partner WHERE id = %s", [partner.id])
        row = json.dumps(self.env.cr.dictfetchone(), default=str)
        for clear in (typed, typed.upper(), typed[6:14], MOBILE, MOBILE[3:7] + MOBILE[7:]):
            self.assertNotIn(clear, row.replace("1956-03-15", ""))

    def test_equal_numbers_are_encrypted_differently(self):
        partner = self._resident()
        partner._set_identity("resident_id", number())
        first = partner.identity_cipher
        partner._set_identity("resident_id", number())
        self.assertNotEqual(partner.identity_cipher, first)

    def test_messages_are_the_users(self):
        partner = self._resident()
        for kind, typed in (
            ("resident_id", ""),
            ("resident_id", "123"),
            ("resident_id", number()[:-1] + ("1" if number()[-1] != "1" else "2")),
            ("resident_id", number(born="19560230")),
            ("resident_id", number(born="20990101")),
            ("resident_id", number(area="000000")),
            ("resident_id", "A" * 18),
            ("resident_id", number(area="810000")),
            ("hmt_permit", number()),
            ("passport", "E#77"),
            ("foreign_permanent", "E#77"),
            ("licence", number()),
            (False, number()),
        ):
            with self.subTest(kind=kind, typed=typed):
                with self.assertRaises(ValidationError) as caught:
                    partner._set_identity(kind, typed)
                self.assertGreater(len(str(caught.exception)), 15)
                self.assertNotIn(typed or "never", str(caught.exception))
        self.assertFalse(partner.identity_cipher)
        for typed in ("123", "0915-3212345"):
            with self.assertRaises(ValidationError):
                partner._set_mobile(typed)

    def test_somebody_elses_number_is_refused_without_saying_whose(self):
        self._resident("先来者")._set_identity("resident_id", number())
        late = self._resident("后来者")
        for typed in (number(), number().lower(), f" {number()} "):
            with self.assertRaises(ValidationError) as caught:
                late._set_identity("resident_id", typed)
            self.assertNotIn("先来者", str(caught.exception))
        self.assertFalse(late.identity_cipher)

    def test_an_archived_persons_number_stays_taken(self):
        first = self._resident()
        first._set_identity("resident_id", number())
        first.active = False
        with self.assertRaises(ValidationError):
            self._resident()._set_identity("resident_id", number())

    def test_both_at_once_end_in_the_same_message(self):
        """What the index refuses is told like what the search finds."""
        first, second = self._resident(), self._resident()
        first._set_identity("resident_id", number())
        self.env.flush_all()
        # the search sees nothing, as when the other transaction is not yet committed
        self.patch(type(second), "search_count", lambda *args, **kwargs: 0)
        with mute_logger("odoo.sql_db"), self.assertRaises(ValidationError) as caught:
            second._set_identity("resident_id", number())
        self.assertIsInstance(caught.exception.__cause__, psycopg2.errors.UniqueViolation)
        self.assertIn("already registered", str(caught.exception))
        second.name = "still usable"
        self.env.flush_all()

    def test_the_same_passport_and_permit_number_do_not_clash(self):
        one, other = self._resident(), self._resident()
        one._set_identity("foreign_permanent", "USA110190010112")
        other._set_identity("passport", "USA110190010112")
        found = self.env["res.partner"]._search_by_identity("usa110190010112")
        self.assertEqual(found, one | other)

    def test_no_document(self):
        partner = self._resident()
        partner._set_identity("resident_id", number())
        partner._set_identity("none", "")
        self.assertEqual(partner.identity_kind, "none")
        self.assertFalse(
            partner.identity_masked or partner.identity_cipher or partner.identity_index
        )
        self._resident()._set_identity("resident_id", number())

    def test_found_by_the_whole_number_only(self):
        partner = self._resident()
        partner._set_identity("resident_id", number())
        partner._set_mobile(MOBILE)
        family = self._resident()
        family._set_mobile(MOBILE)
        partners = self.env["res.partner"]
        self.assertEqual(partners._search_by_identity(number().lower()), partner)
        self.assertFalse(partners._search_by_identity(number()[:17]))
        self.assertFalse(partners._search_by_identity("%"))
        self.assertFalse(partners._search_by_identity(None))
        self.assertEqual(partners._search_by_mobile("154 0000 1234"), partner | family)
        self.assertFalse(partners._search_by_mobile("154"))
        searched = self.as_role("cadre", partners).search(
            [("identity_number", "=", number()), ("id", "in", (partner | family).ids)]
        )
        self.assertEqual(searched.ids, partner.ids)
        searched = self.as_role("cadre", partners).search(
            [("identity_number", "ilike", MOBILE), ("id", "in", (partner | family).ids)]
        )
        self.assertEqual(sorted(searched.ids), (partner | family).ids)
        for part in (number()[:6], number()[-4:], MOBILE[:3], "%", "_"):
            self.assertFalse(
                self.as_role("cadre", partners).search([("identity_number", "ilike", part)])
            )

    def test_search_is_one_indexed_query(self):
        self._resident()._set_identity("resident_id", number())
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.env["res.partner"]._search_by_identity(number())
        self.assertEqual(self.env.cr.sql_log_count - before, 1)
        key = self.env["res.partner"]._vault().index("eighteen", number())
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        self.env.cr.execute(
            "EXPLAIN SELECT id FROM res_partner WHERE identity_index IN (%s)", [key]
        )
        plan = "\n".join(row[0] for row in self.env.cr.fetchall())
        self.assertIn("res_partner_identity_uniq", plan)

    def test_many_at_once_cost_as_many_queries_as_few(self):
        def vals(count, start):
            return [
                {
                    "name": f"居民{n}",
                    "is_resident": True,
                    "phone": f"154{n:08d}",
                    "identity_number": number(
                        born=f"19{60 + n // 900}0102", order=f"{n % 900:03d}"
                    ),
                }
                for n in range(start, start + count)
            ]

        partners = self.env["res.partner"]

        def cost(count, start):
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            made = partners.create(vals(count, start))
            self.env.flush_all()
            self.assertEqual(len(made.filtered("identity_cipher")), count)
            return self.env.cr.sql_log_count - before

        cost(2, 0)
        few = cost(5, 10)
        self.assertLessEqual(cost(100, 100), few + 2)

    def test_twins_in_one_batch_are_refused(self):
        values = {"name": "重复", "is_resident": True, "identity_number": number()}
        with self.assertRaises(ValidationError):
            self.env["res.partner"].create([values, dict(values)])

    def test_telephone_of_a_resident_is_routed_wherever_it_is_written(self):
        partner = self._resident(phone=MOBILE)
        self.assertEqual(partner.phone, "154****1234")
        self.assertEqual(partner._mobile_clear(), MOBILE)
        partner.phone = "+86 154-0000-5678"
        self.assertEqual((partner.phone, partner._mobile_clear()), ("154****5678", "15400005678"))
        cipher = partner.mobile_cipher
        partner.write({"phone": "154****5678", "name": "改名"})
        self.assertEqual(partner.mobile_cipher, cipher)
        self.assertEqual(partner.name, "改名")
        with self.assertRaises(ValidationError):
            partner.phone = "154****9999"  # not the mask it has
        with self.assertRaises(ValidationError):
            partner.phone = "12345"
        partner.phone = "0915-3212345"
        self.assertEqual(partner._mobile_clear(), "09153212345")
        partner.phone = False
        self.assertFalse(partner.mobile_cipher or partner.mobile_masked or partner.mobile_index)

    def test_telephone_of_others_stays_in_the_clear(self):
        company = self.env["res.partner"].create({"name": "单位", "phone": "0915-3212345"})
        self.assertEqual(company.phone, "0915-3212345")
        with self.assertRaises(UserError):
            (company | self._resident()).write({"phone": MOBILE})

    def test_becoming_a_resident_hides_the_telephone(self):
        partner = self.env["res.partner"].create({"name": "新居民", "phone": MOBILE})
        partner.is_resident = True
        self.assertEqual((partner.phone, partner._mobile_clear()), ("154****1234", MOBILE))
        other = self.env["res.partner"].create({"name": "新居民", "phone": "15400005678"})
        other._set_identity("resident_id", number())
        self.assertTrue(other.is_resident)
        self.assertEqual((other.phone, other._mobile_clear()), ("154****5678", "15400005678"))
        with self.assertRaises(UserError):
            partner.is_resident = False

    def test_birthdate_follows_the_number(self):
        partner = self._resident()
        partner.birthdate = "1950-01-01"
        partner._set_identity("resident_id", number())
        with self.assertRaises(UserError):
            partner.birthdate = "1950-01-01"
        partner.birthdate = "1956-03-15"
        other = self._resident()
        other._set_identity("passport", "E12345678")
        other.birthdate = "1950-01-01"

    def test_kind_changes_with_a_number_only(self):
        partner = self.as_role("cadre", self._resident(area=self.north))
        partner.write({"identity_kind": "passport", "identity_number": "E12345678"})
        self.assertEqual((partner.identity_kind, partner.identity_number), ("passport", False))
        partner.write({"identity_number": "E12345679"})  # keeps the kind
        self.assertEqual(partner.sudo()._identity_clear(), "E12345679")
        with self.assertRaises(ValidationError):
            partner.write({"identity_kind": "resident_id"})
        partner.write({"identity_kind": "passport"})  # unchanged
        with self.assertRaises(ValidationError):
            self.env["res.partner"].create({"name": "x", "identity_kind": "passport"})

    def test_a_replaced_number_is_logged_and_a_first_one_is_not(self):
        partner = self._resident()
        domain = [("action", "=", "identity_change"), ("res_id", "=", partner.id)]
        partner._set_identity("resident_id", number())
        partner._set_identity("resident_id", number())
        self.assertFalse(self.env["yst.audit.log"].search(domain))
        partner._set_identity("resident_id", number(order="111"))
        self.assertEqual(len(self.env["yst.audit.log"].search(domain)), 1)

    def test_copies_and_merges_take_no_number_along(self):
        partner = self._resident(phone=MOBILE)
        partner._set_identity("resident_id", number())
        copy = partner.copy()
        self.assertFalse(copy.identity_cipher or copy.identity_masked or copy.mobile_cipher)
        self.assertFalse(copy.phone)
        other = self.env["res.partner"].create({"name": "单位"})
        wizard = self.env["base.partner.merge.automatic.wizard"]
        with self.assertRaises(UserError):
            wizard._merge((partner | other).ids, other)
        self.assertTrue(partner.exists())
        third = self.env["res.partner"].create({"name": "单位"})
        wizard._merge((other | third).ids, other)
        self.assertFalse(third.exists())


@tagged("post_install", "-at_install")
class TestOrganisationCode(TransactionCase):
    def _make(self, code):
        return self.env["res.partner"].create({"name": "单位", "is_company": True, "uscc": code})

    def test_codes_are_checked_and_narrowed(self):
        # the example of GB 32100-2015
        made = self._make(" 91350100m000100y43 ")
        self.assertEqual(made.uscc, "91350100M000100Y43")
        for wrong in ("91350100M000100Y44", "91350100M000100Y4", "91350100M000100I43", "<b>"):
            with self.subTest(wrong=wrong), self.assertRaises(ValidationError):
                self._make(wrong)
            with self.subTest(wrong=wrong), self.assertRaises(ValidationError):
                made.uscc = wrong
        made.uscc = False

    def test_a_code_occurs_once(self):
        self._make("91350100M000100Y43")
        self.env.flush_all()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.UniqueViolation),
            self.env.cr.savepoint(),
        ):
            self._make("９１３５０１００M000100Y43")
            self.env.flush_all()
        self._make(False)
        self._make(False)


@tagged("post_install", "-at_install")
class TestIdentitySecrecy(BaseCase):
    """Cipher and index give nothing away, to nobody, by no way of asking."""

    EVERYBODY = ("admin", "system", "security", "audit", "reader", "leader", "cadre", "employee")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls._resident(area=cls.north)
        cls.partner._set_identity("resident_id", number())
        cls.partner._set_mobile(MOBILE)
        cls.account = cls.users["portal"]
        cls.account.partner_id.is_resident = True
        cls.account.partner_id._set_identity("resident_id", number(order="222"))
        cls.env.flush_all()
        cls.env.invalidate_all()

    def _refused(self, function, *arguments, **named):
        with mute_logger("odoo.models"), self.assertRaises(AccessError):
            function(*arguments, **named)

    def test_every_way_of_reading_is_refused(self):
        for role in (*self.EVERYBODY, "portal", "public"):
            partner = self.account.partner_id if role == "portal" else self.partner
            partner = self.as_role(role, partner)
            model = partner.browse()
            for name in SECRET:
                with self.subTest(role=role, field=name):
                    value = partner.sudo()[name] or "x"
                    self.env.invalidate_all()
                    self._refused(partner.read, [name])
                    self._refused(partner.web_read, {name: {}})
                    self._refused(model.search_read, [], [name])
                    self._refused(model.search, [(name, "=", value)])
                    self._refused(model.search, [(name, "=like", value[:5] + "%")])
                    self._refused(model.search, ["!", (name, "=", False)])
                    self._refused(model.search_count, [(name, ">", "0")])
                    self._refused(model.search, [("child_ids", "any", [(name, "=", value)])])
                    self._refused(model.search, [(f"parent_id.{name}", "=", value)])
                    self._refused(model.search, [], order=name)
                    self._refused(model.search, [], order=f"{name} desc, id")
                    self._refused(model.name_search, "", [(name, "=", value)])
                    self._refused(model._read_group, [], [name], ["__count"])
                    self._refused(model._read_group, [], [], [f"{name}:max"])
                    self._refused(model._read_group, [], [], [f"{name}:array_agg"])
                    self._refused(model.formatted_read_group, [], [name], ["__count"])
                    self._refused(model.formatted_read_group, [], [], [f"{name}:count_distinct"])
                    self._refused(model.web_read_group, [], [name])
                    self._refused(lambda: partner[name])  # noqa: B023 (called at once)
                    self.assertNotIn(name, model.fields_get())

    def test_other_models_lead_no_way_to_it(self):
        for role in ("admin", "security", "leader", "cadre", "employee"):
            users = self.as_role(role, self.account)
            for name in SECRET:
                with self.subTest(role=role, field=name):
                    self._refused(users.read, [name])
                    self._refused(users.search, [(name, "=", "x")])
                    self._refused(users.search, [(f"partner_id.{name}", "=", "x")])
                    self._refused(users.search, [("partner_id", "any", [(name, "=like", "a%")])])
                    self._refused(users.search, [], order=name)
                    with self.assertRaises(ValueError):  # no such order at all
                        users.search([], order=f"partner_id.{name}")
                    self._refused(users._read_group, [], [name])
                    self._refused(users._read_group, [], [f"partner_id.{name}"])
                    self.assertNotIn(name, users.fields_get())

    def test_export_is_refused(self):
        self.users["leader"].group_ids = [Command.link(self.env.ref("base.group_allow_export").id)]
        for role in ("admin", "leader"):
            for name in SECRET:
                self._refused(self.as_role(role, self.partner).export_data, ["name", name])
                self._refused(self.as_role(role, self.account).export_data, [f"partner_id/{name}"])

    def test_writing_is_refused_even_to_the_superuser(self):
        for name in (*SECRET, "identity_masked", "mobile_masked"):
            for role in (*self.EVERYBODY, "portal"):
                with self.subTest(role=role, field=name):
                    self._refused(self.as_role(role, self.partner).write, {name: "x"})
                    self._refused(
                        self.as_role(role, self.env["res.partner"]).create,
                        {"name": "x", name: "x"},
                    )
            self._refused(self.partner.sudo().write, {name: "x"})
            self._refused(self.account.sudo().write, {name: "x"})

    def test_a_forged_context_opens_nothing(self):
        for token in (True, "IDENTITY_TOKEN", {}, 1):
            forged = self.partner.with_context(yst_identity=token)
            self._refused(forged.write, {"identity_masked": "x"})

    def test_onchange_and_defaults_give_nothing_away(self):
        for role in ("admin", "cadre"):
            partner = self.as_role(role, self.partner)
            for name in SECRET:
                with self.subTest(role=role, field=name):
                    try:
                        result = partner.onchange({"name": "x"}, ["name"], {name: {}, "name": {}})
                    except (AccessError, KeyError):
                        continue
                    self.assertFalse(result["value"].get(name))

    def test_masks_and_ages_are_for_cadres(self):
        for name in ("identity_masked", "identity_kind", "age", "disability_grade"):
            self.as_role("cadre", self.partner).read([name])
            for role in ("employee", "system", "security", "audit"):
                self._refused(self.as_role(role, self.partner).read, [name])
                self._refused(
                    self.as_role(role, self.env["res.partner"]).search, [(name, "!=", False)]
                )
            own = self.as_role("portal", self.account.partner_id)
            self._refused(own.read, [name])

    def test_the_date_of_birth_does_not_complete_the_mask(self):
        cadre = self.as_role("cadre", self.partner)
        self._refused(cadre.read, ["birthdate"])
        self._refused(cadre.search, [("birthdate", "=", "1956-03-15")])
        self._refused(cadre.search, [], order="birthdate")

    def test_age_is_found_by_the_day(self):
        born = fields.Date.context_today(self.partner) - relativedelta(years=70)
        for days, age in ((0, 70), (1, 69), (-1, 70)):
            self.env.cr.execute(
                "UPDATE res_partner SET birthdate = %s WHERE id = %s",
                [born + relativedelta(days=days), self.partner.id],
            )
            self.env.invalidate_all()
            cadre = self.as_role("cadre", self.partner)
            self.assertEqual(cadre.age, age)
            for operator, bound, found in (
                (">=", 70, age >= 70), (">", 69, age > 69),
                ("<", 70, age < 70), ("<=", 69, age <= 69),
            ):
                hit = cadre.search([("id", "=", self.partner.id), ("age", operator, bound)])
                self.assertEqual(bool(hit), found, (age, operator, bound))

    def test_residents_do_not_write_their_identity(self):
        own = self.as_role("portal", self.account.partner_id)
        account = self.as_role("portal", self.account)
        for values in (
            {"identity_number": number(order="333")},
            {"identity_kind": "none"},
            {"is_resident": False},
            {"birthdate": "1990-01-01"},
            {"disability_grade": "1"},
            {"area_id": self.south.id},
        ):
            with self.subTest(values=values):
                self._refused(own.write, values)
                self._refused(account.write, values)
        masked = self.account.partner_id.identity_masked
        account.write({"phone": "15400007777"})  # one's own number, by the way that core allows
        self.assertEqual(self.account.partner_id.phone, "154****7777")
        self.assertEqual(self.account.partner_id.identity_masked, masked)
        with self.assertRaises(ValidationError):
            account.write({"phone": "not a number"})

    def test_search_by_number_is_for_cadres(self):
        for role in ("employee", "security", "audit"):
            self._refused(
                self.as_role(role, self.env["res.partner"]).search,
                [("identity_number", "=", number())],
            )
        self._refused(
            self.as_role("portal", self.env["res.partner"]).search,
            [("identity_number", "=", number())],
        )

    def test_revealing_needs_the_right_a_reason_and_the_area(self):
        for role in ("admin", "leader", "cadre", "security", "system", "audit", "employee"):
            self._refused(self.as_role(role, self.partner).action_reveal_identity, "核对")
        reader = self.as_role("reader", self.partner)
        for reason in ("", "   ", None, False, 3, ["x"]):
            with self.assertRaises(UserError):
                reader.action_reveal_identity(reason)
        elsewhere = self.as_role("reader", self._resident(area=self.south_grid))
        self._refused(elsewhere.action_reveal_identity, "核对")
        logs = self.env["yst.audit.log"]
        domain = [("action", "=", "identity_read"), ("res_id", "=", self.partner.id)]
        self.assertFalse(logs.search(domain))
        self.assertEqual(
            reader.action_reveal_identity(" 核对低保材料 "),
            {"identity": number(), "mobile": MOBILE},
        )
        line = logs.search(domain)
        self.assertEqual(len(line), 1)
        self.assertEqual(
            (line.user_id, line.model, line.reason),
            (self.users["reader"], "res.partner", "核对低保材料"),
        )
        self.assertNotIn(number(), f"{line.detail}{line.reason}")

    def test_cadres_change_residents_of_their_areas_only(self):
        self.as_role("cadre", self.partner).write({"identity_number": number(order="444")})
        elsewhere = self._resident(area=self.south_grid)
        for values in ({"identity_number": number(order="555")}, {"name": "x"}, {"phone": MOBILE}):
            self._refused(self.as_role("cadre", elsewhere).write, values)

    def test_nobody_takes_over_an_account_through_its_address(self):
        self._refused(
            self.as_role("cadre", self.account.partner_id).write, {"email": "me@example.com"}
        )
        self._refused(
            self.as_role("cadre", self.users["leader"].partner_id).write,
            {"email": "me@example.com"},
        )
        self.as_role("cadre", self.partner).write({"email": "resident@example.com"})


@tagged("post_install", "-at_install")
class TestVault(KeyMixin, TransactionCase):
    def _write(self, content, mode=0o600):
        os.remove(self.key_file)
        with open(self.key_file, "w") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))
        os.chmod(self.key_file, mode)

    def _keys(self):
        with open(self.key_file) as file:
            return json.load(file)

    def test_key_file_is_private_and_never_overwritten(self):
        self.assertEqual(stat.S_IMODE(os.stat(self.key_file).st_mode), 0o600)
        with self.assertRaises(FileExistsError):
            vault.write_key_file(self.key_file)

    def test_what_was_altered_or_meant_for_something_else_is_refused(self):
        keys = vault.open_vault(self.key_file)
        token = keys.encrypt("phone", MOBILE)
        self.assertEqual(keys.decrypt("phone", token), MOBILE)
        for purpose, text in (("identity", token), ("phone", token[:-4] + "AAA="), ("phone", "")):
            with self.assertRaises(vault.VaultError) as caught:
                keys.decrypt(purpose, text)
            self.assertEqual(caught.exception.code, "wrong_key")

    def test_index_depends_on_namespace_and_key(self):
        keys = vault.open_vault(self.key_file)
        self.assertEqual(keys.index("a", "1"), keys.index("a", "1"))
        self.assertNotEqual(keys.index("a", "1"), keys.index("b", "1"))
        self.assertNotEqual(keys.index("a", "1"), keys.index("a", "2"))
        fresh = vault.new_keys()
        other = vault.Vault([k.encode() for k in fresh["encrypt"]], b"0" * 32)
        self.assertNotEqual(keys.index("a", "1"), other.index("a", "1"))

    def test_without_a_usable_key_the_message_says_what_to_do(self):
        partner = self.env["res.partner"].create({"name": "居民", "is_resident": True})
        good = self._keys()
        for content, code in (
            ("{", "broken"),
            ("[]", "broken"),
            ({"encrypt": [], "index": good["index"]}, "broken"),
            ({"encrypt": ["short"], "index": good["index"]}, "broken"),
            ({"encrypt": good["encrypt"], "index": "AAAA"}, "broken"),
            ({"encrypt": good["encrypt"]}, "broken"),
        ):
            self._write(content)
            with self.assertRaises(vault.VaultError) as caught:
                vault.open_vault(self.key_file)
            self.assertEqual(caught.exception.code, code)
            with self.assertRaises(UserError):
                partner._set_identity("resident_id", number())
        os.remove(self.key_file)
        with self.assertRaises(UserError) as caught:
            partner._set_identity("resident_id", number())
        self.assertIn("backup", str(caught.exception))
        self.assertNotIn(self.key_file, str(caught.exception))
        os.environ["YST_KEY_FILE"] = ""
        self.addCleanup(os.environ.update, {"YST_KEY_FILE": self.key_file})
        with self.assertRaises(UserError) as caught:
            partner._set_identity("resident_id", number())
        self.assertIn("YST_KEY_FILE", str(caught.exception))
        self.assertFalse(partner.identity_cipher)
        with open(self.key_file, "w") as file:
            json.dump(good, file)

    def test_keys_are_rotated(self):
        partners = self.env["res.partner"].create(
            [
                {"name": "甲", "is_resident": True, "identity_number": number(order="101")},
                {"name": "乙", "is_resident": True, "phone": MOBILE},
                {
                    "name": "丙",
                    "is_resident": True,
                    "phone": "15400009999",
                    "identity_kind": "passport",
                    "identity_number": "E12345678",
                },
            ]
        )
        self.env.flush_all()
        old = self._keys()
        new = vault.new_keys()
        self._write({"encrypt": [*new["encrypt"], *old["encrypt"]], "index": new["index"]})
        self.assertFalse(partners._search_by_identity(number(order="101")))
        # numbers under other keys, such as those of sample data, are not this test's
        self.env.cr.execute(
            "UPDATE res_partner SET identity_cipher = NULL, identity_index = NULL,"
            " mobile_cipher = NULL, mobile_index = NULL WHERE id != ALL(%s)",
            [partners.ids],
        )
        self.assertEqual(partners._rekey_numbers(batch_size=2), 3)
        self._write(new)  # the old key is gone
        self.assertEqual(partners._search_by_identity(number(order="101")), partners[0])
        self.assertEqual(partners._search_by_identity("E12345678"), partners[2])
        self.assertEqual(partners._search_by_mobile(MOBILE), partners[1])
        self.assertEqual(partners[0]._identity_clear(), number(order="101"))
        self.assertEqual(partners[2]._mobile_clear(), "15400009999")
        self.assertFalse(partners[1]._identity_clear())

    def test_a_lost_key_is_told(self):
        partner = self.env["res.partner"].create({"name": "甲", "is_resident": True})
        partner._set_mobile(MOBILE)
        self._write({**self._keys(), "encrypt": [Fernet.generate_key().decode()]})
        with self.assertRaises(UserError) as caught:
            partner._mobile_clear()
        self.assertIn("older key", str(caught.exception))

    def test_a_key_file_that_others_can_read_is_warned_about(self):
        self._write(vault.new_keys(), mode=0o644)
        with self.assertLogs("odoo.addons.yst_base.vault", "WARNING"):
            vault.open_vault(self.key_file)


@tagged("post_install", "-at_install")
class TestPortalAccount(KeyMixin, HttpCase):
    """A resident's own account page neither loses nor shows the number.

    Other addons may put pages of their own in its place; what is asked of it holds for them.
    """

    def setUp(self):
        super().setUp()
        self.user = self.env["res.users"].create(
            {
                "name": "居民（测试）",
                "login": "resident_test",
                "password": "resident_test",
                "email": "resident_test@example.com",
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
            }
        )
        self.user.partner_id.write(
            {
                "is_resident": True,
                "phone": MOBILE,
                "street": "测试路1号",
                "city": "安康",
                "zip": "725000",
                "country_id": self.env.ref("base.cn").id,
                "state_id": self.env.ref("base.state_cn_SN").id,
            }
        )
        self.authenticate("resident_test", "resident_test")

    def _problems(self, **changes):
        """What the account page would say about these values."""
        partner = self.user.partner_id.sudo()
        values = {"name": partner.name, "email": partner.email, "phone": partner.phone, **changes}
        with MockRequest(self.env):
            return ResidentPortal()._validate_address_values(
                values, partner, "billing", True, "name,email,phone"
            )

    def test_the_mask_that_the_page_sends_back_keeps_the_number(self):
        invalid, _missing, _messages = self._problems()
        self.assertNotIn("phone", invalid)
        self.user.partner_id.sudo().write({"phone": "154****1234", "street": "测试路2号"})
        self.assertEqual(self.user.partner_id._mobile_clear(), MOBILE)
        self.assertEqual(self.user.partner_id.street, "测试路2号")

    def test_a_new_number_is_accepted_and_a_wrong_one_told(self):
        invalid, _missing, _messages = self._problems(phone="154 0000 4321")
        self.assertNotIn("phone", invalid)
        for wrong in ("12345", "154****9999", "not a number"):
            with self.subTest(wrong=wrong):
                invalid, _missing, messages = self._problems(phone=wrong)
                self.assertIn("phone", invalid)
                self.assertTrue(any("11 digits" in message for message in messages))

    def test_no_page_shows_the_number_or_takes_identity_fields(self):
        page = self.url_open("/my/account")
        self.assertEqual(page.status_code, 200)
        self.assertNotIn(MOBILE, page.text)
        partner = self.user.partner_id
        token = page.text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        answer = self.url_open(
            "/my/address/submit",
            data={
                "csrf_token": token,
                "partner_id": partner.id,
                "address_type": "billing",
                "use_delivery_as_billing": "true",
                "name": partner.name,
                "email": partner.email,
                "phone": partner.phone,
                "street": partner.street,
                "city": partner.city,
                "zip": partner.zip,
                "country_id": partner.country_id.id,
                "state_id": partner.state_id.id,
                "identity_number": number(),
                "identity_kind": "resident_id",
                "identity_index": "x",
                "identity_masked": "x",
                "is_resident": "",
                "disability_grade": "1",
            },
        )
        self.assertLess(answer.status_code, 500)
        partner.invalidate_recordset()
        self.assertTrue(partner.is_resident)
        self.assertFalse(partner.identity_masked or partner.identity_kind)
        self.assertFalse(partner.disability_grade)
        self.assertEqual(partner._mobile_clear(), MOBILE)

    def test_over_rpc_too(self):
        partner = self.user.partner_id

        def call(model, method, *arguments, **named):
            answer = self.url_open(
                f"/web/dataset/call_kw/{model}/{method}",
                data=json.dumps(
                    {
                        "jsonrpc": "2.0",
                        "params": {
                            "model": model,
                            "method": method,
                            "args": arguments,
                            "kwargs": named,
                        },
                    }
                ),
                headers={"Content-Type": "application/json"},
            )
            return answer.json()

        secret = partner.mobile_index
        with mute_logger("odoo.http", "odoo.models", "odoo.addons.base.models.ir_rule"):
            for answer in (
                call("res.partner", "read", partner.ids, ["mobile_index"]),
                call("res.partner", "search", [["mobile_index", "=", secret]]),
                call("res.partner", "search_count", [["mobile_index", "=like", secret[0] + "%"]]),
                call("res.partner", "search", [], order="mobile_index"),
                call("res.partner", "write", partner.ids, {"identity_number": number()}),
                call("res.partner", "action_reveal_identity", partner.ids, "x"),
                call("res.partner", "_set_identity", partner.ids, "resident_id", number()),
                call("res.partner", "_mobile_clear", partner.ids),
                call("res.partner", "_search_by_mobile", MOBILE),
                call("res.users", "write", self.user.ids, {"mobile_masked": "x"}),
                call("res.users", "search", [["partner_id.mobile_index", "=", secret]]),
                call("yst.audit.log", "search_read", []),
            ):
                self.assertIn("error", answer)
                self.assertNotIn(secret, json.dumps(answer))
        allowed = call("res.partner", "read", partner.ids, ["name", "phone"])
        self.assertEqual(allowed["result"][0]["phone"], "154****1234")


@tagged("post_install", "-at_install")
class TestIdentityAtOnce(KeyMixin, TransactionCase):
    """Two transactions of the database, not two calls in one."""

    def test_of_two_at_the_same_time_one_is_told(self):
        database = sql_db.db_connect(self.env.cr.dbname)

        def environment(cr):
            cr.transaction = Transaction(self.registry)
            return api.Environment(cr, api.SUPERUSER_ID, {})

        def register(cr, name):
            partner = environment(cr)["res.partner"].create({"name": name, "is_resident": True})
            partner._set_identity("resident_id", number(order="998"))
            return partner.id

        def second():
            with database.cursor() as cr, mute_logger("odoo.sql_db"):
                try:
                    register(cr, "后来者")
                except ValidationError as error:
                    cr.rollback()
                    return str(error)
                return None

        with database.cursor() as first, ThreadPoolExecutor(1) as pool:
            made = register(first, "先来者")
            self.addCleanup(self._remove, database, made)
            late = pool.submit(second)
            with self.assertRaises(FutureTimeoutError):  # waits for the first to make up its mind
                late.result(timeout=1)
            first.commit()
            answer = late.result(timeout=20)
        self.assertIn("already registered", answer)
        self.assertNotIn("先来者", answer)

    def _remove(self, database, partner_id):
        with database.cursor() as cr:
            cr.execute(
                "DELETE FROM mail_message WHERE model = 'res.partner' AND res_id = %s", [partner_id]
            )
            cr.execute("DELETE FROM res_partner WHERE id = %s", [partner_id])
            cr.commit()
