"""Reads Odoo's log: results of tests, failures with their tracebacks, warnings of our addons."""

import re
from dataclasses import dataclass, field

ENTRY = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ "
    r"(?P<level>[A-Z]+) \S+ (?P<logger>\S+): (?P<text>.*)$"
)
RESULT = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests when loading database")
FAILURE = re.compile(r"^(FAIL|ERROR): (.+)$")
SKIPPED = re.compile(r"^skipped (\S+) : (.*)$")


@dataclass
class Outcome:
    """What a test run did; `finished` is False when Odoo died before it could say so."""

    ran: int = 0
    failed: int = 0
    finished: bool = False
    failures: list = field(default_factory=list)  # (name, text with traceback)
    skipped: list = field(default_factory=list)
    complaints: list = field(default_factory=list)

    @property
    def passed(self):
        return self.ran - self.failed - len(self.skipped)


def entries(text):
    """Entries of a log as (level, logger, whole text); tracebacks belong to the entry before."""
    current = None
    for line in text.splitlines():
        match = ENTRY.match(line)
        if match:
            if current:
                yield tuple(current)
            current = [match["level"], match["logger"], match["text"]]
        elif current:
            current[2] += "\n" + line
    if current:
        yield tuple(current)


def outcome(text):
    """The Outcome told by a log of `odoo --test-tags`."""
    found = Outcome()
    for level, logger, message in entries(text):
        result = RESULT.search(message)
        if result:
            failed, errors, ran = map(int, result.groups())
            found.ran += ran
            found.failed += failed + errors
            found.finished = True
            continue
        first = message.splitlines()[0] if message else ""
        failure = FAILURE.match(first)
        if failure and level in {"ERROR", "CRITICAL"}:
            found.failures.append((failure[2], message))
        elif skip := SKIPPED.match(first):
            found.skipped.append(f"{skip[1]} ({skip[2].strip()})")
        elif level in {"ERROR", "CRITICAL"}:
            found.complaints.append(f"{logger}: {message}")
    return found


def complaints(text, addons):
    """Warnings and errors that our addons caused: logged by them, or naming them."""
    names = re.compile(r"\b(" + "|".join(map(re.escape, addons)) + r")\b|\byst\.|yst_")
    found = []
    for level, logger, message in entries(text):
        if level in {"ERROR", "CRITICAL"} or (
            level == "WARNING" and (names.search(logger) or names.search(message))
        ):
            found.append(f"{level} {logger}: {message}")
    return list(dict.fromkeys(found))


def started(text):
    """Number of tests begun, for showing how far a run is."""
    return text.count(": Starting ")


def last_started(text):
    """Name of the test that was begun last, or ''."""
    found = re.findall(r": Starting (\S+) \.\.\.", text)
    return found[-1] if found else ""


CAUSE = re.compile(r"[\w.]+(Error|Exception|Warning)\b")


def first_error(text):
    """Why Odoo gave up: the exception of the first traceback with what it says, or the first
    error without one."""
    plain = ""
    for level, _logger, message in entries(text):
        if level not in {"ERROR", "CRITICAL"}:
            continue
        lines = message.rstrip().splitlines()
        causes = [i for i, line in enumerate(lines) if CAUSE.match(line)]
        if causes:
            return "\n".join(lines[causes[-1]:])[:1500]
        plain = plain or message.strip()[:600]
    return plain
