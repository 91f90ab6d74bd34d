"""A PyTorch state dict without PyTorch, and the mask network (MobileNetV2) as ONNX.

A state dict is a ZIP file with a pickle that names tensors and with one file of raw numbers for
each. The pickle is read with nothing allowed in it but tensors in an ordered dictionary, so that
it cannot run anything.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[Any]

_KINDS = {"FloatStorage": "<f4", "HalfStorage": "<f2", "LongStorage": "<i8", "IntStorage": "<i4"}
_BLOCKS = (
    # expansion, channels, repetitions, first stride
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
    (6, 320, 1, 1),
)
SIDE = 128
"""Lines and columns of the face that the mask network takes."""


class _OnlyTensors(pickle.Unpickler):
    """Builds arrays; refuses everything else."""

    def __init__(self, data: bytes, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(io.BytesIO(data))
        self._archive, self._root = archive, root

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in _KINDS:
            return _KINDS[name]
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a state dict")

    def persistent_load(self, pid: Any) -> Array:
        kind, dtype, key, _device, count = pid
        if kind != "storage" or not str(key).isdigit():
            raise pickle.UnpicklingError(f"unknown storage {pid!r}")
        data = self._archive.read(f"{self._root}/data/{key}")
        return np.frombuffer(data, np.dtype(dtype), count)


def _tensor(storage: Array, offset: int, size: Any, stride: Any, *_rest: Any) -> Array:
    steps = tuple(int(step) * storage.itemsize for step in stride)
    last = offset + sum((int(n) - 1) * int(s) for n, s in zip(size, stride, strict=True))
    if offset < 0 or last >= storage.size or any(step < 0 for step in steps):
        raise pickle.UnpicklingError("a tensor lies outside of its storage")
    return np.lib.stride_tricks.as_strided(storage[offset:], tuple(size), steps, writeable=False)


def state_dict(data: bytes) -> dict[str, Array]:
    """The tensors of a state dict by name.

    :raises pickle.UnpicklingError: when it holds anything but tensors
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        name = next(n for n in archive.namelist() if n.endswith("/data.pkl"))
        root = name.removesuffix("/data.pkl")
        return dict(_OnlyTensors(archive.read(name), archive, root).load())


class _Network:
    """The mask network being written."""

    def __init__(self, weights: dict[str, Array]) -> None:
        self._weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def emit(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, array: Array) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def conv(self, x: str, conv: str, norm: str, stride: int = 1, clip: bool = True) -> str:
        """A convolution with its batch normalisation folded in, and ReLU6."""
        weight = self._weights[f"{conv}.weight"]
        factor = self._weights[f"{norm}.weight"] / np.sqrt(
            self._weights[f"{norm}.running_var"] + 1e-5
        )
        bias = self._weights[f"{norm}.bias"] - self._weights[f"{norm}.running_mean"] * factor
        _out, per_group, lines, _columns = weight.shape
        x = self.emit(
            "Conv",
            [x, self.constant(weight * factor[:, None, None, None]), self.constant(bias)],
            strides=[stride, stride],
            pads=[lines // 2] * 4,
            group=weight.shape[0] if per_group == 1 and lines == 3 else 1,
        )
        if not clip:
            return x
        low, high = (self.constant(np.array(v, np.float32)) for v in (0.0, 6.0))
        return self.emit("Clip", [x, low, high])

    def block(self, x: str, name: str, expansion: int, stride: int, same: bool) -> str:
        """An inverted residual block."""
        y, part = x, 0
        if expansion != 1:
            y = self.conv(y, f"{name}.0.0", f"{name}.0.1")
            part = 1
        y = self.conv(y, f"{name}.{part}.0", f"{name}.{part}.1", stride)
        y = self.conv(y, f"{name}.{part + 1}", f"{name}.{part + 2}", clip=False)
        return self.emit("Add", [x, y]) if same else y

    def linear(self, x: str, name: str) -> str:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return self.emit(
            "Gemm", [x, self.constant(weight.T), self.constant(bias)]
        )


def mask_to_onnx(data: bytes) -> bytes:
    """The mask network: N × 3 × 128 × 128 (RGB, −1 … 1) → N × 2 (with mask, without)."""
    network = _Network(state_dict(data))
    x = network.conv("face", "bottom.0.0", "bottom.0.1", 2)
    number, before = 1, 32
    for expansion, channels, repetitions, first in _BLOCKS:
        for repetition in range(repetitions):
            stride = first if repetition == 0 else 1
            same = stride == 1 and before == channels
            x = network.block(x, f"bottom.{number}.conv", expansion, stride, same)
            before = channels
            number += 1
    x = network.conv(x, "bottom.18.0", "bottom.18.1")
    x = network.emit("Flatten", [x], axis=1)
    x = network.emit("Relu", [network.linear(x, "top.0")])
    x = network.linear(x, "top.2")
    network.nodes.append(helper.make_node("Softmax", [x], ["mask"], axis=1))
    float32 = TensorProto.FLOAT
    graph = helper.make_graph(
        network.nodes,
        "mask",
        [helper.make_tensor_value_info("face", float32, ["faces", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("mask", float32, ["faces", 2])],
        network.constants,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 8
    onnx.checker.check_model(made, full_check=True)
    return bytes(made.SerializeToString(deterministic=True))
