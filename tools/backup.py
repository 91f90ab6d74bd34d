"""./yst backup and restore: one archive holds the database, its files and what they belong to.

The archive is an uncompressed tar: `manifest.json` first, then `database.dump` (pg_dump's
custom format, compressed) and `filestore/…`, each file with its SHA-256 in the manifest's
companion `sums.json` at the end. The identity key is not in it unless asked for: whoever holds
both reads the ID numbers.
"""

import hashlib
import io
import json
import os
import secrets
import shutil
import tarfile
import time
from datetime import datetime
from pathlib import Path

from tools import console, database, keys, machine, odoo_source, paths, postgres, setup
from tools import server as development
from tools.console import Trouble

FORMAT = 1
DUMP = "database.dump"


def main(options):
    """Entry point of both commands."""
    ready = setup.ensure(key=options.command == "backup")
    name = options.db or paths.DEV_DATABASE
    with postgres.session() as server:
        if options.command == "backup":
            target = Path(options.file or f"yishitong-{datetime.now():%Y%m%d-%H%M%S}.tar")
            make(server, name, target, odoo=ready.odoo, with_key=options.with_key)
            console.say(f"{target} ({console.megabytes(target.stat().st_size)})")
            _tell_about_key(options.with_key)
            return 0
        development.need_idle(name)
        source = Path(options.file)
        manifest = read_manifest(source)
        check_key(manifest, paths.IDENTITY_KEY)
        there = database.exists(server, name)
        if there and not options.yes and not console.ask(
            f"Replace the database {name} by that of {manifest['created']}?"
        ):
            raise Trouble("nothing was changed", "answer y, or use ./yst restore --yes FILE")
        restore(server, source, name)
        console.say(f"restored: {name}, as of {manifest['created']}")
    return 0


def _tell_about_key(with_key):
    if with_key:
        console.warn("the archive holds the identity key: whoever has it can read all ID and "
                     "phone numbers. Keep it under lock.")
    else:
        console.warn(
            f"the archive does NOT hold the identity key. Back up {paths.IDENTITY_KEY} "
            "separately, in another place: without it the encrypted ID and phone numbers are "
            "lost for good."
        )


# -- backup -------------------------------------------------------------------


def make(server, name, target, *, odoo=None, with_key=False, key=None):
    """Write the archive of database `name` to `target`; whole, or not at all."""
    key = key or paths.IDENTITY_KEY
    if not database.exists(server, name):
        raise Trouble(f"there is no database {name}", "make it with ./yst run")
    if target.is_dir():
        raise Trouble(f"{target} is a folder", "name a file")
    store = paths.FILESTORE / name
    size = server.query("SELECT pg_database_size(%s)", (name,))[0][0] + _size(store)
    machine.need_space(target.absolute().parent, size, "the backup")
    target.absolute().parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    dump = paths.private_directory(paths.RUN) / f"dump-{os.getpid()}-{secrets.token_hex(2)}"
    log = console.new_log("backup")
    try:
        with console.step("Dumping the database", lambda: console.megabytes(dump.stat().st_size)):
            _program(server, log, "pg_dump", "--format=custom", "--no-owner", "--no-privileges",
                     f"--file={dump}", name)
        manifest = {
            "format": FORMAT,
            "created": datetime.now().astimezone().isoformat(timespec="seconds"),
            "database": name,
            "odoo": odoo.identity if odoo else "",
            "release": odoo_source.RELEASE,
            "addons": _versions(server, name),
            "postgres": server.query("SHOW server_version")[0][0],
            "key_fingerprint": keys.fingerprint(key),
            "with_key": with_key,
            "facts": database.facts(server, name),
        }
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with console.step("Writing the archive", lambda: console.megabytes(part.stat().st_size)), \
                os.fdopen(descriptor, "wb") as out:
            _write(out, manifest, dump, store, key if with_key else None)
            out.flush()
            os.fsync(out.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
        dump.unlink(missing_ok=True)


def _write(out, manifest, dump, store, key):
    sums = {}
    with tarfile.open(fileobj=out, mode="w") as archive:
        _add_text(archive, "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
        sums[DUMP] = _add_file(archive, DUMP, dump)
        for path in sorted(store.rglob("*")) if store.is_dir() else []:
            if path.is_file() and "checklist" not in path.relative_to(store).parts[:1]:
                member = f"filestore/{path.relative_to(store)}"
                try:
                    sums[member] = _add_file(archive, member, path)
                except FileNotFoundError:  # removed since: the dump does not name it either
                    continue
        if key:
            sums["identity.json"] = _add_file(archive, "identity.json", key)
        _add_text(archive, "sums.json", json.dumps(sums))


def _add_text(archive, name, text):
    content = text.encode()
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(content), int(time.time()), 0o600
    archive.addfile(info, io.BytesIO(content))


def _add_file(archive, name, path):
    """Add a file; its SHA-256."""
    sha = hashlib.sha256()
    with open(path, "rb") as source:
        while block := source.read(1 << 20):
            sha.update(block)
        source.seek(0)
        info = tarfile.TarInfo(name)
        info.size = os.fstat(source.fileno()).st_size
        info.mtime, info.mode = int(time.time()), 0o600
        archive.addfile(info, source)
    return sha.hexdigest()


def _size(folder):
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) if folder.is_dir() else 0


def _versions(server, name):
    rows = server.query(
        "SELECT name, latest_version FROM ir_module_module WHERE state = 'installed' ORDER BY name",
        database=name,
    )
    return dict(rows)


def _program(server, log, program, *arguments):
    console.run(
        [server.program(program), *arguments], log,
        env={**os.environ, **server.environment()},
        trouble=f"{program} failed", todo="see the log",
    )


# -- restore ------------------------------------------------------------------


def read_manifest(source):
    """The manifest of an archive; a Trouble when it is none of ours."""
    try:
        with tarfile.open(source, "r:") as archive:
            first = archive.next()
            if first is None or first.name != "manifest.json" or first.size > 10_000_000:
                raise ValueError("no manifest")
            manifest = json.loads(archive.extractfile(first).read())
        if manifest["format"] != FORMAT:
            raise Trouble(f"{source} has the archive format {manifest['format']}, "
                          f"this version reads {FORMAT}",
                          "restore it with the version that wrote it")
    except FileNotFoundError:
        raise Trouble(f"there is no file {source}") from None
    except (OSError, tarfile.TarError, ValueError, KeyError, TypeError):
        raise Trouble(f"{source} is no backup of Yishitong, or it is damaged",
                      "use another backup; nothing was changed") from None
    return manifest


def restore(server, source, name, *, key=None):
    """Put the archive's database in the place of `name`. It is built beside it first, so that a
    damaged archive costs nothing."""
    key = key or paths.IDENTITY_KEY
    manifest = read_manifest(source)
    check_key(manifest, key)
    machine.need_space(paths.DATA, 2 * source.stat().st_size, "the restored files")
    part, old = f"{name}_restoring", f"{name}_replaced"
    work = paths.private_directory(paths.RUN / f"restore-{os.getpid()}-{secrets.token_hex(2)}")
    log = console.new_log("restore")
    try:
        with console.step("Reading and checking the archive"):
            _extract(source, work)
        _restore_key(manifest, work, key)
        database.drop(server, part)
        with console.step("Restoring the database"):
            database.create(server, part)
            # the extensions are there already: a dump does not keep that unaccent is immutable
            _program(server, log, "pg_restore", "--no-owner", "--no-privileges",
                     "--exit-on-error", "--single-transaction", f"--dbname={part}", work / DUMP)
            store = paths.FILESTORE / part
            shutil.rmtree(store, ignore_errors=True)
            store.parent.mkdir(parents=True, exist_ok=True)
            if (work / "filestore").exists():
                shutil.move(work / "filestore", store)
        database.drop(server, old)
        if database.exists(server, name):
            database.rename(server, name, old)
        database.rename(server, part, name)
        database.set_facts(server, name, **manifest.get("facts", {}))
        database.drop(server, old)
    except BaseException:
        _roll_back(server, name, old)
        database.drop(server, part)
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _roll_back(server, name, old):
    """Give the former database its name back when the swap broke off half way."""
    if database.exists(server, old) and not database.exists(server, name):
        database.rename(server, old, name)


def check_key(manifest, key):
    """A Trouble when the archive's numbers were encrypted with another key than ours."""
    theirs, ours = manifest.get("key_fingerprint", ""), keys.fingerprint(key)
    if manifest.get("with_key") and not ours:
        return
    if theirs and not ours:
        raise Trouble(
            f"the identity key of the backup ({theirs}) is not here: the encrypted ID and phone "
            "numbers could not be read",
            f"put the key that was backed up separately to {key}, then restore again; nothing "
            "was changed",
        )
    if theirs and ours != theirs:
        raise Trouble(
            f"the backup was made with another identity key ({theirs}) than the one here "
            f"({ours}): the encrypted ID and phone numbers could not be read",
            f"put the key that belongs to the backup in place of {key} (keep the present one "
            "elsewhere), then restore again; nothing was changed",
        )


def _restore_key(manifest, work, key):
    if manifest.get("with_key") and not key.exists():
        paths.private_directory(key.parent)
        keys.write(key, json.loads((work / "identity.json").read_text()))


def _extract(source, work):
    """Unpack into `work`, checking names and sums of all files."""
    found, sums = {}, None
    try:
        with tarfile.open(source, "r:") as archive:
            for member in archive:
                if not member.isfile() or not _harmless(member.name):
                    raise Trouble(f"the archive holds something foreign: {member.name!r}",
                                  "use another backup; nothing was changed")
                content = archive.extractfile(member)
                if member.name == "sums.json":
                    sums = json.loads(content.read())
                    continue
                target = work / member.name
                target.parent.mkdir(parents=True, exist_ok=True)
                sha = hashlib.sha256()
                with open(target, "wb") as out:
                    while block := content.read(1 << 20):
                        sha.update(block)
                        out.write(block)
                found[member.name] = sha.hexdigest()
    except (tarfile.TarError, OSError, ValueError) as error:
        raise Trouble(f"the archive is damaged ({error.__class__.__name__})",
                      "use another backup; nothing was changed") from None
    found.pop("manifest.json", None)
    if sums is None or found != sums:
        raise Trouble("the archive is incomplete or was altered",
                      "use another backup; nothing was changed")


def _harmless(name):
    parts = Path(name).parts
    return bool(parts) and not name.startswith("/") and ".." not in parts and (
        parts[0] == "filestore" or name in {"manifest.json", "sums.json", "identity.json", DUMP}
    )
