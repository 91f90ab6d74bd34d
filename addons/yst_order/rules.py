"""Rules of task orders (任务单) and supervision orders (督办单). Pure functions, no database.

Limits are [use] figures of the field (urgent 2 hours, ordinary 3 working days, complex 10),
settings where they can be changed. What is urgent does not wait for the morning: its hours run
at night and on holidays too, as the duty does.
"""

from typing import NamedTuple

STATES = [
    ("draft", "Draft"),
    ("dispatched", "Dispatched"),
    ("returned", "Returned"),
    ("accepted", "Accepted"),
    ("feedback", "To verify"),
    ("closed", "Closed"),
    ("cancelled", "Cancelled"),
    ("merged", "Merged"),
]
#: Somebody still has to do something.
OPEN_STATES = ("draft", "dispatched", "returned", "accepted", "feedback")
#: The responsible people have it; its clock runs.
RUNNING_STATES = ("dispatched", "accepted")
ENDED_STATES = ("closed", "cancelled", "merged")

URGENCIES = [("urgent", "Urgent"), ("ordinary", "Ordinary"), ("complex", "Complex")]
LEVELS = [("yellow", "Yellow"), ("orange", "Orange"), ("red", "Red")]
LEVEL_RANK = {None: 0, False: 0, "yellow": 1, "orange": 2, "red": 3}

#: Settings and their defaults, kept under ``yst_order.<name>``.
SETTINGS = {
    "extensions": 1,
    "yellow_days": 2,
    "orange_days": 1,
    "red_hours": 12,
    "photo_megabytes": 15,
}

#: What a duty says and asks may not be longer: it is read on a phone.
TEXT_LENGTH = 4000


class Limits(NamedTuple):
    """Within what an order is to be accepted and handled."""

    accept_limit: int
    accept_unit: str
    handle_limit: int
    handle_unit: str


URGENCY_LIMITS = {
    "urgent": Limits(1, "hour", 2, "hour"),
    "ordinary": Limits(4, "workhour", 3, "workday"),
    "complex": Limits(1, "workday", 10, "workday"),
}


def limits_for(urgency, usual_urgency, usual):
    """The limits of an order: its category's, or those of its own urgency where it differs.

    :param urgency: of the order
    :param usual_urgency: the category's
    :param usual: :class:`Limits` of the category
    """
    if urgency == usual_urgency:
        return usual
    return URGENCY_LIMITS[urgency]


def supervision_limits(level, settings):
    """The limits of a supervision order: yellow 2 working days, orange 1, red 12 hours.

    :param settings: dict with yellow_days, orange_days, red_hours
    :raise KeyError: no such level
    """
    if level == "red":
        return Limits(1, "hour", settings["red_hours"], "hour")
    return Limits(2, "workhour", settings[f"{level}_days"], "workday")


def next_level(level):
    """The supervision after ``level`` (None for none); red is for a leader to give, never next.

    >>> next_level(None), next_level("yellow"), next_level("orange")
    ('yellow', 'orange', None)
    """
    return {0: "yellow", 1: "orange"}.get(LEVEL_RANK[level])
