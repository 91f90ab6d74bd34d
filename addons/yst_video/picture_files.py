"""Many files made durable at once: one wait for the disk instead of two for each file.

What a thread can do without the database, while the database does its part.
"""

import contextlib
import ctypes
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import partial

THREADS = 16


@contextlib.contextmanager
def beside(work, *args):
    """Do work in a thread meanwhile; yields the function that waits for what comes of it.

    Whatever happens in between, the work has ended when the context is left.
    """
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(work, *args).result


def file_all(store, pictures, checksum, taken):
    """Put pictures into Odoo's file store, so that each is there whole or not at all.

    Each name is on the list of the store's clean-up before there is a file: what no attachment
    refers to in the end is swept up, after a crash too.

    :param str store: the file store's folder
    :param dict pictures: {key: data}
    :param checksum: the function that names data
    :param taken: called with data and checksum where a file has that name already; raises where
        it is another one
    :return: {key: (checksum, name in the store)}
    :raise OSError: not all could be written, or the disk does not say that it has them
    """
    filed, files = {}, {}
    for key, data in pictures.items():
        digest = checksum(data)
        name = f"{digest[:2]}/{digest}"
        filed[key] = digest, name
        path = os.path.join(store, name)
        if path in files:
            if files[path] != data:
                raise FileExistsError(f"two pictures are called {name}")
            continue
        mark(store, name)
        # also what lies there already: an earlier try may have failed to make it durable
        if os.path.exists(path):
            taken(data, digest)
        files[path] = data
    if files:
        part = f"{digest[:2]}/part{secrets.token_hex(16)}"
        mark(store, part)
        write_all(files, os.path.join(store, part))
        unmark(store, part)
    return filed


def write_all(files, part):
    """Write files so that each is there whole or not at all, and all are on the disk.

    After a power cut before the end some may be there cut off: nothing refers to them yet.

    :param dict files: {path: data}
    :param str part: path on the same disk for what is being written; gone afterwards
    :raise OSError: not all could be written, or the disk does not say that it has them
    """
    try:
        for path, data in files.items():
            with _made(part) as out:
                out.write(data)
            _in_folder(os.replace, part, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise
    if files and not _sync_disk(os.path.dirname(next(iter(files)))):
        folders = {os.path.dirname(path) for path in files}
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(_sync, [*files, *folders]))


def mark(store, name):
    """Put a name on the list of the store's clean-up, as ``ir.attachment._mark_for_gc`` does."""
    path = os.path.join(store, "checklist", name)
    os.close(_in_folder(os.open, path, os.O_WRONLY | os.O_CREAT, 0o666))


def unmark(store, name):
    """Take the name of a file that is no more off the list."""
    with contextlib.suppress(OSError):
        os.unlink(os.path.join(store, "checklist", name))


def _made(path):
    return _in_folder(partial(open, mode="xb", buffering=0), path)


def _in_folder(action, *args):
    """Do what needs the folder of the last path given, which most often is there."""
    try:
        return action(*args)
    except FileNotFoundError:
        path = [each for each in args if isinstance(each, str)][-1]
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return action(*args)


def _sync_disk(folder):
    """Have the disk write all that it holds back; False where the system cannot."""
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if not syncfs:
        return False
    return _opened(folder, partial(_checked, syncfs))


def _sync(path):
    _opened(path, os.fsync)


def _checked(syncfs, descriptor):
    if syncfs(descriptor):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return True


def _opened(path, action):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return action(descriptor)
    finally:
        os.close(descriptor)
