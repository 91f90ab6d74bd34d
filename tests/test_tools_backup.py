"""Backup and restore on a small database of the private cluster."""

import io
import json
import secrets
import tarfile

import pytest

from tools import backup, database, keys, machine, paths, postgres
from tools.console import Trouble

pytestmark = pytest.mark.skipif(
    not machine.postgres_bin() and not postgres.configured(), reason="no PostgreSQL here"
)


@pytest.fixture(scope="module")
def server():
    with postgres.session() as found:
        yield found


@pytest.fixture
def name(server, tmp_path, monkeypatch):
    """A database with one table, one index on unaccent and one stored file."""
    monkeypatch.setattr(paths, "FILESTORE", tmp_path / "filestore")
    monkeypatch.setattr(paths, "DATA", tmp_path)
    monkeypatch.setattr(paths, "LOGS", tmp_path / "log")
    name = f"yst_pytest_{secrets.token_hex(4)}"
    database.create(server, name)
    for statement in (
        "CREATE TABLE ir_module_module (name text, latest_version text, state text)",
        "INSERT INTO ir_module_module VALUES ('yst_base', '19.0.1.0.0', 'installed')",
        "CREATE TABLE resident (id serial PRIMARY KEY, word text)",
        "CREATE INDEX resident_word ON resident (unaccent(word))",
        "INSERT INTO resident (word) VALUES ('甲'), ('乙')",
    ):
        server.query(statement, database=name)
    database.set_facts(server, name, sample=True, digests={"yst_base": ["a", "b"]})
    stored = paths.FILESTORE / name / "ab" / "abcdef"
    stored.parent.mkdir(parents=True)
    stored.write_bytes(b"photo")
    yield name
    for suffix in ("", "_restoring", "_replaced"):
        database.drop(server, name + suffix)


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "keys" / "identity.json"
    path.parent.mkdir()
    keys.write(path, keys.new_key())
    return path


def words(server, name):
    return [row[0] for row in server.query("SELECT word FROM resident ORDER BY id", database=name)]


def rewrite(source, target, change):
    """Copy an archive member by member through `change(name, content)`; None leaves it out."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old:
            content = change(member.name, old.extractfile(member).read())
            if content is not None:
                member.size = len(content)
                new.addfile(member, io.BytesIO(content))
    return target


def test_round_trip_brings_back_rows_files_and_facts(server, name, key, tmp_path):
    archive = tmp_path / "b.tar"
    backup.make(server, name, archive, key=key)
    assert archive.stat().st_mode & 0o777 == 0o600
    server.query("DELETE FROM resident", database=name)
    (paths.FILESTORE / name / "ab" / "abcdef").unlink()
    (paths.FILESTORE / name / "later").write_text("made after the backup")
    database.set_facts(server, name, sample=False)
    backup.restore(server, archive, name, key=key)
    assert words(server, name) == ["甲", "乙"]
    assert (paths.FILESTORE / name / "ab" / "abcdef").read_bytes() == b"photo"
    assert not (paths.FILESTORE / name / "later").exists()
    assert database.facts(server, name)["sample"] is True
    assert database.names(server, name) == [name]


def test_restore_into_nothing(server, name, key, tmp_path):
    archive = tmp_path / "b.tar"
    backup.make(server, name, archive, key=key)
    database.drop(server, name)
    backup.restore(server, archive, name, key=key)
    assert words(server, name) == ["甲", "乙"]


def test_manifest_tells_versions_and_hides_the_key(server, name, key, tmp_path):
    archive = tmp_path / "b.tar"
    backup.make(server, name, archive, key=key)
    manifest = backup.read_manifest(archive)
    assert manifest["addons"] == {"yst_base": "19.0.1.0.0"}
    assert manifest["key_fingerprint"] == keys.fingerprint(key)
    with tarfile.open(archive) as content:
        assert "identity.json" not in content.getnames()
    assert keys.read(key)["encrypt"][0].encode() not in archive.read_bytes()


def test_another_key_is_refused_and_nothing_changes(server, name, key, tmp_path):
    archive, other = tmp_path / "b.tar", tmp_path / "other.json"
    backup.make(server, name, archive, key=key)
    keys.write(other, keys.new_key())
    before = other.read_text()
    server.query("DELETE FROM resident WHERE word = '乙'", database=name)
    with pytest.raises(Trouble, match="another identity key"):
        backup.restore(server, archive, name, key=other)
    assert words(server, name) == ["甲"]
    assert other.read_text() == before


def test_missing_key_is_refused_and_none_is_made(server, name, key, tmp_path):
    archive, none = tmp_path / "b.tar", tmp_path / "none.json"
    backup.make(server, name, archive, key=key)
    with pytest.raises(Trouble, match="is not here"):
        backup.restore(server, archive, name, key=none)
    assert not none.exists()
    assert words(server, name) == ["甲", "乙"]


def test_archive_with_its_key_restores_on_a_machine_without_one(server, name, key, tmp_path):
    archive, fresh = tmp_path / "b.tar", tmp_path / "fresh" / "identity.json"
    backup.make(server, name, archive, key=key, with_key=True)
    backup.restore(server, archive, name, key=fresh)
    assert keys.fingerprint(fresh) == keys.fingerprint(key)
    assert fresh.stat().st_mode & 0o777 == 0o600


def damaged_dump(name, content):
    if name == backup.DUMP:
        return content[: len(content) // 2]
    return content


def damaged_dump_with_fitting_sum(source, target):
    """A dump that was broken before its sum was taken: only pg_restore notices."""
    import hashlib

    cut = {}

    def change(name, content):
        if name == backup.DUMP:
            content = content[: len(content) // 2]
            cut[name] = hashlib.sha256(content).hexdigest()
        if name == "sums.json":
            content = json.dumps(json.loads(content) | cut).encode()
        return content

    return rewrite(source, target, change)


@pytest.mark.parametrize("change", [
    damaged_dump,
    lambda name, content: None if name == "sums.json" else content,
    lambda name, content: None if name.startswith("filestore/") else content,
    lambda name, content: b"other" if name.startswith("filestore/") else content,
], ids=["dump cut", "no sums", "file missing", "file altered"])
def test_damaged_archive_loses_nothing(server, name, key, tmp_path, change):
    archive = tmp_path / "b.tar"
    backup.make(server, name, archive, key=key)
    broken = rewrite(archive, tmp_path / "broken.tar", change)
    with pytest.raises(Trouble, match=r"incomplete|damaged"):
        backup.restore(server, broken, name, key=key)
    assert words(server, name) == ["甲", "乙"]
    assert database.names(server, name) == [name]


def test_dump_that_does_not_restore_loses_nothing(server, name, key, tmp_path):
    archive = tmp_path / "b.tar"
    backup.make(server, name, archive, key=key)
    broken = damaged_dump_with_fitting_sum(archive, tmp_path / "broken.tar")
    with pytest.raises(Trouble, match="pg_restore failed"):
        backup.restore(server, broken, name, key=key)
    assert words(server, name) == ["甲", "乙"]
    assert (paths.FILESTORE / name / "ab" / "abcdef").read_bytes() == b"photo"
    assert database.names(server, name) == [name]


def test_half_an_archive_is_refused(server, name, key, tmp_path):
    archive, half = tmp_path / "b.tar", tmp_path / "half.tar"
    backup.make(server, name, archive, key=key)
    half.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    with pytest.raises(Trouble, match=r"incomplete|damaged"):
        backup.restore(server, half, name, key=key)
    assert words(server, name) == ["甲", "乙"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip", b"\0" * 4096])
def test_file_that_is_no_backup_is_refused(tmp_path, content):
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(Trouble, match="no backup of Yishitong"):
        backup.read_manifest(path)


def test_archive_that_reaches_outside_is_refused(server, name, key, tmp_path):
    archive, evil = tmp_path / "b.tar", tmp_path / "evil.tar"
    backup.make(server, name, archive, key=key)
    with tarfile.open(archive) as old, tarfile.open(evil, "w") as new:
        for member in old:
            content = old.extractfile(member).read()
            if member.name.startswith("filestore/"):
                member.name = "filestore/../../../escaped"
            new.addfile(member, io.BytesIO(content))
    with pytest.raises(Trouble, match="foreign"):
        backup.restore(server, evil, name, key=key)
    assert words(server, name) == ["甲", "乙"]


def test_backup_that_fails_leaves_no_file(server, name, key, tmp_path, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "_write", full)
    archive = tmp_path / "b.tar"
    with pytest.raises(OSError):
        backup.make(server, name, archive, key=key)
    assert not list(tmp_path.glob("*b.tar*"))


def test_swap_that_breaks_off_is_rolled_back(server, name, key, tmp_path, monkeypatch):
    archive = tmp_path / "b.tar"
    backup.make(server, name, archive, key=key)
    server.query("DELETE FROM resident WHERE word = '乙'", database=name)
    rename = database.rename

    def broken(server, source, target):
        if source.endswith("_restoring"):
            raise OSError("the disk is gone")
        rename(server, source, target)

    monkeypatch.setattr(database, "rename", broken)
    with pytest.raises(OSError):
        backup.restore(server, archive, name, key=key)
    monkeypatch.undo()
    assert words(server, name) == ["甲"]


def test_clone_shares_files_but_not_their_removal(server, name):
    copy = f"{name}_copy"
    try:
        database.clone(server, name, copy)
        (paths.FILESTORE / name / "ab" / "abcdef").unlink()
        assert (paths.FILESTORE / copy / "ab" / "abcdef").read_bytes() == b"photo"
        assert words(server, copy) == ["甲", "乙"]
    finally:
        database.drop(server, copy)
    assert not (paths.FILESTORE / copy).exists()
