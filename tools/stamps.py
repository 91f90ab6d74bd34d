"""Stamps say that a step was finished for a given content; locks keep two set-ups apart."""

import fcntl
import hashlib
import os
from contextlib import contextmanager
from pathlib import Path

from tools import console, paths


def digest(*parts):
    """Hash of texts, bytes and files (a Path counts with its content)."""
    sha = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            content = part.read_bytes() if part.exists() else b"(absent)"
        else:
            content = part if isinstance(part, bytes) else str(part).encode()
        sha.update(len(content).to_bytes(8, "big") + content)
    return sha.hexdigest()[:16]


def tree_digest(folder, skip=()):
    """Hash of every file under `folder` but those for which a part of the path is in `skip`."""
    sha = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        relative = path.relative_to(folder)
        if "__pycache__" in relative.parts or set(skip) & set(relative.parts):
            continue
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # an editor's temporary file, gone meanwhile
            continue
        name = str(relative).encode()
        sha.update(len(name).to_bytes(4, "big") + name)
        sha.update(len(content).to_bytes(8, "big") + content)
    return sha.hexdigest()[:16]


def write_atomically(path, text, mode=0o644):
    """Write `text` so that a reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
    temporary.replace(path)


def stamp(name):
    """The content hash for which the step `name` was last finished, or an empty string."""
    try:
        return (paths.STAMPS / name).read_text().strip()
    except OSError:
        return ""


def set_stamp(name, value):
    write_atomically(paths.STAMPS / name, value + "\n")


@contextmanager
def lock(name, waiting=""):
    """Hold the lock `name`; `waiting` is said when another process holds it."""
    paths.RUN.mkdir(parents=True, exist_ok=True)
    with open(paths.RUN / f"{name}.lock", "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                console.say(f"  {waiting}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
