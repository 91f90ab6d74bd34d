"""The suite's key file: encrypts residents' ID and phone numbers, lies outside the database.

`.local/keys/identity.json`, mode 0600: `{"encrypt": [Fernet key, …], "index": base64 of 32
bytes}`. The first `encrypt` key encrypts, all of them decrypt. Losing the file loses the
numbers, therefore no code here ever overwrites one.
"""

import base64
import hashlib
import json
import os
import secrets

from tools import paths
from tools.console import Trouble


def new_key():
    """A fresh key as a dictionary."""
    fernet = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return {"encrypt": [fernet], "index": base64.b64encode(secrets.token_bytes(32)).decode()}


def ensure(path=None):
    """Path of the key file; it is created if there is none, and never changed."""
    path = path or paths.IDENTITY_KEY
    if not path.exists():
        paths.private_directory(path.parent)
        write(path, new_key())
    read(path)
    return path


def write(path, key):
    """Write `key` to `path`; a Trouble when a file is there already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Trouble(
            f"{path} exists already and is never overwritten",
            "move it to a safe place yourself if it really has to go",
        ) from None
    with os.fdopen(descriptor, "w") as out:
        json.dump(key, out)
        out.write("\n")
        out.flush()
        os.fsync(out.fileno())


def read(path=None):
    """The key in `path`, checked for its form."""
    path = path or paths.IDENTITY_KEY
    try:
        key = json.loads(path.read_text())
        sizes = [len(base64.urlsafe_b64decode(k)) for k in key["encrypt"]]
        if not sizes or set(sizes) != {32} or len(base64.b64decode(key["index"])) != 32:
            raise ValueError("wrong size")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Trouble(
            f"the key file {path} cannot be read ({error.__class__.__name__})",
            "put back the copy from your backup; without it the encrypted ID and phone "
            "numbers in the database cannot be read",
        ) from error
    return key


def fingerprint(path=None):
    """Short hash that tells two keys apart without giving anything away, or '' without a key."""
    path = path or paths.IDENTITY_KEY
    if not path.exists():
        return ""
    key = read(path)
    text = json.dumps([sorted(key["encrypt"]), key["index"]])
    return hashlib.sha256(b"yishitong key fingerprint" + text.encode()).hexdigest()[:16]
