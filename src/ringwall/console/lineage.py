"""The lineage graph, drawn on the pages of what has one; and the pages of feature groups and of lineage entities."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import msgspec

from ringwall.console.lineage_drawing import Drawing, address, draw
from ringwall.console.visit import Visit
from ringwall.data.lineage_entity import WORDS
from ringwall.data.lineage_graph import LineageGraph
from ringwall.data.sagemaker_names import sagemaker_arn
from ringwall.errors import AccessDenied, NotFound
from ringwall.wire import HttpResponse


class Lineage(msgspec.Struct, frozen=True, kw_only=True):
    """What a page shows of its lineage. drawing: None where nothing is known; refused: why the visitor may not see it; `of`: the ARN."""

    of: str
    graph: LineageGraph | None = None
    drawing: Drawing | None = None
    refused: str = ""

    @property
    def associated(self) -> bool:
        """Whether anything but data sets and feature groups themselves is in it."""
        return self.graph is not None and any(node.type or node.entities for node in self.graph.nodes)

    @property
    def left_out(self) -> list[str]:
        """What is not drawn."""
        if self.graph is None:
            return []
        counts = (
            (self.graph.neighbours_left_out, "more thing that hangs on these", "more things that hang on these"),
            (self.graph.links_left_out, "more arrow between these", "more arrows between these"),
            (self.graph.versions_left_out, "older version", "older versions"),
        )
        return [f"{number} {one if number == 1 else several}" for number, one, several in counts if number]


async def around(visit: Visit, arn: str) -> Lineage:
    """Draw what surrounds something that the page shows; a visitor who may not see it is told so, and sees the rest of the page."""
    try:
        graph: LineageGraph = await visit.call("GetLineageGraph", {"of": arn})
    except AccessDenied as error:
        return Lineage(of=arn, refused=error.message)
    return Lineage(of=arn, graph=graph, drawing=draw(graph))


async def entity(visit: Visit) -> HttpResponse:
    """Show an artifact, an action or a context: what it is, what it came from, and what came of it."""
    kind, id_ = visit.path[1], unquote(visit.path[2])
    if kind not in WORDS:
        raise NotFound("there is no such kind of lineage entity")
    account_id = visit.visitor.principal.account_id
    arn = sagemaker_arn(visit.region, account_id, kind, id_)
    graph: LineageGraph = await visit.call("GetLineageGraph", {"of": arn})
    node = next(node for node in graph.nodes if node.arn in graph.starts)
    lineage = Lineage(of=arn, graph=graph, drawing=draw(graph))
    return visit.page("lineage_entity.html", {"kind": kind, "arn": arn, "node": node, "place": address(node.arn), "lineage": lineage})


async def feature_group(visit: Visit) -> HttpResponse:
    """Show a feature group: its features and stores, and its lineage."""
    found: dict[str, Any] = await visit.call("DescribeFeatureGroup", {"FeatureGroupName": unquote(visit.path[1])})
    lineage = await around(visit, found["FeatureGroupArn"])
    has_versions = lineage.graph is not None and any(
        node.version and node.name == found["FeatureGroupName"] for node in lineage.graph.nodes
    )
    return visit.page("feature_group.html", {"group": found, "lineage": lineage, "has_versions": has_versions})
