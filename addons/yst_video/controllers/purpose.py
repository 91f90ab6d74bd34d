"""The purpose that somebody gives once before looking at cameras, kept in their session."""

import time

from odoo.http import request

from ..models.yst_video_view_log import PURPOSES

_KEY = "yst_video_purpose"
#: Seconds without a look after which the purpose is asked again.
IDLE = 30 * 60
#: Seconds after which it is asked again even of somebody who looks all the time: one shift.
LONGEST = 12 * 3600
#: The session is written only once in so many seconds.
TOUCH = 60

CODES = {code for code, _label in PURPOSES}


def current():
    """(code, note) of the purpose given in this session, None when it has to be asked."""
    kept = request.session.get(_KEY)
    now = time.time()
    if not kept or now - kept["used"] > IDLE or now - kept["since"] > LONGEST:
        return None
    if now - kept["used"] > TOUCH:
        request.session[_KEY] = {**kept, "used": now}
    return kept["code"], kept["note"]


def give(code, note=None):
    """Remember the purpose.

    :raise ValueError: no such purpose, or "other" without words
    """
    note = (note or "").strip()[:200]
    if code not in CODES or (code == "other" and not note):
        raise ValueError(code)
    now = time.time()
    request.session[_KEY] = {"code": code, "note": note, "since": now, "used": now}
    return code, note
