"""Rules of the work feed (工作圈) that need no database."""

import re

from odoo.exceptions import UserError

#: characters
TEXT_LENGTH = 2000
COMMENT_LENGTH = 500
REASON_LENGTH = 500
PHOTOS = 9
MEGABYTES = 20
#: so many hours an author may take back what they wrote
DELETE_HOURS = 24
_KEY = re.compile(r"[A-Za-z0-9_.:-]{8,64}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def words_given(env, text, most):
    """Text as it is kept: without control signs, and without blanks around it.

    :raise UserError: longer than ``most`` characters
    """
    text = text if isinstance(text, str) else ""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(text) > most:
        raise UserError(env._("At most %s characters.", most))
    return text


def reason_given(env, reason):
    """:raise UserError: there is none, or it is too long"""
    reason = words_given(env, reason, REASON_LENGTH)
    if not reason:
        raise UserError(env._("Give the reason."))
    return reason


def is_key(key):
    """Whether it can be a key by which a phone names what it sends."""
    return isinstance(key, str) and bool(_KEY.fullmatch(key))


def is_before(value):
    """Whether it can be the place in the feed where a page ended: [moment, id]."""
    return (
        isinstance(value, (list, tuple))
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], int)
        and not isinstance(value[1], bool)
    )
