"""The state of a clock (时限状态), once in Python and once in SQL.

Both answer from three stored moments and the present one, so nothing has to be refreshed when
time passes. `tests/test_clock_queries.py` holds them against each other.
"""

from datetime import datetime

from odoo.tools import SQL

# in the order of urgency, by which records are sorted
CLOCK_STATES = [
    ("overdue", "Overdue"),
    ("due_soon", "Due soon"),
    ("running", "Running"),
    ("paused", "Paused"),
    ("missed", "Missed"),
    ("met", "Met"),
    ("none", "No time limit"),
]


def state_of(
    due: datetime | None,
    stop: datetime | None,
    paused: datetime | None,
    now: datetime,
    soon: datetime,
) -> str:
    """The state of one clock.

    :param due: the deadline, None while the clock was never started
    :param stop: when the duty was fulfilled
    :param paused: since when the clock stands still; a pause after the deadline changes nothing
    :param soon: until when a deadline counts as due soon
    """
    if not due:
        return "none"
    if stop:
        return "met" if stop <= due else "missed"
    if paused and (paused <= due or due >= now):
        return "paused"
    if due < now:
        return "overdue"
    return "due_soon" if due <= soon else "running"


def conditions(due: SQL, stop: SQL, paused: SQL, now: datetime, soon: datetime) -> dict[str, SQL]:
    """Each state as a condition on three columns; exactly one of them holds for a row."""
    is_open = SQL("%s IS NULL", stop)
    runs = SQL("%s AND %s IS NULL", is_open, paused)
    return {
        "overdue": SQL(
            "(%s AND %s < %s AND (%s IS NULL OR %s > %s))", is_open, due, now, paused, paused, due
        ),
        "due_soon": SQL("(%s AND %s >= %s AND %s <= %s)", runs, due, now, due, soon),
        "running": SQL("(%s AND %s > %s)", runs, due, soon),
        "paused": SQL("(%s AND (%s <= %s OR (%s IS NOT NULL AND %s >= %s)))",
                      is_open, paused, due, paused, due, now),
        "missed": SQL("(%s > %s)", stop, due),
        "met": SQL("(%s <= %s)", stop, due),
        "none": SQL("(%s IS NULL)", due),
    }  # fmt: skip


def as_expression(states: dict[str, SQL]) -> SQL:
    """The state as a value, from its conditions."""
    branches = [SQL("WHEN %s THEN %s", condition, state) for state, condition in states.items()]
    return SQL("(CASE %s END)", SQL(" ").join(branches))


def as_rank(expression: SQL) -> SQL:
    """The place of a state in the order of urgency."""
    states = SQL(", ").join(SQL("%s", state) for state, _label in CLOCK_STATES)
    return SQL("array_position(ARRAY[%s], %s)", states, expression)
