"""The launcher's tools: what they find, what they refuse, what they say."""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import time

import pytest

from tools import (
    bench,
    cli,
    console,
    database,
    debian,
    i18n,
    keys,
    lint,
    machine,
    odoo_log,
    odoo_source,
    paths,
    postgres,
    process,
    python_env,
    server,
    setup,
    shards,
    stamps,
)
from tools import test as test_command
from tools.console import Trouble

DEB822 = """\
# made by the installer
Types: deb
URIs: https://mirror.example.org/debian/
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: https://mirror.example.org/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""
ONE_LINE = """\
# deb cdrom:[Debian GNU/Linux 12]/ bookworm main
deb [arch=amd64 signed-by=/etc/apt/keyrings/vendor.gpg] https://apt.example.com/vendor stable main
deb [arch=amd64] http://ftp.example.net/debian trixie main contrib # the archive
deb-src http://ftp.example.net/debian trixie main
"""
UBUNTU = """\
Types: deb
URIs: http://mirror.example.org/ubuntu/
Suites: noble noble-updates noble-backports
Components: main universe restricted multiverse
Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg
"""


@pytest.fixture
def local(tmp_path, monkeypatch):
    """A .local/ of the test's own."""
    for name in ("STAMPS", "RUN", "LOGS", "KEYS", "CACHE", "APT", "ODOO", "OCA", "DATA",
                 "FILESTORE"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    monkeypatch.setattr(paths, "LOCAL", tmp_path)
    monkeypatch.setattr(paths, "IDENTITY_KEY", tmp_path / "keys" / "identity.json")
    monkeypatch.setattr(paths, "GENERATED_CONF", tmp_path / "odoo.generated.conf")
    return tmp_path


# -- where Odoo comes from ----------------------------------------------------


def etc_apt(folder, **files):
    (folder / "sources.list.d").mkdir(parents=True)
    for name, text in files.items():
        stem, _, kind = name.rpartition("_")
        target = folder / "sources.list" if name == "main_list" else (
            folder / "sources.list.d" / f"{stem}.{kind}")
        target.write_text(text)
    return folder


def test_mirror_of_a_deb822_configuration(tmp_path):
    apt = etc_apt(tmp_path, debian_sources=DEB822)
    assert debian.debian_mirror(debian.apt_sources(apt)) == (
        "https://mirror.example.org/debian")


def test_mirror_of_a_one_line_configuration_is_not_the_vendor_that_calls_itself_stable(tmp_path):
    apt = etc_apt(tmp_path, main_list=ONE_LINE)
    assert debian.debian_mirror(debian.apt_sources(apt)) == (
        "http://ftp.example.net/debian")


def test_ubuntu_has_no_debian_mirror(tmp_path):
    apt = etc_apt(tmp_path, ubuntu_sources=UBUNTU)
    sources = debian.apt_sources(apt)
    assert [s["uri"] for s in sources] == ["http://mirror.example.org/ubuntu/"]
    assert debian.debian_mirror(sources) is None


def test_without_a_debian_mirror_the_ways_left_are_named(local, monkeypatch, tmp_path):
    monkeypatch.setattr(debian, "apt_sources", lambda: debian.parse_deb822(UBUNTU))
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(Trouble) as trouble:
        debian.download(odoo_source.PACKAGES, "Odoo 19", odoo_source.WAYS_LEFT)
    assert "ODOO_HOME" in trouble.value.todo
    assert "docker/" in trouble.value.todo


def test_disabled_and_source_only_entries_do_not_count():
    assert debian.parse_deb822(DEB822.replace("Types: deb\n", "Types: deb-src\n")) == []
    disabled = DEB822.replace("Types: deb\n", "Types: deb\nEnabled: no\n")
    assert debian.parse_deb822(disabled) == []


def test_deb822_with_folded_fields_and_an_embedded_key():
    text = (
        "Types: deb deb-src\nURIs: mirror+file:/etc/apt/mirrors/debian.list\nSuites: trixie\n"
        "Components: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n"
    )
    assert debian.debian_mirror(debian.parse_deb822(text)) == (
        "mirror+file:/etc/apt/mirrors/debian.list")


def odoo_tree(folder, version="19, 0, 0, FINAL, 0, ''"):
    (folder / "odoo" / "addons").mkdir(parents=True)
    (folder / "addons").mkdir()
    (folder / "odoo" / "release.py").write_text(f"FINAL = 'final'\nversion_info = ({version})\n")
    return folder


def test_checkout_of_odoo_19_is_used(tmp_path, monkeypatch):
    home = odoo_tree(tmp_path / "checkout")
    monkeypatch.setenv("ODOO_HOME", str(home))
    found = odoo_source.ensure()
    assert found.path == home
    assert home / "addons" in found.addons


@pytest.mark.parametrize("version", ["18, 0, 0, FINAL, 0, ''", "19, 1, 0, 'alpha', 1, ''"])
def test_wrong_odoo_version_is_refused_by_name(tmp_path, monkeypatch, version):
    monkeypatch.setenv("ODOO_HOME", str(odoo_tree(tmp_path / "checkout", version)))
    with pytest.raises(Trouble, match="wrong Odoo version") as trouble:
        odoo_source.ensure()
    assert "19.0" in trouble.value.what + trouble.value.todo


def test_folder_without_odoo_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_HOME", str(tmp_path))
    with pytest.raises(Trouble, match="holds no Odoo"):
        odoo_source.ensure()


def test_broken_download_is_told_and_the_second_try_keeps_what_came(local, monkeypatch):
    """The first try breaks off in the second package; the second asks apt again in the same
    folder, where the first package and the part of the second one still lie."""
    keyring = local / "keyring.gpg"
    keyring.touch()
    monkeypatch.setattr(debian, "KEYRINGS", (keyring,))
    monkeypatch.setattr(debian, "apt_sources", lambda: debian.parse_deb822(DEB822))
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    seen = []

    def apt(command, log, *, cwd=None, trouble=None, todo="", **_more):
        if "download" not in command:
            return
        seen.append(sorted(p.name for p in cwd.iterdir()))
        if len(seen) == 1:
            (cwd / f"{odoo_source.PACKAGES[0]}_1_all.deb").write_text("whole")
            (cwd / f"{odoo_source.PACKAGES[1]}_1_all.deb").write_text("par")
            raise Trouble(f"{trouble} (exit code 100)", todo, log)
        for name in odoo_source.PACKAGES:
            (cwd / f"{name}_1_all.deb").write_text("whole")

    monkeypatch.setattr(console, "run", apt)
    with pytest.raises(Trouble, match="broke off") as trouble:
        debian.download(odoo_source.PACKAGES, "Odoo 19", odoo_source.WAYS_LEFT)
    assert "goes on where this one stopped" in trouble.value.todo
    assert stamps.stamp("odoo") == ""
    debs = debian.download(odoo_source.PACKAGES, "Odoo 19", odoo_source.WAYS_LEFT)
    assert seen[1] == sorted(f"{n}_1_all.deb" for n in odoo_source.PACKAGES[:2])
    assert [p.read_text() for p in debs] == ["whole"] * len(odoo_source.PACKAGES)


def test_private_apt_leaves_the_systems_lists_alone(local):
    words = debian.private_apt("https://mirror.example.org/debian", "/k.gpg")
    options = dict(word.split("=", 1) for word in words[1::2])
    assert options["Dir::State::lists"].startswith(str(local))
    assert options["Dir::Cache"].startswith(str(local))
    assert options["Dir::Etc::sourceparts"] == "-"
    source = (local / "apt" / "sid.sources").read_text()
    assert "Signed-By: /k.gpg" in source
    assert "Suites: sid" in source


def test_mending_replaces_links_that_lead_nowhere(local, monkeypatch):
    root = local / "root"
    package = root / odoo_source.DIST_PACKAGES / "odoo"
    awesome, fonts = local / "awesome", root / "usr/share/fonts/truetype/montserrat"
    links = package / "addons/web/static/lib/fontawesome/fonts"
    google = package / "addons/web/static/fonts/google/Montserrat"
    for folder in (awesome, fonts, links, google, package / "addons/mail"):
        folder.mkdir(parents=True)
    (awesome / "fontawesome-webfont.woff2").write_text("woff2")
    (fonts / "Montserrat-Thin.ttf").write_text("thin")
    (links / "fontawesome-webfont.woff2").symlink_to("../gone/fontawesome-webfont.woff")
    (google / "Montserrat-Thin.ttf").symlink_to("../gone/Montserrat-Thin.ttf")
    (package / "addons/mail/__manifest__.py").write_text("{'assets': ['…selfie_segmentation.js']}")
    monkeypatch.setattr(odoo_source, "font_awesome", lambda: awesome)
    odoo_source.mend(root)
    assert (links / "fontawesome-webfont.woff2").read_text() == "woff2"
    assert (google / "Montserrat-Thin.ttf").read_text() == "thin"
    script = package / "addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
    assert "SelfieSegmentation" in script.read_text()
    assert not [p for p in package.rglob("*") if p.is_symlink() and not p.exists()]


@pytest.mark.skipif(not paths.ODOO.exists(), reason="Odoo comes from elsewhere here")
def test_the_unpacked_odoo_has_no_dangling_links():
    assert not [p for p in paths.ODOO.rglob("*") if p.is_symlink() and not p.exists()]


# -- the machine --------------------------------------------------------------


def test_taken_port_is_told_with_a_free_one():
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Trouble, match=f"port {port} is taken") as trouble:
            machine.need_port(port)
        proposed = int(trouble.value.todo.rpartition(" ")[2])
        assert proposed > port
        assert machine.port_is_free(proposed)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_impossible_port_is_refused(port):
    with pytest.raises(Trouble, match="no port number"):
        machine.need_port(port)


def test_full_disk_is_told_before_anything_is_written(local, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _p: shutil._ntuple_diskusage(100, 99, 1))
    monkeypatch.setattr(console, "run", lambda *a, **k: pytest.fail("something was started"))
    with pytest.raises(Trouble, match="no room for the Python packages"):
        python_env.ensure_requirements()
    with pytest.raises(Trouble, match="no room for Odoo"):
        monkeypatch.delenv("ODOO_HOME", raising=False)
        odoo_source.ensure()


def test_without_root_and_sudo_the_command_for_an_administrator_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "is_root", lambda: False)
    monkeypatch.setattr(shutil, "which", lambda n: None if n == "sudo" else f"/usr/bin/{n}")
    with pytest.raises(Trouble, match="neither root nor sudo") as trouble:
        machine.install_packages(["libzbar0"], tmp_path / "log")
    assert "apt-get install" in trouble.value.todo
    assert "libzbar0" in trouble.value.todo


def test_package_under_its_64_bit_time_name_counts(monkeypatch):
    class Done:
        returncode = 1
        stdout = "install ok installed\n"

    asked = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_more: asked.append(command) or Done)
    assert machine.has_package("libzbar0")
    assert asked[0][-2:] == ["libzbar0", "libzbar0t64"]
    Done.stdout = "deinstall ok config-files\n"
    assert not machine.has_package("libzbar0")


def test_ubuntu_is_told_that_its_chromium_will_not_do(monkeypatch):
    monkeypatch.setattr(machine, "browser", lambda: None)
    monkeypatch.setattr(machine, "has_package", lambda _name: True)
    monkeypatch.setattr(machine, "distribution", lambda: "ubuntu")
    monkeypatch.setattr(machine, "postgres_bin", lambda: paths.ROOT)
    assert machine.missing_packages() == []
    with pytest.raises(Trouble, match="snap"):
        machine.missing_packages(with_browser=True)
    monkeypatch.setattr(machine, "distribution", lambda: "debian")
    assert machine.missing_packages(with_browser=True) == ["chromium"]


def test_failed_pip_leaves_no_stamp_and_is_tried_again(local, monkeypatch):
    calls = []

    def pip(command, log, **_more):
        calls.append(command)
        if len(calls) == 1:
            raise Trouble("the OCA addons could not be installed")
        (command[command.index("--target") + 1] / "odoo" / "addons").mkdir(parents=True)

    monkeypatch.setattr(paths, "OCA_ADDONS", paths.OCA / "odoo" / "addons")
    monkeypatch.setattr(console, "run", pip)
    with pytest.raises(Trouble):
        python_env.ensure_oca()
    assert not paths.OCA.exists()
    python_env.ensure_oca()
    assert paths.OCA_ADDONS.is_dir()
    python_env.ensure_oca()
    assert len(calls) == 2


# -- processes ----------------------------------------------------------------


@pytest.fixture
def sleeper():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield child
    child.kill()
    child.wait()


def test_own_process_is_stopped(local, sleeper):
    process.remember("odoo", sleeper.pid, "time.sleep")
    while "time.sleep" not in process.command_line(sleeper.pid):
        time.sleep(0.01)
    assert process.recall("odoo")["pid"] == sleeper.pid
    assert process.stop("odoo", patience=5)
    assert process.start_time(sleeper.pid) is None
    assert process.recall("odoo") is None


@pytest.mark.parametrize("change", [{"started": 1}, {"marker": "somebody else"}, {"pid": 1},
                                    {"pid": None}, {"started": None}])
def test_foreign_process_with_the_same_pid_is_left_alone(local, sleeper, change):
    process.remember("odoo", sleeper.pid, "sleep")
    path = paths.RUN / "odoo.pid.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert process.recall("odoo") is None
    assert not process.stop("odoo")
    assert sleeper.poll() is None


def test_broken_pid_file_is_no_process(local):
    paths.RUN.mkdir()
    (paths.RUN / "odoo.pid.json").write_text("{")
    assert not process.stop("odoo")


# -- keys ---------------------------------------------------------------------


def test_key_is_made_once_and_only_its_owner_reads_it(local):
    path = keys.ensure()
    first = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert keys.ensure().read_text() == first
    from cryptography.fernet import Fernet

    Fernet(keys.read()["encrypt"][0])


def test_key_is_never_overwritten(local):
    path = keys.ensure()
    before = path.read_text()
    with pytest.raises(Trouble, match="never overwritten"):
        keys.write(path, keys.new_key())
    assert path.read_text() == before


@pytest.mark.parametrize("text", ["", "{}", '{"encrypt": [], "index": ""}',
                                  '{"encrypt": ["YWJj"], "index": "YWJj"}', "[]"])
def test_damaged_key_is_refused_and_kept(local, text):
    paths.KEYS.mkdir()
    paths.IDENTITY_KEY.write_text(text)
    with pytest.raises(Trouble, match="cannot be read"):
        keys.ensure()
    assert paths.IDENTITY_KEY.read_text() == text


def test_fingerprints_tell_keys_apart_and_hide_them(local):
    one, other = local / "one", local / "other"
    keys.write(one, keys.new_key())
    keys.write(other, keys.new_key())
    assert keys.fingerprint(one) != keys.fingerprint(other)
    assert keys.fingerprint(one) == keys.fingerprint(one)
    assert keys.fingerprint(one) not in one.read_text()
    assert keys.fingerprint(local / "none") == ""


# -- configuration ------------------------------------------------------------


def clear_pg(monkeypatch):
    for name in list(os.environ):
        if name.startswith("PG"):
            monkeypatch.delenv(name)


def test_committed_configuration_names_no_server_and_no_path(monkeypatch):
    clear_pg(monkeypatch)
    assert postgres.configured() is None
    assert str(paths.ROOT) not in paths.ODOO_CONF.read_text()


def test_server_of_ones_own_by_variables(monkeypatch):
    clear_pg(monkeypatch)
    monkeypatch.setenv("PGHOST", "db.example.org")
    monkeypatch.setenv("PGUSER", "office")
    found = postgres.configured()
    assert (found.host, found.port, found.user, found.private) == (
        "db.example.org", 5432, "office", False)


def test_server_of_ones_own_by_odoo_conf(monkeypatch, tmp_path):
    clear_pg(monkeypatch)
    conf = tmp_path / "odoo.conf"
    conf.write_text("[options]\ndb_host = db.example.org\ndb_port = 6432\ndb_user = office\n"
                    "db_password = s%ecret\n")
    monkeypatch.setattr(paths, "ODOO_CONF", conf)
    found = postgres.configured()
    assert (found.host, found.port, found.user, found.password) == (
        "db.example.org", 6432, "office", "s%ecret")
    assert "s%ecret" not in repr(found)


def test_odoo_does_not_work_as_the_user_postgres(monkeypatch):
    clear_pg(monkeypatch)
    monkeypatch.setenv("PGUSER", "postgres")
    with pytest.raises(Trouble, match="refuses"):
        postgres.configured()


@pytest.mark.parametrize("gigabytes, buffers", [(0.5, "128MB"), (8, "1024MB"), (256, "2048MB")])
def test_cluster_is_tuned_for_the_machine(gigabytes, buffers):
    found = postgres.settings(int(gigabytes * 2**30), 4)
    assert found["shared_buffers"] == buffers
    assert found["listen_addresses"] == "''"


def test_long_checkout_path_gets_a_short_socket(monkeypatch, tmp_path):
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    monkeypatch.setattr(paths, "LOCAL", deep)
    monkeypatch.setattr(postgres, "data_folder", lambda: deep / "pg")
    socket_file = postgres.socket_folder() / f".s.PGSQL.{postgres.PORT}"
    assert len(str(socket_file)) <= postgres.SOCKET_PATH_LIMIT


def test_closed_checkout_keeps_databases_elsewhere(monkeypatch, tmp_path):
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(paths, "LOCAL", closed / "yishitong" / ".local")
    monkeypatch.setattr(machine, "is_root", lambda: True)
    assert not postgres.data_folder().is_relative_to(closed)


def test_generated_configuration_adds_paths_and_server(local):
    found = odoo_source.Odoo(local / "odoo", (local / "odoo" / "addons",), "x")
    ready = setup.Ready(found, keys.ensure())
    conf = setup.write_config(ready, postgres.Server("/run/x", 5433, "yishitong"))
    text = conf.read_text()
    assert stat.S_IMODE(conf.stat().st_mode) == 0o600
    assert "db_host = /run/x" in text
    assert str(paths.ADDONS) in text
    assert "list_db = False" in text


# -- stamps -------------------------------------------------------------------


def test_digest_follows_content_not_time(tmp_path):
    (tmp_path / "a").write_text("1")
    before = stamps.tree_digest(tmp_path)
    os.utime(tmp_path / "a", (1, 1))
    assert stamps.tree_digest(tmp_path) == before
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("x")
    assert stamps.tree_digest(tmp_path) == before
    (tmp_path / "b").write_text("")
    assert stamps.tree_digest(tmp_path) != before


def test_parts_of_a_digest_do_not_run_together():
    assert stamps.digest("ab", "c") != stamps.digest("a", "bc")


# -- reading Odoo's log -------------------------------------------------------

LOG = """\
2026-11-24 08:00:00,001 7 WARNING db odoo.addons.yst_base.models.x: odd
2026-11-24 08:00:00,001 7 WARNING db odoo.addons.web: somebody else's
2026-11-24 08:00:00,002 7 INFO db odoo.addons.yst_base.tests.test_x: Starting TestX.test_a ...
2026-11-24 08:00:00,003 7 INFO db odoo.addons.yst_base.tests.test_x: ======================
2026-11-24 08:00:00,003 7 ERROR db odoo.addons.yst_base.tests.test_x: FAIL: TestX.test_a
Traceback (most recent call last):
  File "x.py", line 1, in test_a
AssertionError: 1 != 2
2026-11-24 08:00:00,004 7 INFO db odoo.addons.yst_base.tests.test_x: Starting TestX.test_b ...
2026-11-24 08:00:00,004 7 INFO db odoo.addons.yst_base.tests.test_x: skipped TestX.test_b : later
2026-11-24 08:00:01,005 7 ERROR db odoo.tests.result: 1 failed, 0 error(s) of 4 tests \
when loading database 'db'
"""


def test_outcome_of_a_run_is_read_from_its_log():
    found = odoo_log.outcome(LOG)
    assert (found.ran, found.failed, found.passed, found.finished) == (4, 1, 2, True)
    (name, text), = found.failures
    assert name == "TestX.test_a"
    assert "AssertionError: 1 != 2" in text
    assert found.skipped == ["TestX.test_b (later)"]
    assert odoo_log.last_started(LOG) == "TestX.test_b"


def test_run_that_died_has_not_finished():
    assert not odoo_log.outcome(LOG.rpartition("2026")[0]).finished


def test_warnings_count_only_if_they_are_ours():
    found = odoo_log.complaints(LOG.partition("FAIL")[0], ["yst_base"])
    assert found[0] == "WARNING odoo.addons.yst_base.models.x: odd"
    assert not [line for line in found if "somebody else" in line]


def test_no_test_at_all_is_no_success():
    assert not test_command.Total().good
    total = test_command.Total()
    total.add(3, 0)
    assert total.good
    total.fail("lint")
    assert not total.good


@pytest.mark.parametrize("line, counts", [
    ("3 passed in 0.1s", (3, 0)), ("1 failed, 2 passed, 1 error in 1s", (2, 2)),
    ("no tests ran in 0.0s", (0, 0)), ("", (0, 0)),
])
def test_pytest_counts(line, counts):
    assert test_command.pytest_counts(f"...\n{line}\n") == counts


# -- shards, dependencies -----------------------------------------------------


@pytest.fixture
def addons(tmp_path, monkeypatch):
    """Two addons, one on the other, with test classes of different length."""
    folder = tmp_path / "addons"
    for name, depends, classes in (
        ("yst_a", ["base", "mail"], {"TestLong": 40, "TestShort": 3}),
        ("yst_b", ["yst_a", "portal"], {"TestMiddle": 20}),
    ):
        (folder / name / "tests").mkdir(parents=True)
        (folder / name / "__manifest__.py").write_text(repr({"name": name, "depends": depends}))
        text = "".join(f"class {c}(X):\n" + "    x = 1\n" * n for c, n in classes.items())
        (folder / name / "tests" / "test_x.py").write_text(text)
    monkeypatch.setattr(paths, "ADDONS", folder)
    return folder


def test_shards_cover_everything(addons):
    first, rest = shards.balanced(["yst_a", "yst_b"], 2)
    assert first == "/yst_a:TestLong"
    assert rest == "/yst_a,/yst_b,-/yst_a:TestLong"


def test_dependencies_are_split_into_ours_and_theirs(addons):
    assert database.dependencies(["yst_b"]) == (["yst_a", "yst_b"], ["base", "mail", "portal"])
    assert database.dependencies(["yst_a"]) == (["yst_a"], ["base", "mail"])
    with pytest.raises(Trouble, match="no addon yst_c"):
        database.dependencies(["yst_c"])


def test_circle_of_addons_is_told(addons):
    (addons / "yst_a" / "__manifest__.py").write_text("{'depends': ['yst_b']}")
    with pytest.raises(Trouble, match="circle"):
        database.dependencies(["yst_a"])


# -- translations, lint -------------------------------------------------------


def catalogue(*entries):
    import polib

    found = polib.POFile()
    for msgid, msgstr in entries:
        found.append(polib.POEntry(msgid=msgid, msgstr=msgstr))
    return found


def test_merging_keeps_translations_and_leaves_chinese_sources_out():
    exported = catalogue(("Case", ""), ("New", "新建"), ("老年证", ""), ("Fresh", ""), ("8:00", ""))
    merged = i18n.merge(exported, catalogue(("Case", "办件"), ("New", "新增"), ("Gone", "无")), "x")
    assert {e.msgid: e.msgstr for e in merged} == {"Case": "办件", "New": "新增", "Fresh": ""}
    assert [e.msgid for e in i18n.untranslated(merged)] == ["Fresh"]
    found = i18n.problems("x", exported, catalogue(("Case", "办件"), ("New", "新增")))
    assert found == ["addons/x/i18n/zh_CN.po: not in the file: 'Fresh'"]
    assert "missing" in i18n.problems("x", exported, catalogue())[0]


def test_placeholders_of_translations_are_compared():
    assert lint.placeholders("%(name)s of %s: 100%%") == ["%(name)s", "%s"]
    assert lint.placeholders("x") == []


def test_hosts_and_machine_paths_are_found():
    hosts, folders = (rule for rule, _what in lint.FORBIDDEN)
    assert hosts.search("https://pypi" + ".org/simple")
    assert folders.search("see /ro" + "ot/x")
    assert not folders.search("/var/lib/work/item")
    assert not hosts.search("mirror.example.org")


# -- sample users, benchmark, command line ------------------------------------


def test_sample_users_are_a_table_with_chinese_widths(tmp_path, monkeypatch):
    path = tmp_path / "users.yaml"
    monkeypatch.setattr(paths, "SAMPLE_USERS", path)
    assert server.sample_users() == ""
    path.write_text("- {role: 窗口人员, login: clerk, password: pw, note: 示例}\n"
                    "- {role: R, login: c2, password: pw2}\n")
    lines = server.sample_users().splitlines()
    assert len(lines) == 4
    column = [server.width(line.partition("c")[0]) for line in lines[2:]]
    assert column[0] == column[1]


def test_bench_result_says_how_many_times_better():
    found = bench.result("x", 10, 0.5, 2.0, target=2)
    assert (found["ratio"], found["holds"]) == (4.0, True)
    assert not bench.result("x", 10, 1.0, 1.5, target=2)["holds"]
    assert bench.result("x", 10, 200, 100, unit="/s", more_is_better=True)["ratio"] == 2.0
    assert "NO" in bench.table([bench.result("x", 10, 1.0, 1.5, target=2)])


def test_bench_measures_in_turn():
    calls = []
    bench.alternate(lambda: calls.append("A"), lambda: calls.append("B"), rounds=5, warm_up=1)
    assert "".join(calls) == "AB" * 6
    with pytest.raises(ValueError):
        bench.alternate(print, print, rounds=4)


@pytest.mark.parametrize("command", ["run", "test", "lint", "bench", "shell", "reset", "stop",
                                     "backup", "restore", "i18n", "setup"])
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main([command, "--help"])
    assert end.value.code == 0
    assert f"./yst {command}" in capsys.readouterr().out


def test_help_lists_the_commands(capsys):
    assert cli.main(["help"]) == 0
    assert "backup" in capsys.readouterr().out


def test_trouble_ends_with_a_message_and_no_traceback(local, monkeypatch, capsys):
    def trouble(_options):
        raise Trouble("the disk is full", "free some space", local / "x.log")

    monkeypatch.setattr("tools.server.main", trouble)
    assert cli.main(["stop"]) == 1
    said = capsys.readouterr().err
    assert "the disk is full" in said
    assert "free some space" in said
    assert "Traceback" not in said


def test_error_of_ours_goes_to_a_log(local, monkeypatch, capsys):
    monkeypatch.setattr("tools.server.main", lambda _options: 1 / 0)
    assert cli.main(["stop"]) == 2
    said = capsys.readouterr().err
    assert "Traceback (most" not in said
    assert "ZeroDivisionError" in next(paths.LOGS.glob("*crash*")).read_text()


def test_launcher_works_from_any_directory(tmp_path):
    done = subprocess.run([paths.ROOT / "yst", "help"], cwd=tmp_path, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0
    assert "./yst" in done.stdout
