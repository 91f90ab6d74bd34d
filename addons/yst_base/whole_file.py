"""Files that are there whole or not at all, whatever happens while they are written."""

import contextlib
import os


def write(path, data, part):
    """Write ``data`` to ``path`` so that a crash or a full disk never leaves a part of it there.

    :param part: path on the same disk for what is being written; gone afterwards
    :raises OSError: it could not be written; ``path`` is as it was
    """
    try:
        with open(part, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(part, path)
        _sync_folder(os.path.dirname(path))
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


def _sync_folder(path):
    """Make the folder's new entry survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
