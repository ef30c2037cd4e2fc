"""A trained body as an ONNX graph with int8 weights, written node by node: no tracer stands between the weights and the file.

Weights are rounded per output, activations per token while it runs: a text's scores do not depend on what else is in its batch, as they
would with onnxruntime's own dynamic quantisation, which takes one scale from the whole tensor.
"""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from training.encoder.body import EPSILON, HEADS, WIDTH, Body
from training.encoder.branch import switched

OPSET = 20
MICROSOFT = "com.microsoft"
GRID = 1_024  # steps of one in a mean state
IR_VERSION = 10  # the newest that onnxruntime 1.20 reads

Array = NDArray[np.float32]


class Graph:
    """Nodes and initializers of one graph as they are added; every method returns the name of what it made."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: list[onnx.TensorProto] = []
        self._levels: dict[str, tuple[str, str]] = {}
        self._middle = self.constant(np.array(128, np.uint8))
        self._offset = self.constant(np.float32(128))
        self._share = self.constant(np.float32(1 / 127))
        self._tiny = self.constant(np.float32(1e-9))
        self._last = self.constant(np.array([-1], np.int64))

    def constant(self, value: NDArray[np.generic] | np.generic) -> str:
        """Add an initializer."""
        name = f"c{len(self._initializers)}"
        self._initializers.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: object) -> str:
        """Add a node with one output."""
        name = f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], name=f"{operator}_{name}", domain=domain, **attributes))
        return name

    def linear(self, x: str, weight: Array, bias: Array) -> str:
        """Add x @ weight.T + bias over 8-bit integers; weight is (outputs, inputs)."""
        scales = np.maximum(np.abs(weight).max(1) / 127.0, 1e-12).astype(np.float32)
        rounded = np.clip(np.rint(weight / scales[:, None]), -127, 127).astype(np.int8)
        steps, levels = self._rounded(x)
        product = self.add("MatMulInteger", levels, self.constant(rounded.T), self._middle)
        product = self.add("Mul", self.add("Cast", product, to=TensorProto.FLOAT), steps)
        return self.add("Add", self.add("Mul", product, self.constant(scales)), self.constant(bias.astype(np.float32)))

    def _rounded(self, x: str) -> tuple[str, str]:
        """Round every token's activations to 8 bits by a scale of its own; return the scales and the levels around 128."""
        if x not in self._levels:
            top = self.add("ReduceMax", self.add("Abs", x), self._last, keepdims=1)
            step = self.add("Max", self.add("Mul", top, self._share), self._tiny)
            levels = self.add("Add", self.add("Round", self.add("Div", x, step)), self._offset)
            self._levels[x] = step, self.add("Cast", levels, to=TensorProto.UINT8)
        return self._levels[x]

    def normalised(self, x: str, weight: Array, bias: Array) -> str:
        """Add a layer normalisation over the last axis."""
        return self.add("LayerNormalization", x, self.constant(weight), self.constant(bias), axis=-1, epsilon=EPSILON)

    def bytes(
        self, inputs: dict[str, tuple[int, list[object]]], outputs: dict[str, tuple[str, list[object]]], *, apart: str | None = None
    ) -> bytes:
        """Return the checked model file; `inputs` are name to (type, shape), `outputs` name to (node, shape).

        What only the output `apart` needs does not run where a caller asks for another one.
        """
        nodes = [*self._nodes, *(helper.make_node("Identity", [made], [name]) for name, (made, _) in outputs.items())]
        graph = helper.make_graph(
            nodes,
            "ringwall",
            [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, (_, shape) in outputs.items()],
            self._initializers,
        )
        graph = graph if apart is None else switched(graph, apart)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)])
        model.ir_version = IR_VERSION
        model.producer_name = "ringwall"
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))


def encoded(graph: Graph, body: Body) -> str:
    """Add a body over `words` (batch, tokens, width), `mask` and `segments` (batch, tokens); return its states."""
    return layers(graph, body)[-1]


def layers(graph: Graph, body: Body) -> list[str]:
    """Add a body; return the states after each of its layers, the lowest first."""
    weights = {name: tensor.detach().to("cpu").float().numpy() for name, tensor in body.state_dict().items()}
    zero, axis = graph.constant(np.zeros(1, np.int64)), graph.constant(np.ones(1, np.int64))
    tokens = graph.add("Slice", graph.add("Shape", "mask"), axis, graph.constant(np.array([2], np.int64)), zero)
    positions = graph.add("Slice", graph.constant(weights["positions.weight"]), zero, tokens, zero)
    segments = graph.add("Gather", graph.constant(weights["segments.weight"]), "segments")
    entered = graph.add("Add", graph.add("Add", "words", positions), segments)
    x = graph.normalised(entered, weights["entered.weight"], weights["entered.bias"])
    lengths = graph.add("Cast", graph.add("ReduceSum", "mask", axis, keepdims=0), to=TensorProto.INT32)
    out = []
    for index in range(len(body.layers)):
        x = _layer(graph, x, lengths, {name.removeprefix(f"layers.{index}."): value for name, value in weights.items()})
        out.append(x)
    return out


def mean(graph: Graph, states: str) -> str:
    """Add the mean of each text's states, (batch, width).

    States are rounded to a grid of 1/1,024 first: such sums are exact in float32 (up to a mean of 32 over 512 pieces), so that they do not
    depend on the order in which a batch of another shape is summed, and equal texts have equal results bit for bit.
    """
    kept = graph.add("Unsqueeze", "mask", graph.constant(np.array([2], np.int64)))
    axis, fine = graph.constant(np.ones(1, np.int64)), graph.constant(np.float32(GRID))
    levels = graph.add("Round", graph.add("Mul", graph.add("Mul", states, kept), fine))
    total = graph.add("ReduceSum", levels, axis, keepdims=0)
    return graph.add("Div", total, graph.add("Mul", graph.add("ReduceSum", kept, axis, keepdims=0), fine))


def _layer(graph: Graph, x: str, lengths: str, weights: dict[str, Array]) -> str:
    """Add one layer; texts are padded at their ends only, so lengths are a mask."""
    query, key, value = (graph.linear(x, weights[f"{part}.weight"], weights[f"{part}.bias"]) for part in ("query", "key", "value"))
    mixed = graph.add("MultiHeadAttention", query, key, value, "", lengths, domain=MICROSOFT, num_heads=HEADS)
    mixed = graph.linear(mixed, weights["output.weight"], weights["output.bias"])
    x = graph.normalised(graph.add("Add", x, mixed), weights["attended.weight"], weights["attended.bias"])
    inner = graph.add("Gelu", graph.linear(x, weights["widen.weight"], weights["widen.bias"]))
    inner = graph.linear(inner, weights["narrow.weight"], weights["narrow.bias"])
    return graph.normalised(graph.add("Add", x, inner), weights["finished.weight"], weights["finished.bias"])


INPUTS: dict[str, tuple[int, list[object]]] = {
    "words": (TensorProto.FLOAT, ["batch", "tokens", WIDTH]),
    "mask": (TensorProto.FLOAT, ["batch", "tokens"]),
    "segments": (TensorProto.INT64, ["batch", "tokens"]),
}
"""What every body reads; `ringwall.watch.encoder.Body` feeds it."""
