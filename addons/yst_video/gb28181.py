"""Camera identifiers of GB/T 28181 (编码规则, 20 digits). Pure functions, knows nothing of Odoo.

====== ====== =========================================================================
digits name   meaning
====== ====== =========================================================================
1–8    centre province, city, county (as in GB/T 2260) and the unit below that takes it in
9–10   trade  whose camera it is: public security, traffic, city management …
11–13  type   131 camera, 132 network camera; recorders and servers have other types
14     net    network over which it is reached
15–20  serial number within these
====== ====== =========================================================================
"""

from typing import NamedTuple

LENGTH = 20

#: Types that deliver a picture: cameras, and recorders taken in as one channel.
TYPES = {
    "111": "DVR",
    "112": "video server",
    "113": "encoder",
    "118": "NVR",
    "131": "camera",
    "132": "network camera",
}


class CodeError(ValueError):
    """An identifier that cannot be used; ``code`` says why, ``detail`` what was found.

    Codes: missing, digits, length, province, type, area, serial.
    """

    def __init__(self, code, detail=""):
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail


class Code(NamedTuple):
    """The five parts of an identifier."""

    centre: str
    trade: str
    type: str
    net: str
    serial: str


def parse(text):
    """The parts of a GB/T 28181 identifier.

    :raise CodeError: it is not one
    """
    text = (text or "").strip()
    if not text:
        raise CodeError("missing")
    if not (text.isascii() and text.isdigit()):
        raise CodeError("digits", text)
    if len(text) != LENGTH:
        raise CodeError("length", str(len(text)))
    code = Code(text[:8], text[8:10], text[10:13], text[13], text[14:])
    if not 11 <= int(code.centre[:2]) <= 91:  # GB/T 2260: 11 Beijing … 82 Macao, 91 abroad
        raise CodeError("province", code.centre[:2])
    if code.type not in TYPES:
        raise CodeError("type", code.type)
    if code.serial == "000000":
        raise CodeError("serial", code.serial)
    return code


def check(text, area_code):
    """The parts of an identifier that fits the area in which the camera stands.

    The county (6 digits) must be the area's; the two digits of the unit that takes the camera
    in are given out by the police and follow no table.

    :param str area_code: statistical code of the area, 12 digits or more
    :raise CodeError: it is none, or of another county
    """
    code = parse(text)
    if area_code and code.centre[:6] != area_code[:6]:
        raise CodeError("area", code.centre[:6])
    return code


def build(centre, trade, kind, net, serial):
    """An identifier from its parts.

    :raise CodeError: the parts do not make one
    """
    text = f"{centre}{trade}{kind}{net}{serial:06d}"
    parse(text)
    return text
