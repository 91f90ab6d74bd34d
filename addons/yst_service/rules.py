"""Rules of the handling of applications that need no database.

Sources: 行政许可法 32 (told within 5 working days, all defects at once; silence is
acceptance), and the office's own practice for home visits and ratings.
"""

#: Still with the office or the resident: received and not yet ended.
OPEN_STATES = (
    "submitted", "correction", "resubmitted", "accepted", "reviewing", "appointed", "onsite",
)
#: What waits for the clerk (待办); a correction waits for the resident.
TODO_STATES = ("submitted", "resubmitted", "accepted", "reviewing", "appointed", "onsite")
#: Before the decision whether the application is accepted.
EXAMINED_STATES = ("submitted", "resubmitted")
#: After acceptance and before the end.
HANDLED_STATES = ("accepted", "reviewing", "appointed", "onsite")
ENDED_STATES = ("refused", "completed", "terminated")

#: Settings of the office and their defaults: days are working days, ages years.
SETTINGS = {
    "told_days": 5,
    "correction_days": 15,
    "home_visit_age": 70,
    "home_visit_grade": 2,
    "home_visit_days": 3,
    "home_visit_cadres": 2,
    "contact_days": 1,
    "solve_days": 15,
}

#: The five levels of the rating (好差评), worst first.
RATING_LEVELS = ((1, "very_dissatisfied"), (2, "dissatisfied"), (3, "fairly_satisfied"),
                 (4, "satisfied"), (5, "very_satisfied"))
#: The last two levels must be followed up (国办发〔2019〕51号).
BAD_RATING = 2


def needs_visit(online):
    """Whether an item with this online depth (网办深度) is completed only after someone came:
    the resident to the hall, or the cadres to the home. Only 'full' items do without."""
    return online != "full"


def may_reject(line_revision, corrections):
    """Whether a material may be called faulty: on the first look any; after N corrections
    only one handed in anew for the last of them (一次性告知: no second demand for what
    could have been seen the first time)."""
    return corrections == 0 or line_revision == corrections


def may_upload(state, line_state, line_correction, corrections):
    """Whether the resident may hand in a photo for a material now: any in the draft; while a
    correction is asked only those that this correction named."""
    if state == "draft":
        return True
    return (state == "correction" and line_correction == corrections
            and line_state in ("rejected", "uploaded", "missing"))


def home_visit_refusal(reason, *, age=None, grade=0, proofs=0, by_staff=False,
                       min_age=70, max_grade=2):
    """Why a request for a home visit (上门服务) may not be made, as a code, or None.

    Eligible: age 70 or more, disability grade 1–2, ill at home (with a proof), or assigned by
    the community's own staff. ``min_age`` and ``max_grade`` are settings.
    """
    if reason == "age":
        return None if age is not None and age >= min_age else "too_young"
    if reason == "disability":
        return None if 1 <= (grade or 0) <= max_grade else "no_grade"
    if reason == "ill":
        return None if proofs else "no_proof"
    if reason == "assigned":
        return None if by_staff else "staff_only"
    return "unknown"


def whole(value):
    """``value`` as a whole number; 0 for what is none."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
