"""Read a shipped body back, so that a training can go on from it: the int8 weights times their scales."""

from __future__ import annotations

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

LAYER = ("query", "key", "value", "output", "widen", "narrow")
NORMS = ("attended", "finished")


def thaw(data: bytes, layers: int) -> tuple[dict[str, Tensor], list[tuple[Tensor, Tensor]]]:
    """Return a body's weights by name, and what linear layers follow it, as (weight, bias); the file is one of `graph.Graph`'s."""
    graph = onnx.load_from_string(data).graph
    values = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    readers = {name: node for node in graph.node for name in node.input}
    linear = [_linear(node, values, readers) for node in graph.node if node.op_type == "MatMulInteger"]
    norms = [node for node in graph.node if node.op_type == "LayerNormalization"]
    shapes = {value.shape: value for value in values.values() if value.ndim == 2 and value.dtype == np.float32}
    width = values[norms[0].input[1]].shape[0]
    out = {"segments.weight": shapes[2, width], "positions.weight": max(shapes.values(), key=len)}
    names = ["entered", *(f"layers.{index}.{norm}" for index in range(layers) for norm in NORMS)]
    for name, node in zip(names, norms, strict=True):
        out[f"{name}.weight"], out[f"{name}.bias"] = values[node.input[1]], values[node.input[2]]
    for index in range(layers):
        for name, (weight, bias) in zip(LAYER, linear[index * len(LAYER) :], strict=False):
            out[f"layers.{index}.{name}.weight"], out[f"layers.{index}.{name}.bias"] = weight, bias
    tensors = {name: torch.from_numpy(value.copy()) for name, value in out.items()}
    return tensors, [(torch.from_numpy(weight.copy()), torch.from_numpy(bias.copy())) for weight, bias in linear[layers * len(LAYER) :]]


def _linear(node: onnx.NodeProto, values: dict, readers: dict) -> tuple[np.ndarray, np.ndarray]:
    """Return the weight (outputs, inputs) and bias of one linear layer: integers, a cast, two products and a sum."""
    stepped = readers[readers[node.output[0]].output[0]]
    scaled = readers[stepped.output[0]]
    added = readers[scaled.output[0]]
    scales, bias = (next(values[name] for name in each.input if name in values) for each in (scaled, added))
    return (values[node.input[1]].astype(np.float32) * scales).T, bias
