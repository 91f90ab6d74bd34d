"""Identity and telephone numbers of residents: checks, masks. Knows nothing of Odoo.

Resident identity numbers and the residence permits of Hong Kong, Macao and Taiwan residents
follow GB 11643: 6 digits area, 8 birth date, 3 order (odd for men), 1 check character. The
permanent residence card for foreigners of 2023 has the same shape and begins with 9.
"""

import re
from dataclasses import dataclass
from datetime import date

KINDS = ("resident_id", "passport", "hmt_permit", "foreign_permanent", "none")

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46"
    " 50 51 52 53 54 61 62 63 64 65 71".split()
)
HMT_PREFIXES = frozenset({"81", "82", "83"})
OLDEST_YEARS = 130

_EIGHTEEN = re.compile(r"[0-9]{17}[0-9X]")
_PASSPORT = re.compile(r"(?=.*[0-9])[A-Z0-9]{5,15}")
_OLD_PERMANENT = re.compile(r"[A-Z]{3}[0-9]{12}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[1-9][0-9]{8,10}")

# Full-width forms typed by Chinese input methods, then separators and invisible characters.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_DROPPED = re.compile("[\\s\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060\ufeff-]+")


class IdentityError(ValueError):
    """A number that cannot be one; ``code`` says why.

    empty, length, characters, province, date, future, check_digit, kind, kind_hmt,
    kind_resident, passport, foreign_permanent, mobile, phone
    """

    def __init__(self, code):
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class ResidentId:
    """A checked number of 18 characters.

    ``sex`` is ``male`` or ``female``, ``area`` the six digits of the issuing county.
    """

    number: str
    birthdate: date
    sex: str
    area: str


@dataclass(frozen=True)
class Identity:
    """A checked number of any kind. ``namespace`` keeps kinds apart that may share a number."""

    kind: str
    number: str
    namespace: str
    birthdate: date | None = None


def normalise(number):
    """Narrow, upper-case, without blanks, hyphens and invisible characters."""
    return _DROPPED.sub("", (number or "").translate(_NARROW)).upper()


def check_resident_id(number, today=None):
    """Check an 18-character number by GB 11643, its own check digit and date included.

    The area code is checked for its province only: old numbers keep codes that the current
    table no longer has.

    :raise IdentityError: empty, length, characters, province, date, future, check_digit
    """
    return _check_eighteen(normalise(number), PROVINCES | HMT_PREFIXES, today)


def _check_eighteen(number, prefixes, today=None):
    if not number:
        raise IdentityError("empty")
    if len(number) != 18:
        raise IdentityError("length")
    if not _EIGHTEEN.fullmatch(number):
        raise IdentityError("characters")
    if prefixes is not None and number[:2] not in prefixes:
        raise IdentityError("province")
    today = today or date.today()
    try:
        birthdate = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise IdentityError("date") from None
    if birthdate > today:
        raise IdentityError("future")
    if birthdate.year < today.year - OLDEST_YEARS:
        raise IdentityError("date")
    if check_character(number[:17]) != number[17]:
        raise IdentityError("check_digit")
    sex = "male" if int(number[16]) % 2 else "female"
    return ResidentId(number, birthdate, sex, number[:6])


def check_character(seventeen):
    """The check character (ISO 7064 MOD 11-2) of seventeen digits."""
    total = sum(int(digit) * weight for digit, weight in zip(seventeen, WEIGHTS, strict=True))
    return CHECK_CHARACTERS[total % 11]


def check(kind, number, today=None):
    """Check a number of the given kind.

    :return: Identity
    :raise IdentityError: see there; kind_hmt and kind_resident when the number belongs to
        the other of the two kinds
    """
    number = normalise(number)
    if not number:
        raise IdentityError("empty")
    if kind == "resident_id":
        found = check_resident_id(number, today)
        if found.number[:2] in HMT_PREFIXES:
            raise IdentityError("kind_hmt")
        return Identity(kind, found.number, "eighteen", found.birthdate)
    if kind == "hmt_permit":
        found = check_resident_id(number, today)
        if found.number[:2] not in HMT_PREFIXES:
            raise IdentityError("kind_resident")
        return Identity(kind, found.number, "eighteen", found.birthdate)
    if kind == "foreign_permanent":
        return _check_foreign_permanent(number, today)
    if kind == "passport":
        if not _PASSPORT.fullmatch(number):
            raise IdentityError("passport")
        return Identity(kind, number, "passport")
    raise IdentityError("kind")


def _check_foreign_permanent(number, today=None):
    if number[:1] == "9":
        found = _check_eighteen(number, None, today)
        return Identity("foreign_permanent", found.number, "eighteen", found.birthdate)
    if not _OLD_PERMANENT.fullmatch(number):
        raise IdentityError("foreign_permanent")
    return Identity("foreign_permanent", number, "foreign_permanent")


def candidates(number):
    """Every (namespace, number) under which somebody with this number may be registered."""
    number = normalise(number)
    if _EIGHTEEN.fullmatch(number):
        return [("eighteen", number)]
    found = []
    if _PASSPORT.fullmatch(number):
        found.append(("passport", number))
    if _OLD_PERMANENT.fullmatch(number):
        found.append(("foreign_permanent", number))
    return found


def namespace(kind, number):
    """The namespace of a number that has been checked before."""
    if _EIGHTEEN.fullmatch(number):
        return "eighteen"
    return kind


def normalise_mobile(number):
    """Eleven digits of a mainland mobile number, country code removed.

    :raise IdentityError: empty, mobile
    """
    digits = _digits(number)
    if not _MOBILE.fullmatch(digits):
        raise IdentityError("mobile")
    return digits


def normalise_phone(number):
    """Like :func:`normalise_mobile`, but a landline with its area code will do as well.

    :raise IdentityError: empty, phone
    """
    digits = _digits(number)
    if not (_MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits)):
        raise IdentityError("phone")
    return digits


def _digits(number):
    digits = normalise(number).replace("(", "").replace(")", "")
    if not digits:
        raise IdentityError("empty")
    for prefix in ("+86", "0086", "86"):
        if digits.startswith(prefix) and len(digits) - len(prefix) >= 10:
            digits = digits[len(prefix) :]
            # a landline is dialled without its leading zero after the country code
            return digits if _MOBILE.fullmatch(digits) or digits[0] == "0" else "0" + digits
    return digits


def mask_id(number):
    """6109**********1234; shorter numbers keep two characters at either end.

    With the date of birth beside it the whole could be put together again: whoever sees the
    mask is shown the age instead.
    """
    number = normalise(number)
    keep = 4 if len(number) >= 15 else 2
    if len(number) <= 2 * keep:
        return "*" * len(number)
    return number[:keep] + "*" * (len(number) - 2 * keep) + number[-keep:]


def age_on(birthdate, day):
    """Whole years of age on ``day``; someone born on 29 February is a year older on 1 March."""
    before = (day.month, day.day) < (birthdate.month, birthdate.day)
    return day.year - birthdate.year - before


def mask_name(name):
    """张*三, 李*: the first and, from three characters on, the last character remain."""
    name = (name or "").strip()
    if len(name) < 2:
        return "*" * len(name)
    if len(name) == 2:
        return name[0] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]


def mask_mobile(number):
    """138****5678; landlines keep three digits in front and two at the end."""
    digits = normalise(number)
    if _MOBILE.fullmatch(digits):
        return f"{digits[:3]}****{digits[-4:]}"
    if len(digits) <= 5:
        return "*" * len(digits)
    return digits[:3] + "*" * (len(digits) - 5) + digits[-2:]


def mask_login(text):
    """A login as it may be logged: numbers masked, at most 64 characters."""
    number = normalise(text[:64])
    if _EIGHTEEN.fullmatch(number):
        return mask_id(number)
    try:
        return mask_mobile(normalise_phone(number))
    except IdentityError:
        return text[:64]
