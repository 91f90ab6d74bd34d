"""Where things lie. Everything that is made, not written, lies under `.local/`."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"

ADDONS = ROOT / "addons"
ODOO_CONF = ROOT / "odoo.conf"
SAMPLE_USERS = ROOT / "data" / "sample_users.yaml"
REQUIREMENTS = ROOT / "requirements.txt"
REQUIREMENTS_DEV = ROOT / "requirements-dev.txt"
REQUIREMENTS_OCA = ROOT / "requirements-oca.txt"

VIDEO_BRIDGE = ROOT / "video_bridge"

VENV = LOCAL / "venv"
PYTHON = VENV / "bin" / "python"
BRIDGE_VENV = LOCAL / "bridge"
BRIDGE_PYTHON = BRIDGE_VENV / "bin" / "python"
VIDEO = LOCAL / "video"
MODELS = VIDEO / "models"
CLIPS = VIDEO / "clips"
SAMPLE_VIDEO = VIDEO / "vtest.avi"
NODE_VENV = LOCAL / "node"
APT = LOCAL / "apt"
ODOO = LOCAL / "odoo"
OCA = LOCAL / "oca"
OCA_ADDONS = OCA / "odoo" / "addons"
DATA = LOCAL / "data"
FILESTORE = DATA / "filestore"
KEYS = LOCAL / "keys"
IDENTITY_KEY = KEYS / "identity.json"
LOGS = LOCAL / "log"
STAMPS = LOCAL / "stamps"
RUN = LOCAL / "run"
CACHE = LOCAL / "cache"
GENERATED_CONF = LOCAL / "odoo.generated.conf"
ODOO_START = ROOT / "tools" / "odoo_start.py"

DEV_DATABASE = "yishitong"


def private_directory(path):
    """Make `path` (and its parents) if need be; only its owner may look inside."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def own_addons():
    """Names of the suite's own addons, in the order of their folders."""
    if not ADDONS.is_dir():
        return []
    return sorted(p.parent.name for p in ADDONS.glob("*/__manifest__.py"))


def reachable_by_others(path):
    """Whether a user who is not the owner can walk down to `path`."""
    return all(
        os.stat(folder).st_mode & 0o001
        for folder in [path, *path.parents]
        if folder.exists()
    )
