from datetime import date

from odoo.tests import BaseCase, tagged

from .. import identity
from .common import number

TODAY = date(2026, 11, 24)


@tagged("post_install", "-at_install")
class TestIdentityRules(BaseCase):
    """The pure rules for numbers; the check digits are taken from published examples."""

    def _code(self, function, *arguments):
        with self.assertRaises(identity.IdentityError) as caught:
            function(*arguments)
        return caught.exception.code

    def test_published_examples_are_accepted(self):
        # the two examples printed in GB 11643-1999 itself
        male = identity.check_resident_id("11010519491231002X", TODAY)
        self.assertEqual(
            (male.birthdate, male.sex, male.area), (date(1949, 12, 31), "female", "110105")
        )
        other = identity.check_resident_id("440524188001010014", date(1999, 7, 1))
        self.assertEqual((other.birthdate, other.sex), (date(1880, 1, 1), "male"))

    def test_check_character_against_its_definition(self):
        # ISO 7064 MOD 11-2: the weighted sum of all 18, X being 10, leaves 1 modulo 11
        for order in range(0, 1000, 7):
            found = number(order=f"{order:03d}")
            total = 0
            for position, character in enumerate(found):
                value = 10 if character == "X" else int(character)
                total += value * pow(2, 17 - position)
            self.assertEqual(total % 11, 1, found)

    def test_every_wrong_check_character_is_refused(self):
        good = number()
        for character in "0123456789X":
            if character != good[-1]:
                self.assertEqual(
                    self._code(identity.check_resident_id, good[:-1] + character), "check_digit"
                )

    def test_every_single_digit_error_and_swap_is_refused(self):
        good = number(born="19880229", order="012")
        for position in range(17):
            for digit in "0123456789":
                if digit == good[position]:
                    continue
                wrong = good[:position] + digit + good[position + 1 :]
                with self.assertRaises(identity.IdentityError, msg=wrong):
                    identity.check_resident_id(wrong, TODAY)
            if position < 16 and good[position] != good[position + 1]:
                swapped = (
                    good[:position] + good[position + 1] + good[position] + good[position + 2 :]
                )
                with self.assertRaises(identity.IdentityError, msg=swapped):
                    identity.check_resident_id(swapped, TODAY)

    def test_typed_forms_are_normalised(self):
        good = "11010519491231002X"
        for typed in (
            "11010519491231002x",
            " 110105 19491231 002x ",
            "１１０１０５１９４９１２３１００２Ｘ",
            "１１０１０５１９４９１２３１００２ｘ",
            "110105\u300019491231\u3000002X",
            "110105-19491231-002X",
            "\ufeff11010519491231002X\u200b",
            "\u202d11010519491231002X\u202c",
        ):
            self.assertEqual(identity.check_resident_id(typed, TODAY).number, good)

    def test_wrong_numbers_say_what_is_wrong(self):
        cases = [
            ("", "empty"),
            (None, "empty"),
            ("   ", "empty"),
            ("1101051949123100", "length"),
            ("11010519491231002X1", "length"),
            ("110105491231002", "length"),  # the old 15-digit form is no longer valid
            ("X1010519491231002X", "characters"),
            ("11010519491231002A", "characters"),
            ("１１０１０５１９４９１２３１００２①", "characters"),
            ("١١٠١٠٥١٩٤٩١٢٣١٠٠٢٠", "characters"),
            (number(area="000000"), "province"),
            (number(area="990902"), "province"),
            (number(area="911234"), "province"),
            (number(born="19560230"), "date"),
            (number(born="19561301"), "date"),
            (number(born="19560010"), "date"),
            (number(born="00000000"), "date"),
            (number(born="18800101"), "date"),
            (number(born="20261125"), "future"),
            (number(born="20990101"), "future"),
        ]
        for typed, code in cases:
            with self.subTest(typed=typed):
                self.assertEqual(self._code(identity.check_resident_id, typed, TODAY), code)

    def test_leap_days(self):
        for born, good in (
            ("20000229", True),
            ("20240229", True),
            ("19000229", False),
            ("20230229", False),
            ("21000229", False),
        ):
            with self.subTest(born=born):
                if good:
                    found = identity.check_resident_id(number(born=born), TODAY)
                    self.assertEqual(found.birthdate.strftime("%Y%m%d"), born)
                else:
                    self.assertEqual(
                        self._code(identity.check_resident_id, number(born=born), TODAY), "date"
                    )

    def test_born_today_is_accepted(self):
        found = identity.check_resident_id(number(born="20261124"), TODAY)
        self.assertEqual(found.birthdate, TODAY)

    def test_old_and_special_area_codes_are_accepted(self):
        for area in ("612401", "610902", "513021", "710000", "810000", "820000", "830000"):
            self.assertEqual(identity.check_resident_id(number(area=area), TODAY).area, area)

    def test_kind_and_number_belong_together(self):
        hmt, resident = number(area="810000"), number()
        self.assertEqual(identity.check("hmt_permit", hmt, TODAY).birthdate, date(1956, 3, 15))
        self.assertEqual(self._code(identity.check, "resident_id", hmt, TODAY), "kind_hmt")
        self.assertEqual(self._code(identity.check, "hmt_permit", resident, TODAY), "kind_resident")
        self.assertEqual(self._code(identity.check, "licence", resident, TODAY), "kind")
        self.assertEqual(self._code(identity.check, None, resident, TODAY), "kind")

    def test_passports(self):
        for good in ("E12345678", "ea1234567", "G 1234 5678", "Ｅ１２３４５６７８", "12345678"):
            self.assertEqual(identity.check("passport", good, TODAY).kind, "passport")
        for wrong in (
            "ABCDEFGH",
            "E123",
            "E1234/678",
            "<script>1",
            "E1234567890123456",
            "张1234567",
        ):
            self.assertEqual(self._code(identity.check, "passport", wrong, TODAY), "passport")

    def test_permanent_residence_cards(self):
        self.assertEqual(
            identity.check("foreign_permanent", "usa110190010112", TODAY).number,
            "USA110190010112",
        )
        new = identity.check("foreign_permanent", number(area="911840"), TODAY)
        self.assertEqual(new.birthdate, date(1956, 3, 15))
        self.assertEqual(
            self._code(identity.check, "foreign_permanent", "US1101900101", TODAY),
            "foreign_permanent",
        )
        self.assertEqual(
            self._code(
                identity.check, "foreign_permanent", number(area="911840", born="19560230"), TODAY
            ),
            "date",
        )

    def test_mobile_numbers(self):
        for typed in (
            "13800138000",
            "138 0013 8000",
            "138-0013-8000",
            "+86 138 0013 8000",
            "0086-13800138000",
            "8613800138000",
            "１３８００１３８０００",
        ):
            self.assertEqual(identity.normalise_mobile(typed), "13800138000")
        for wrong in ("12800138000", "1380013800", "138001380001", "0915-3212345", "abc"):
            self.assertEqual(self._code(identity.normalise_mobile, wrong), "mobile")
        self.assertEqual(self._code(identity.normalise_mobile, ""), "empty")

    def test_landlines_are_telephone_numbers_too(self):
        for typed in ("0915-3212345", "(0915) 321 2345", "+86 915 321 2345"):
            self.assertEqual(identity.normalise_phone(typed), "09153212345")
        self.assertEqual(identity.normalise_phone("010-62345678"), "01062345678")
        for wrong in ("3212345", "110", "00153212345", "138****8000"):
            self.assertEqual(self._code(identity.normalise_phone, wrong), "phone")

    def test_masks(self):
        self.assertEqual(identity.mask_id("610902195603151234"), "6109**********1234")
        self.assertEqual(identity.mask_id("e12345678"), "E1*****78")
        self.assertEqual(identity.mask_id("A1"), "**")
        self.assertEqual(identity.mask_id(""), "")
        self.assertEqual(identity.mask_mobile("13812345678"), "138****5678")
        self.assertEqual(identity.mask_mobile("09153212345"), "091******45")
        self.assertEqual(identity.mask_name("张小三"), "张*三")
        self.assertEqual(identity.mask_name("李四"), "李*")
        self.assertEqual(identity.mask_name("买买提·阿不都"), "买*****都")
        self.assertEqual(identity.mask_name("王"), "*")
        self.assertEqual(identity.mask_name(None), "")

    def test_a_login_is_logged_masked(self):
        self.assertEqual(identity.mask_login("138 0013 8000"), "138****8000")
        self.assertEqual(identity.mask_login("+8613800138000"), "138****8000")
        self.assertEqual(identity.mask_login(number().lower()), identity.mask_id(number()))
        self.assertEqual(identity.mask_login("clerk"), "clerk")
        self.assertEqual(len(identity.mask_login("x" * 5000)), 64)

    def test_no_mask_gives_the_number_back(self):
        for good in (number(), number(order="012"), "USA110190010112", "E12345678", "A1B2C"):
            mask = identity.mask_id(good)
            self.assertEqual(len(mask), len(good))
            self.assertGreaterEqual(mask.count("*"), min(len(good), 1))
            self.assertNotIn(good[4:-4] or "never", mask)
