"""What each kind of rule looks for unless told otherwise. Knows nothing of Odoo.

The parameters are those that the bridge understands; what they mean is told in the help of the
rule's form.
"""

import math
from typing import Any, NamedTuple


class Defaults(NamedTuple):
    """Starting values of a rule. ``zones`` are the shapes of which it needs one, if any;
    ``category`` is the code of a ``yst.order.category``."""

    threshold: float
    duration: int
    cooldown: int
    min_score: float
    zones: tuple[str, ...]
    urgency: str
    category: str
    params: dict[str, Any]


KINDS = (
    "crowd",
    "no_mask",
    "intrusion",
    "loitering",
    "obstruction",
    "water_level",
    "tamper",
    "offline",
)

DEFAULTS = {
    # persons in the zone (whole picture without one), for seconds
    "crowd": Defaults(8, 10, 300, 0.5, (), "urgent", "crowd", {}),
    "no_mask": Defaults(1, 4, 600, 0.8, (), "ordinary", "other", {}),
    "intrusion": Defaults(1, 2, 120, 0.5, ("polygon", "line"), "urgent", "security", {}),
    "loitering": Defaults(1, 60, 300, 0.5, ("polygon",), "ordinary", "security", {}),
    # percent of the picture that something covers at least
    "obstruction": Defaults(0.2, 120, 600, 0.5, ("polygon",), "ordinary", "street", {}),
    # metres on the gauge
    "water_level": Defaults(1.5, 60, 600, 0.5, ("gauge",), "urgent", "flood", {}),
    "tamper": Defaults(0, 20, 600, 0.5, (), "ordinary", "facility", {}),
    # seconds without a picture before it counts
    "offline": Defaults(0, 60, 300, 0.5, (), "ordinary", "facility", {}),
}

#: kinds whose threshold is a number of persons
COUNTED = ("crowd", "intrusion", "loitering", "no_mask")


def defaults_for(kind):
    """Starting values for a kind of rule.

    :raise KeyError: there is no such kind
    """
    return DEFAULTS[kind]


def read_params(text):
    """Parameters written as ``name = number``, one in a line.

    :raise ValueError: a line is none; the message is the line

    >>> read_params("release = 10")
    {'release': 10.0}
    """
    found = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, sign, number = (part.strip() for part in line.partition("="))
        try:
            value = float(number)
        except ValueError:
            raise ValueError(line) from None
        if not sign or not name.isidentifier() or not math.isfinite(value):
            raise ValueError(line)
        found[name] = value
    return found
