"""A clip on its way from the bridge into the file store: never whole in memory."""

import filecmp
import hashlib
import os
import secrets
import shutil
import tempfile

from . import picture_files

CHUNK = 2**20
#: Most bytes of one clip.
MAX_CLIP = 64 * 2**20


class TooLarge(ValueError):
    """More bytes than `MAX_CLIP`."""


class Upload:
    """A body that was received: a nameless file that is gone when it is closed.

    ``sha256`` is what the bridge promised something about, ``sha1`` is what the file store calls
    its files by, ``size`` are bytes.
    """

    def __init__(self, stream, limit=MAX_CLIP):
        """Receive all of a stream.

        :raise TooLarge: more than ``limit`` bytes; the rest is not read
        :raise OSError: the disk is full or fails
        """
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by its owner
        self.size = 0
        sha1, sha256 = hashlib.sha1(usedforsecurity=False), hashlib.sha256()
        try:
            while chunk := stream.read(CHUNK):
                self.size += len(chunk)
                if self.size > limit:
                    raise TooLarge
                sha1.update(chunk)
                sha256.update(chunk)
                self.file.write(chunk)
        except BaseException:
            self.close()
            raise
        self.sha1, self.sha256 = sha1.hexdigest(), sha256.hexdigest()

    def close(self):
        """Give the disk its room back."""
        self.file.close()

    def read(self):
        """All of it, for stores that are no folder."""
        self.file.seek(0)
        return self.file.read()

    def place(self, store, name):
        """Have it lie in Odoo's file store, whole and durable, or not at all.

        What is being written is on the list of the store's clean-up, as is the file itself: what
        a server that was killed leaves behind is swept up.

        :param str store: the file store's folder
        :param str name: in the store
        :raise OSError: the disk is full or fails
        :raise ValueError: something else lies there
        """
        # without a dot, which Odoo leaves out of names
        part_name = f"{os.path.dirname(name)}/part{secrets.token_hex(16)}"
        picture_files.mark(store, name)
        picture_files.mark(store, part_name)
        path, part = os.path.join(store, name), os.path.join(store, part_name)
        folder = os.path.dirname(path)
        os.makedirs(folder, exist_ok=True)
        try:
            with open(part, "xb") as out:
                self.file.seek(0)
                shutil.copyfileobj(self.file, out, CHUNK)
                out.flush()
                os.fsync(out.fileno())
            if os.path.exists(path) and not filecmp.cmp(part, path, shallow=False):
                raise ValueError(f"another file lies at {path}")
            os.replace(part, path)
        except BaseException:
            if os.path.exists(part):
                os.unlink(part)
            raise
        finally:
            picture_files.unmark(store, part_name)
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
