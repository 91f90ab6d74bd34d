"""Encrypts residents' numbers under keys that lie outside the database, and indexes them.

The key file is JSON, readable by the server's user alone::

    {"encrypt": [Fernet keys, newest first], "index": base64 of 32 bytes}

The newest key encrypts, every one of them decrypts, so that a key is changed by putting a
new one in front and calling ``res.partner._rekey_numbers``. The blind index is an HMAC-SHA256
of the number: equal numbers are found through it, and nothing is learned from it without the
key. Where the file lies is told by the environment variable ``YST_KEY_FILE`` or the option
``yst_key_file`` of the server's configuration.
"""

import base64
import hashlib
import hmac
import json
import logging
import os
import stat

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

_logger = logging.getLogger(__name__)

KEY_BYTES = 32
_loaded = {}


class VaultError(Exception):
    """The key cannot be used; ``code`` is unset, missing, unreadable, broken or wrong_key."""

    def __init__(self, code, path=""):
        super().__init__(f"{code} {path}".strip())
        self.code = code
        self.path = path


class Vault:
    """The keys of one key file."""

    def __init__(self, encrypt, index):
        self._fernet = MultiFernet([Fernet(key) for key in encrypt])
        self._index = index

    def encrypt(self, purpose, number):
        """Encrypt a number for one purpose; the result does not decrypt for another."""
        return self._fernet.encrypt(f"{purpose}:{number}".encode()).decode()

    def decrypt(self, purpose, token):
        """The number behind a token.

        :raise VaultError: wrong_key when no key fits or the token was altered
        """
        try:
            text = self._fernet.decrypt(token.encode()).decode()
        except InvalidToken as error:
            raise VaultError("wrong_key") from error
        found, _, number = text.partition(":")
        if found != purpose:
            raise VaultError("wrong_key")
        return number

    def index(self, namespace, number):
        """Blind index of a number, 64 hexadecimal digits."""
        message = f"{namespace}:{number}".encode()
        return hmac.new(self._index, message, hashlib.sha256).hexdigest()


def open_vault(path):
    """The vault of a key file; read once and again when the file changes.

    :raise VaultError: unset, missing, unreadable, broken
    """
    if not path:
        raise VaultError("unset")
    try:
        status = os.stat(path)
    except FileNotFoundError as error:
        raise VaultError("missing", path) from error
    except OSError as error:
        raise VaultError("unreadable", path) from error
    stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
    known = _loaded.get(path)
    if known and known[0] == stamp:
        return known[1]
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        _logger.warning("The key file %s can be read by others; set its mode to 0600.", path)
    opened = _read(path)
    _loaded[path] = (stamp, opened)
    return opened


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except OSError as error:
        raise VaultError("unreadable", path) from error
    except ValueError as error:
        raise VaultError("broken", path) from error
    try:
        keys = [key.encode() for key in content["encrypt"]]
        index = base64.b64decode(content["index"], validate=True)
        if not keys or len(index) != KEY_BYTES:
            raise ValueError("keys")
        return Vault(keys, index)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise VaultError("broken", path) from error


def new_keys():
    """Content of a fresh key file."""
    index = base64.b64encode(os.urandom(KEY_BYTES)).decode()
    return {"encrypt": [Fernet.generate_key().decode()], "index": index}


def write_key_file(path, keys=None):
    """Write a key file that only its owner can read; an existing one is never overwritten."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(keys or new_keys(), file, indent=1)
