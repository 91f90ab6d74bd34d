"""What the user sees: steps with their duration, troubles with a way out, a log of the rest."""

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import datetime

from tools import paths


class Trouble(Exception):
    """Something the user can understand and act on.

    `what` says what is wrong, `todo` what to do about it; `log` is the file with the details.
    """

    def __init__(self, what, todo="", log=None):
        super().__init__(what)
        self.what = what
        self.todo = todo
        self.log = log


def _colourful(stream):
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text, code, stream=None):
    """`text` in the ANSI colour `code`, or plain where the output is no terminal."""
    return f"\033[{code}m{text}\033[0m" if _colourful(stream or sys.stdout) else text


def green(text):
    return paint(text, "32")


def red(text):
    return paint(text, "31")


def yellow(text):
    return paint(text, "33")


def bold(text):
    return paint(text, "1")


def say(text=""):
    print(text, flush=True)


def warn(text):
    print(paint(f"注意 / Note: {text}", "33", sys.stderr), file=sys.stderr, flush=True)


def report(trouble):
    """Print a Trouble: what is wrong, what to do, where the details are."""
    err = sys.stderr
    print(paint("错误 / Error: ", "31;1", err) + trouble.what, file=err)
    if trouble.todo:
        print(paint("怎么办 / What to do: ", "33", err) + trouble.todo, file=err)
    if trouble.log:
        print(f"日志 / Log: {trouble.log}", file=err)


def seconds(duration):
    """Human duration: `0.4 s`, `12 s`, `3 min 05 s`."""
    if duration < 9.95:
        return f"{duration:.1f} s"
    if duration < 119.5:
        return f"{duration:.0f} s"
    minutes, rest = divmod(round(duration), 60)
    return f"{minutes} min {rest:02d} s"


def megabytes(size):
    return f"{size / 1e6:.0f} MB"


def new_log(name):
    """Path of a fresh log file in .local/log."""
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    return paths.LOGS / f"{stamp}-{name}-{os.getpid()}.log"


@contextmanager
def step(what, progress=None):
    """Announce `what`, keep saying how far (`progress()`) and how long, then how long it took.

    On a terminal one line is redrawn every half second; elsewhere a line appears every 15 s.
    """
    start = time.monotonic()
    terminal = sys.stdout.isatty()
    done = threading.Event()

    def far():
        try:
            return (progress() or "") if progress else ""
        except OSError:
            return ""

    def beat():
        while not done.wait(0.5 if terminal else 15):
            line = f"{what} … {far()} {seconds(time.monotonic() - start)}"
            if terminal:
                print(f"\r\033[K  {line}", end="", flush=True)
            else:
                print(f"  {line}", flush=True)

    if not terminal:
        print(f"  {what} …", flush=True)
    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    outcome = red("✗")
    try:
        yield
        outcome = green("✓")
    finally:
        done.set()
        thread.join()
        start_of_line = "\r\033[K" if terminal else ""
        took = seconds(time.monotonic() - start)
        print(f"{start_of_line}{outcome} {what} ({took})", flush=True)


def run(command, log, *, env=None, cwd=None, trouble=None, todo="", stdin=None):
    """Run `command` with its output appended to `log`; a Trouble when it fails."""
    with open(log, "ab") as out:
        out.write(f"$ {' '.join(map(str, command))}\n".encode())
        out.flush()
        try:
            done = subprocess.run(
                list(map(str, command)),
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=stdin or subprocess.DEVNULL,
                env=env,
                cwd=cwd,
                check=False,
            )
        except FileNotFoundError:
            raise Trouble(f"{command[0]} is not installed", todo, log) from None
    if done.returncode:
        raise Trouble(
            f"{trouble or command[0]} (exit code {done.returncode}): {last_words(log)}", todo, log
        )


def last_words(log, lines=4):
    """The last non-empty lines of a log, for a message."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    words = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(words[-lines:])[-600:]


def ask(question):
    """A yes/no question; False where nobody can answer."""
    if not sys.stdin.isatty():
        return False
    return input(f"{question} [y/N] ").strip().lower() in {"y", "yes", "是"}
