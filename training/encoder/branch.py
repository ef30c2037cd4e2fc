"""A part of a graph that runs only where it is asked for: onnxruntime runs every node, whichever outputs are wanted."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ringwall.watch.encoder.body import WHOLE


def switched(graph: onnx.GraphProto, output: str) -> onnx.GraphProto:
    """Return a graph in which what only `output` needs runs unless the input `WHOLE`, true by default, says no; then it has no rows.

    Args:
        graph: as `Graph.bytes` makes it; each node has one output, and the last one of an output is an identity.
        output: a matrix, (rows, width).
    """
    kept = _needed(graph.node, [one.name for one in graph.output if one.name != output])
    apart = [node for node in graph.node if node.output[0] not in kept and node.output[0] != output]
    (made,) = (node.input[0] for node in graph.node if node.output[0] == output)
    (width,) = (one.type.tensor_type.shape.dim[1].dim_value for one in graph.output if one.name == output)
    nothing = helper.make_node("Constant", [], ["nothing"], value=numpy_helper.from_array(np.zeros((0, width), np.float32)))
    whole, empty = (_branch(name, nodes, end) for name, nodes, end in (("whole", apart, made), ("empty", [nothing], "nothing")))
    return helper.make_graph(
        [
            *(node for node in graph.node if node.output[0] in kept),
            helper.make_node("If", [WHOLE], [output], then_branch=whole, else_branch=empty),
        ],
        graph.name,
        [*graph.input, helper.make_tensor_value_info(WHOLE, TensorProto.BOOL, [])],
        list(graph.output),
        [*graph.initializer, numpy_helper.from_array(np.array(True), WHOLE)],
    )


def _branch(name: str, nodes: list[onnx.NodeProto], end: str) -> onnx.GraphProto:
    return helper.make_graph(nodes, name, [], [helper.make_tensor_value_info(end, TensorProto.FLOAT, None)])


def _needed(nodes: Iterable[onnx.NodeProto], ends: list[str]) -> set[str]:
    makers = {node.output[0]: node for node in nodes}
    found: set[str] = set()
    while ends:
        end = ends.pop()
        if end in makers and end not in found:
            found.add(end)
            ends.extend(makers[end].input)
    return found
