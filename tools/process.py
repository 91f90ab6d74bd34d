"""Pid files that can be trusted: a process is ours only if its start time fits as well."""

import json
import os
import signal
import time
from pathlib import Path

from tools import paths, stamps


def start_time(pid):
    """Start of process `pid` in clock ticks since boot, or None when there is no such process."""
    try:
        content = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = content.rpartition(")")[2].split()
    if fields[0] == "Z":
        return None
    return int(fields[19])


def command_line(pid):
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return raw.replace(b"\0", b" ").decode(errors="replace").strip()


def _file(name):
    return paths.RUN / f"{name}.pid.json"


def remember(name, pid, marker, **facts):
    """Write down that process `pid`, with `marker` in its command line, is our `name`."""
    facts |= {"pid": pid, "started": start_time(pid), "marker": marker}
    stamps.write_atomically(_file(name), json.dumps(facts) + "\n")


def forget(name):
    _file(name).unlink(missing_ok=True)


def recall(name):
    """What was remembered of `name` if that very process still runs, or None.

    A process that merely has the same pid (other start time, other command line) is foreign.
    """
    try:
        facts = json.loads(_file(name).read_text())
    except (OSError, ValueError):
        return None
    pid, started = facts.get("pid"), facts.get("started")
    if not isinstance(pid, int) or pid <= 1 or started is None:
        return None
    if start_time(pid) != started or facts.get("marker", "") not in command_line(pid):
        return None
    return facts


def names(prefix):
    """Names starting with `prefix` under which something was remembered."""
    files = sorted(paths.RUN.glob(f"{prefix}*.pid.json")) if paths.RUN.is_dir() else []
    return [path.name.removesuffix(".pid.json") for path in files]


def stop(name, patience=20):
    """End our process `name`, gently, then firmly; True if there was one."""
    facts = recall(name)
    if not facts:
        forget(name)
        return False
    pid, started = facts["pid"], facts["started"]
    for sign, wait in ((signal.SIGINT, patience), (signal.SIGTERM, 10), (signal.SIGKILL, 5)):
        if start_time(pid) != started:
            break
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            break
        end = time.monotonic() + wait
        while start_time(pid) == started and time.monotonic() < end:
            time.sleep(0.05)
    forget(name)
    return True
