"""Makes everything ready, step by step; what is ready already costs milliseconds."""

import configparser
import io
import os
import secrets
from dataclasses import dataclass

from tools import console, keys, machine, odoo_source, paths, python_env, stamps


@dataclass(frozen=True)
class Ready:
    """What the set-up has made ready."""

    odoo: odoo_source.Odoo
    key_file: object

    def environment(self):
        """Environment for an Odoo process."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("ODOO_", "PYTHONPATH"))}
        return clean | {
            "YST_ODOO_PATH": str(self.odoo.path),
            "YST_KEY_FILE": str(self.key_file),
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore::DeprecationWarning",
            "LC_ALL": "C.UTF-8",
        }


def ensure(tests=False, key=True):
    """Set up whatever is missing. `tests` adds the browser and the packages of tests and lint;
    without `key` no identity key is made, as one may still come out of a backup."""
    with stamps.lock("setup", "another ./yst is setting up; waiting for it …"):
        missing = machine.missing_packages(with_browser=tests)
        if missing:
            machine.install_packages(missing, console.new_log("apt"))
        python_env.ensure_requirements(dev=tests)
        odoo = odoo_source.ensure()
        python_env.ensure_oca()
        _make_importable(odoo)
        return Ready(odoo, keys.ensure() if key else paths.IDENTITY_KEY)


def ensure_production():
    """Set up what a server needs whose database and key come from elsewhere (docker/)."""
    missing = machine.missing_packages(with_database=False)
    if missing:
        machine.install_packages(missing, console.new_log("apt"))
    python_env.ensure_requirements()
    odoo = odoo_source.ensure()
    python_env.ensure_oca()
    _make_importable(odoo)
    return odoo


def _make_importable(odoo):
    """Let .local/venv/bin/python import odoo: for editors, linters and one's own scripts."""
    for site in paths.VENV.glob("lib/python3*/site-packages"):
        path = site / "yishitong_odoo.pth"
        if not path.exists() or path.read_text().strip() != str(odoo.path):
            stamps.write_atomically(path, f"{odoo.path}\n")


def addons_path(odoo):
    """Odoo's, OCA's and our own addons."""
    return [*odoo.addons, paths.OCA_ADDONS, paths.ADDONS]


def write_config(ready, server):
    """Write .local/odoo.generated.conf: odoo.conf plus the paths and the server of this machine."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(paths.ODOO_CONF)
    if not parser.has_section("options"):
        parser.add_section("options")
    options = parser["options"]
    options["addons_path"] = ",".join(map(str, addons_path(ready.odoo)))
    options["data_dir"] = str(paths.DATA)
    options["db_host"] = server.host
    options["db_port"] = str(server.port)
    options["db_user"] = server.user
    if server.password:
        options["db_password"] = server.password
    if server.bin:
        options["pg_path"] = str(server.bin)
    options["admin_passwd"] = _master_password()
    out = io.StringIO()
    parser.write(out)
    paths.DATA.mkdir(parents=True, exist_ok=True)
    text = "; made by ./yst from odoo.conf: edit that one\n" + out.getvalue()
    if not paths.GENERATED_CONF.exists() or paths.GENERATED_CONF.read_text() != text:
        stamps.write_atomically(paths.GENERATED_CONF, text, mode=0o600)
    return paths.GENERATED_CONF


def _master_password():
    """Odoo's database manager password: random, known to nobody."""
    path = paths.KEYS / "master-password"
    if not path.exists():
        paths.private_directory(paths.KEYS)
        stamps.write_atomically(path, secrets.token_urlsafe(24), mode=0o600)
    return path.read_text()
