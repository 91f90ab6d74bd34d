"""TensorFlow.js graph models to ONNX, for the operators that the person detector is made of.

TensorFlow computes convolutions with the channels last, ONNX with the channels first, and the
exporters of both leave a transposition at every step. Here a tensor is an ONNX value with the
permutation that makes TensorFlow's tensor of it: transpositions are only written down where two
operators disagree, which is nearly nowhere.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[Any]
Order = tuple[int, ...]

_NHWC: Order = (0, 2, 3, 1)
"""Makes a tensor with channels last of one with channels first."""
_OPSET = 17


class ConversionError(Exception):
    """The graph holds something that this converter does not know."""


@dataclass(frozen=True, slots=True)
class _Value:
    """A tensor that is computed: ``tensor = onnx_value.transpose(order)``."""

    name: str
    order: Order


def _inverse(order: Order) -> Order:
    return tuple(int(axis) for axis in np.argsort(order))


class _Graph:
    """The ONNX graph under construction."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, array: Array) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def emit(self, kind: str, inputs: Sequence[str], outputs: int = 1, **attributes: Any) -> Any:
        names = [f"t{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def with_order(self, value: _Value, order: Order) -> str:
        """The ONNX value that gives the tensor with this order."""
        perm = tuple(value.order[axis] for axis in _inverse(order))
        if perm == tuple(range(len(perm))):
            return value.name
        return str(self.emit("Transpose", [value.name], perm=perm))


class _Converter:
    """One pass over the nodes of a graph model."""

    def __init__(self, nodes: Sequence[Mapping[str, Any]], weights: Mapping[str, Array]) -> None:
        self._nodes = {str(node["name"]): node for node in nodes}
        self._weights = weights
        self._done: dict[str, _Value | Array | list[_Value]] = {}
        self.graph = _Graph()
        self.input_name = ""
        self.input_shape: list[int] = []

    def value(self, reference: str) -> _Value:
        """A tensor that is computed."""
        found = self._of(reference)
        if not isinstance(found, _Value):
            raise ConversionError(f"{reference} is constant where a tensor is expected")
        return found

    def array(self, reference: str) -> Array:
        """A tensor that is constant."""
        found = self._of(reference)
        if isinstance(found, _Value):
            raise ConversionError(f"{reference} is computed where a constant is expected")
        return found

    def _of(self, reference: str) -> _Value | Array:
        name, _, index = reference.partition(":")
        if name not in self._done:
            self._convert(name)
        found = self._done[name]
        if isinstance(found, list):
            return found[int(index or 0)]
        return found

    def _convert(self, last: str) -> None:
        """Convert a node after everything it needs; without recursion, graphs are deep."""
        waiting = [last]
        while waiting:
            name = waiting[-1]
            if name in self._done:
                waiting.pop()
                continue
            node = self._nodes.get(name)
            if node is None:
                raise ConversionError(f"the graph has no node {name!r}")
            needs = [str(ref).partition(":")[0] for ref in node.get("input", [])]
            missing = [need for need in needs if need not in self._done]
            if missing:
                waiting += missing
                continue
            self._done[name] = self._node(node)
            waiting.pop()

    def _node(self, node: Mapping[str, Any]) -> _Value | Array | list[_Value]:
        kind = str(node["op"])
        convert = _OPERATORS.get(kind)
        if convert is None:
            raise ConversionError(f"operator {kind} is not known")
        refs = [str(ref) for ref in node.get("input", [])]
        if kind == "Const":
            return self._weights[str(node["name"])]
        done: _Value | Array | list[_Value] = convert(self, node, refs)
        return done

    # one method an operator

    def placeholder(self, node: Mapping[str, Any], _refs: list[str]) -> _Value:
        self.input_name = str(node["name"])
        self.input_shape = [int(d["size"]) for d in node["attr"]["shape"]["shape"]["dim"]]
        return _Value(self.input_name, tuple(range(len(self.input_shape))))

    def identity(self, _node: Mapping[str, Any], refs: list[str]) -> _Value | Array:
        return self._of(refs[0])

    def sparse_to_dense(self, _node: Mapping[str, Any], refs: list[str]) -> Array:
        indices, shape, values, default = (self.array(ref) for ref in refs)
        dense = np.full(tuple(int(v) for v in shape), default)
        if indices.size:
            dense[tuple(indices.reshape(-1, dense.ndim).T)] = values
        return dense

    def transpose(self, _node: Mapping[str, Any], refs: list[str]) -> _Value:
        value, perm = self.value(refs[0]), self.array(refs[1])
        return _Value(value.name, tuple(value.order[int(axis)] for axis in perm))

    def add(self, _node: Mapping[str, Any], refs: list[str]) -> _Value | Array:
        left, right = self._of(refs[0]), self._of(refs[1])
        if not isinstance(left, _Value):
            if not isinstance(right, _Value):
                return np.asarray(left + right)
            left, right = right, left
        assert isinstance(left, _Value)
        if isinstance(right, _Value):
            other = self.graph.with_order(right, left.order)
        else:
            shape = (1,) * (len(left.order) - right.ndim) + right.shape
            other = self.graph.constant(right.reshape(shape).transpose(_inverse(left.order)))
        return _Value(self.graph.emit("Add", [left.name, other]), left.order)

    def conv(self, node: Mapping[str, Any], refs: list[str]) -> _Value:
        self._only_valid_nhwc(node)
        kernel = self.array(refs[1]).transpose(3, 2, 0, 1)
        name = self.graph.emit(
            "Conv",
            [self.graph.with_order(self.value(refs[0]), _NHWC), self.graph.constant(kernel)],
            strides=_pair(node, "strides"),
            dilations=_pair(node, "dilations"),
        )
        return _Value(name, _NHWC)

    def max_pool(self, node: Mapping[str, Any], refs: list[str]) -> _Value:
        self._only_valid_nhwc(node)
        name = self.graph.emit(
            "MaxPool",
            [self.graph.with_order(self.value(refs[0]), _NHWC)],
            kernel_shape=_pair(node, "ksize"),
            strides=_pair(node, "strides"),
        )
        return _Value(name, _NHWC)

    def pad(self, _node: Mapping[str, Any], refs: list[str]) -> _Value:
        value, pads = self.value(refs[0]), self.array(refs[1])[list(_inverse(self._order(refs[0])))]
        inputs = [value.name, self.graph.constant(pads.T.reshape(-1).astype(np.int64))]
        if len(refs) > 2:
            inputs.append(self.graph.constant(self.array(refs[2]).astype(np.float32).reshape(())))
        return _Value(self.graph.emit("Pad", inputs), value.order)

    def leaky_relu(self, node: Mapping[str, Any], refs: list[str]) -> _Value:
        value = self.value(refs[0])
        alpha = float(node["attr"]["alpha"]["f"])
        return _Value(self.graph.emit("LeakyRelu", [value.name], alpha=alpha), value.order)

    def sigmoid(self, _node: Mapping[str, Any], refs: list[str]) -> _Value:
        value = self.value(refs[0])
        return _Value(self.graph.emit("Sigmoid", [value.name]), value.order)

    def concat(self, _node: Mapping[str, Any], refs: list[str]) -> _Value:
        first = self.value(refs[0])
        axis = int(self.array(refs[-1]).reshape(())) % len(first.order)
        names = [self.graph.with_order(self.value(ref), first.order) for ref in refs[:-1]]
        return _Value(self.graph.emit("Concat", names, axis=first.order[axis]), first.order)

    def split(self, _node: Mapping[str, Any], refs: list[str]) -> list[_Value]:
        value, sizes = self.value(refs[0]), self.array(refs[1]).astype(np.int64)
        axis = value.order[int(self.array(refs[2]).reshape(())) % len(value.order)]
        names = self.graph.emit(
            "Split", [value.name, self.graph.constant(sizes)], outputs=len(sizes), axis=axis
        )
        return [_Value(name, value.order) for name in names]

    def reshape(self, _node: Mapping[str, Any], refs: list[str]) -> _Value:
        value, shape = self.value(refs[0]), self.array(refs[1]).astype(np.int64)
        plain = self.graph.with_order(value, tuple(range(len(value.order))))
        name = self.graph.emit("Reshape", [plain, self.graph.constant(shape)])
        return _Value(name, tuple(range(len(shape))))

    def resize(self, node: Mapping[str, Any], refs: list[str]) -> _Value:
        attributes = node["attr"]
        if not attributes["half_pixel_centers"]["b"] or attributes["align_corners"]["b"]:
            raise ConversionError("ResizeBilinear other than by half pixels is not known")
        # ONNX wants all four sizes: the first two come from the input's own shape
        source = self.graph.with_order(self.value(refs[0]), _NHWC)
        shape = self.graph.emit("Shape", [source], start=0, end=2)
        size = self.graph.constant(self.array(refs[1]).astype(np.int64))
        sizes = self.graph.emit("Concat", [shape, size], axis=0)
        name = self.graph.emit(
            "Resize", [source, "", "", sizes],
            mode="linear", coordinate_transformation_mode="half_pixel",
        )
        return _Value(name, _NHWC)

    def _order(self, reference: str) -> Order:
        return self.value(reference).order

    def _only_valid_nhwc(self, node: Mapping[str, Any]) -> None:
        attributes = node["attr"]
        said = [base64.b64decode(attributes[name]["s"]) for name in ("padding", "data_format")]
        if said != [b"VALID", b"NHWC"]:
            raise ConversionError(f"{node['op']} with {said} is not known")


_OPERATORS: dict[str, Callable[[_Converter, Mapping[str, Any], list[str]], Any]] = {
    "Const": _Converter.identity,
    "Placeholder": _Converter.placeholder,
    "Identity": _Converter.identity,
    "SparseToDense": _Converter.sparse_to_dense,
    "Transpose": _Converter.transpose,
    "Add": _Converter.add,
    "AddV2": _Converter.add,
    "Conv2D": _Converter.conv,
    "MaxPool": _Converter.max_pool,
    "Pad": _Converter.pad,
    "PadV2": _Converter.pad,
    "LeakyRelu": _Converter.leaky_relu,
    "Sigmoid": _Converter.sigmoid,
    "ConcatV2": _Converter.concat,
    "SplitV": _Converter.split,
    "Reshape": _Converter.reshape,
    "ResizeBilinear": _Converter.resize,
}


def _pair(node: Mapping[str, Any], name: str) -> list[int]:
    """Rows and columns of an attribute that TensorFlow gives for N, H, W and C."""
    return [int(v) for v in node["attr"][name]["list"]["i"][1:3]]


def _weights(manifest: Sequence[Mapping[str, Any]], blob: bytes) -> dict[str, Array]:
    """The constants: they lie one after the other, floats as half floats where so quantised."""
    weights: dict[str, Array] = {}
    offset = 0
    for group in manifest:
        for entry in group["weights"]:
            dtype = np.dtype(entry.get("quantization", entry)["dtype"])
            shape = tuple(int(v) for v in entry["shape"])
            count = int(np.prod(shape, dtype=np.int64))
            end = offset + count * dtype.itemsize
            if end > len(blob):
                raise ConversionError("the weights end too early")
            array = np.frombuffer(blob, dtype, count, offset).reshape(shape)
            weights[str(entry["name"])] = array.astype(entry["dtype"])
            offset = end
    if offset != len(blob):
        raise ConversionError(f"{len(blob) - offset} bytes of weights are left over")
    return weights


def graph_to_onnx(
    model: bytes, weights: bytes, outputs: Mapping[str, str], *, free_rows: bool = False
) -> bytes:
    """An ONNX model of a TensorFlow.js graph model.

    :param model: the JSON file
    :param weights: the binary file
    :param free_rows: let the picture have any number of rows instead of the one exported
    :param outputs: name of each output in the ONNX model → node of the graph, in the order wanted
    :raises ConversionError: when the graph holds what is not known here
    """
    document = json.loads(model)
    signature = document["signature"]["outputs"]
    converter = _Converter(
        document["modelTopology"]["node"], _weights(document["weightsManifest"], weights)
    )
    infos = []
    for name, node in outputs.items():
        value = converter.value(node)
        plain = converter.graph.with_order(value, tuple(range(len(value.order))))
        converter.graph.nodes.append(helper.make_node("Identity", [plain], [name]))
        dims = [int(d["size"]) for d in signature[f"{node}:0"]["tensorShape"]["dim"]]
        infos.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, dims))
    graph = helper.make_graph(
        converter.graph.nodes,
        "person-detector",
        [
            helper.make_tensor_value_info(
                converter.input_name, TensorProto.FLOAT, converter.input_shape
            )
        ],
        infos,
        converter.graph.constants,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
    made.ir_version = 8
    if free_rows:
        _free_rows(made)
    onnx.checker.check_model(made, full_check=True)
    return bytes(made.SerializeToString(deterministic=True))


def _free_rows(model: onnx.ModelProto) -> None:
    """Let the picture have any number of rows.

    The graph was exported for one size and has it written into resizing and reshaping: resizing
    becomes one by factors, reshaping leaves its last dimension open.
    """
    known = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    shapes = {
        info.name: [dim.dim_value for dim in info.type.tensor_type.shape.dim]
        for info in (*known.value_info, *known.input, *known.output)
    }
    constants = {constant.name: constant for constant in model.graph.initializer}
    for number, node in enumerate(model.graph.node):
        if node.op_type == "Resize":
            before, after = shapes[node.input[0]], shapes[node.output[0]]
            factors = np.array(after, np.float32) / np.array(before, np.float32)
            name = f"factors{number}"
            model.graph.initializer.append(numpy_helper.from_array(factors, name))
            del node.input[2:]
            node.input.append(name)
        elif node.op_type == "Reshape":
            shape = numpy_helper.to_array(constants[node.input[1]]).copy()
            shape[-1] = -1
            name = f"shape{number}"
            model.graph.initializer.append(numpy_helper.from_array(shape, name))
            node.input[1] = name
    used = {name for node in model.graph.node for name in node.input}
    needed = [node for node in model.graph.node
              if any(out in used for out in node.output)
              or any(out.name in node.output for out in model.graph.output)]
    # what computed the sizes is needed by nobody now
    while len(needed) != len(model.graph.node):
        del model.graph.node[:]
        model.graph.node.extend(needed)
        used = {name for node in needed for name in node.input}
        needed = [node for node in needed
                  if any(out in used for out in node.output)
                  or any(out.name in node.output for out in model.graph.output)]
    kept = [constant for constant in model.graph.initializer if constant.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "rows"
    for output in model.graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = f"cells_{output.name}"
