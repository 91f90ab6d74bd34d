"""The Python packages of .local/venv and the OCA addons of .local/oca, as pinned."""

import os
import shutil
import sys

from tools import console, machine, paths, stamps


def _python_tag():
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _pip_environment():
    return {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


def pip(arguments, log, trouble, python=None):
    """`pip install` with `arguments`, into the suite's environment or that of `python`."""
    console.run(
        [python or paths.PYTHON, "-m", "pip", "install", "--progress-bar", "off", *arguments],
        log,
        env=_pip_environment(),
        trouble=trouble,
        todo="check the network and pip's configuration; a second try goes on where this "
        "one stopped",
    )


def ensure_requirements(dev=False):
    """Install the pinned packages; `dev` adds those of tests and lint."""
    name = "requirements-dev" if dev else "requirements"
    wanted = stamps.digest(
        paths.REQUIREMENTS, paths.REQUIREMENTS_DEV if dev else "", _python_tag()
    )
    if stamps.stamp(name) == wanted:
        return
    machine.need_space(paths.VENV, 1_200_000_000, "the Python packages")
    log = console.new_log("pip")
    source = paths.REQUIREMENTS_DEV if dev else paths.REQUIREMENTS
    with console.step(f"Python packages ({source.name})", _count(paths.VENV)):
        pip(["-r", source], log, "the Python packages could not be installed")
    stamps.set_stamp(name, wanted)
    if dev:
        stamps.set_stamp("requirements", stamps.digest(paths.REQUIREMENTS, "", _python_tag()))


def _count(folder):
    def progress():
        number = sum(1 for _ in folder.glob("lib/python*/site-packages/*.dist-info"))
        return f"{number} installed,"

    return progress


def ensure_oca():
    """Install the pinned OCA addons into a fresh folder, then put it in place."""
    wanted = stamps.digest(paths.REQUIREMENTS_OCA)
    if stamps.stamp("oca") == wanted and paths.OCA_ADDONS.is_dir():
        return
    log = console.new_log("oca")
    fresh = paths.LOCAL / "oca.part"
    shutil.rmtree(fresh, ignore_errors=True)
    with console.step("OCA addons"):
        pip(
            ["--no-deps", "--target", fresh, "-r", paths.REQUIREMENTS_OCA],
            log,
            "the OCA addons could not be installed",
        )
    shutil.rmtree(paths.OCA, ignore_errors=True)
    fresh.rename(paths.OCA)
    stamps.set_stamp("oca", wanted)
