"""What an entity came from, and what came of it: the walk over associations, as a function.

Source: SageMaker API reference, QueryLineage. Choices that it leaves open, made here: the entity that the walk starts at is the first
of the vertices (the SageMaker SDK draws it so); filters choose what is shown, not what is walked through; an edge is shown where both its
ends are, on the page of the later one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ringwall.data.lineage_entity import WORDS, Edge, Entity
from ringwall.errors import InvalidRequest

DEPTH_MAX = 10  # QueryLineageMaxDepth
RESULTS_MAX = 50  # QueryLineageMaxResults


def walk(start: str, edges: Iterable[Edge], *, direction: str, depth: int) -> list[str]:
    """Follow associations from an entity: Ascendants against their direction, Descendants along it, Both either way at every step.

    Returns:
        The entities reached: the start, then nearest first and, at one distance, by ref.
    """
    neighbours: dict[str, set[str]] = {}
    for edge in edges:
        if direction != "Ascendants":
            neighbours.setdefault(edge.source, set()).add(edge.destination)
        if direction != "Descendants":
            neighbours.setdefault(edge.destination, set()).add(edge.source)
    seen, reached, front = {start}, [start], [start]
    for _ in range(depth):
        front = sorted({far for near in front for far in neighbours.get(near, ())} - seen)
        seen.update(front)
        reached.extend(front)
    return reached


def read_bounds(request: Mapping[str, Any]) -> tuple[int, int]:
    """Return (depth, results) of a request.

    Raises:
        InvalidRequest: less than one of either; the service model has the upper bounds.
    """
    depth, results = request.get("MaxDepth", DEPTH_MAX), request.get("MaxResults", RESULTS_MAX)
    if depth < 1 or results < 1:
        raise InvalidRequest("MaxDepth and MaxResults are at least 1")
    return depth, results


def fits(entity: Entity, filters: Mapping[str, Any]) -> bool:
    """Say whether a query's filters choose an entity, as far as the entity itself tells; `Properties` are looked at by the caller."""
    types, lineage_types = filters.get("Types"), filters.get("LineageTypes")
    bounds = (
        ("CreatedBefore", "CreatedAfter", entity.created_at),
        ("ModifiedBefore", "ModifiedAfter", entity.modified_at),
    )
    return (
        (not types or entity.type in types)
        and (not lineage_types or WORDS[entity.kind] in lineage_types)
        and all(moment <= filters.get(before, moment) and moment >= filters.get(after, moment) for before, after, moment in bounds)
    )


def edges_of_page(shown: Sequence[str], first: int, count: int, edges: Iterable[Edge]) -> list[Edge]:
    """Return the edges of one page.

    Args:
        shown: every vertex of all pages, in order.
        first: index of the page's first vertex.
        count: how many vertices the page has.
        edges: all edges.
    """
    position = {ref: index for index, ref in enumerate(shown)}
    chosen = []
    for edge in edges:
        ends = position.get(edge.source), position.get(edge.destination)
        if ends[0] is not None and ends[1] is not None and first <= max(ends[0], ends[1]) < first + count:
            chosen.append(edge)
    return sorted(chosen, key=lambda edge: edge.id)
