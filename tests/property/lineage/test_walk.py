"""The walk over associations against a slow and plain one, over random graphs; and pages of edges."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ringwall.data.lineage_entity import By, Edge
from ringwall.data.lineage_query import edges_of_page, walk

NODES = [f"artifact/{number}" for number in range(7)]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
pairs = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=20, unique=True)
directions = st.sampled_from(["Ascendants", "Descendants", "Both"])


def edges_of(ends: list[tuple[str, str]]) -> list[Edge]:
    return [Edge(source=a, destination=b, type="", created_at=NOW, created_by=By("", "")) for a, b in ends if a != b]


def distances(ends: list[Edge], start: str, direction: str) -> dict[str, int]:
    """Relax every edge until nothing changes (Bellman and Ford)."""
    steps = []
    if direction != "Ascendants":
        steps += [(edge.source, edge.destination) for edge in ends]
    if direction != "Descendants":
        steps += [(edge.destination, edge.source) for edge in ends]
    found = {start: 0}
    for _ in NODES:
        for near, far in steps:
            if near in found:
                found[far] = min(found.get(far, 99), found[near] + 1)
    return found


@given(pairs, directions, st.integers(1, 10))
def test_what_is_reached_is_what_is_near_enough_nearest_first(ends: list[tuple[str, str]], direction: str, depth: int) -> None:
    edges, start = edges_of(ends), NODES[0]
    near = {ref: far for ref, far in distances(edges, start, direction).items() if 0 < far <= depth}
    assert walk(start, edges, direction=direction, depth=depth) == [start, *sorted(near, key=lambda ref: (near[ref], ref))]


@given(pairs, directions, st.integers(1, 4))
def test_every_edge_between_what_is_shown_is_on_exactly_one_page(ends: list[tuple[str, str]], direction: str, size: int) -> None:
    edges, start = edges_of(ends), NODES[0]
    shown = walk(start, edges, direction=direction, depth=10)
    pages = [edges_of_page(shown, first, len(shown[first : first + size]), edges) for first in range(0, len(shown), size)]
    between = sorted(edge.id for edge in edges if edge.source in shown and edge.destination in shown)
    assert sorted(edge.id for page in pages for edge in page) == between
    for number, page in enumerate(pages):
        so_far = set(shown[: (number + 1) * size])
        assert all({edge.source, edge.destination} <= so_far for edge in page)
