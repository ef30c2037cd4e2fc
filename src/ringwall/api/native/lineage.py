"""The native API's lineage graph: what surrounds one thing, in one answer: QueryLineage with data sets in it, which asks for no less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.native.operation import NativeOperation
from ringwall.data.lineage_graph import DATASET, LineageGraph, read_start
from ringwall.vocabulary import Arn


class LineageGraphInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ARN of a data set, a version of one (`...:dataset/NAME/3`), a feature group, or a lineage entity."""

    of: Annotated[str, Meta(min_length=1, max_length=2048)]


def _start(call: Call, given: LineageGraphInput) -> Sequence[str]:
    """Return what policies are asked about: of a version its data set, so that what holds for the one holds for the other."""
    kind, name, _ = read_start(given.of, account_id=call.account_id, region=call.region)
    return (str(Arn("ringwall", call.region, call.account_id, f"{DATASET}/{name}")),) if kind == DATASET else (given.of,)


async def _graph(call: Call, given: LineageGraphInput) -> LineageGraph:
    graph = await call.rooms.lineage.graphs.around(call.account_id, given.of)
    call.record["lineage"] = {"vertices": len(graph.nodes), "edges": len(graph.links)}
    return graph


OPERATIONS = (
    NativeOperation(
        Operation("ringwall", "GetLineageGraph", "sagemaker:QueryLineage", _graph, _start, read_only=True),
        "GET",
        "/lineage",
        "Show what a data set, a feature group or a lineage entity came from, and what came of it.",
        LineageGraphInput,
        LineageGraph,
    ),
)
