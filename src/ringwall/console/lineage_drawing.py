"""A lineage graph laid out in columns, from where things came from on the left to what came of them on the right.

The layout is Sugiyama's: no arrow counts that would close a circle, each node stands right of what it came from, columns are ordered so
that fewer arrows cross, and an arrow over several columns has a place of its own in each.

Source: K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of Hierarchical System Structures", IEEE SMC 11(2), 1981.
Invariant: boxes never overlap, and there is one arrow per link (tests/property/console/test_lineage_drawing.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final
from unicodedata import east_asian_width
from urllib.parse import quote

import msgspec

from ringwall.data.lineage_graph import LineageGraph, Node
from ringwall.vocabulary import Arn

WIDTH: Final = 168
HEIGHT: Final = 50
_GAP_X: Final = 52
_GAP_Y: Final = 22
_LANE: Final = 18
_MARGIN: Final = 8
_SWEEPS: Final = 8
_NAME_WIDTH: Final = 20
_TIP: Final = 3
"""Between an arrow's end and its box."""
_KINDS: Final = {
    "dataset-version": "data set version",
    "feature-group": "feature group",
    "artifact": "artifact",
    "action": "action",
    "context": "context",
}


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """One node, by its upper left corner.

    says: what it is, in small. name: cut to fit. full: the whole name. here: the page is about it.
    """

    x: float
    y: float
    kind: str
    says: str
    name: str
    full: str
    href: str
    here: bool


class Arrow(msgspec.Struct, frozen=True, kw_only=True):
    """One link: an SVG path and what the link says, with the boxes at its ends. A link that is none of descent has no head."""

    path: str
    type: str
    source: Box
    destination: Box

    @property
    def headless(self) -> bool:
        """A name in common says nothing of which came from which."""
        return self.type == "same name"


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """The whole picture."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    box_width: int = WIDTH
    box_height: int = HEIGHT


def draw(graph: LineageGraph) -> Drawing | None:
    """Lay a graph out; None: there is nothing in it."""
    if not graph.nodes:
        return None
    number = {node.arn: index for index, node in enumerate(graph.nodes)}
    pairs = [(number[link.source], number[link.destination]) for link in graph.links]
    forward = _without_circles(len(graph.nodes), pairs)
    columns, chains = _columns(_layers(len(graph.nodes), forward), forward)
    neighbours = _neighbours(chains.values())
    _order(columns, neighbours)
    ys = _heights(columns, neighbours, len(graph.nodes))
    layer = {place: index for index, column in enumerate(columns) for place in column}
    boxes = [_box(node, graph.of, layer[index], ys[index]) for index, node in enumerate(graph.nodes)]
    arrows = []
    for link, (source, destination) in zip(graph.links, pairs, strict=True):
        turned = (source, destination) not in chains
        chain = chains[(destination, source) if turned else (source, destination)]
        path = _path([(layer[place], ys[place]) for place in chain], turned=turned)
        arrows.append(Arrow(path=path, type=link.type, source=boxes[source], destination=boxes[destination]))
    right, low = max(box.x for box in boxes) + WIDTH, max(ys.values()) + HEIGHT / 2
    return Drawing(width=int(right + _MARGIN), height=int(low + _MARGIN), boxes=tuple(boxes), arrows=tuple(arrows))


def _without_circles(count: int, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the pairs, those turned round that would close a circle; each once."""
    onward: dict[int, list[int]] = {}
    for source, destination in pairs:
        onward.setdefault(source, []).append(destination)
    state = [0] * count  # 1: on the way here, 2: done
    turned: set[tuple[int, int]] = set()
    for start in range(count):
        stack = [(start, iter(onward.get(start, ())))] if not state[start] else []
        state[start] = state[start] or 1
        while stack:
            place, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                state[place] = 2
                stack.pop()
            elif state[following] == 1:
                turned.add((place, following))
            elif not state[following]:
                state[following] = 1
                stack.append((following, iter(onward.get(following, ()))))
    return list(dict.fromkeys((pair[1], pair[0]) if pair in turned else pair for pair in pairs))


def _layers(count: int, forward: Sequence[tuple[int, int]]) -> list[int]:
    """Return each node's column: right of all it came from; what came from nothing stands just left of the first that came of it."""
    layer = [0] * count
    for _ in range(count):
        moved = False
        for source, destination in forward:
            if layer[destination] <= layer[source]:
                layer[destination], moved = layer[source] + 1, True
        if not moved:
            break
    came = {destination for _, destination in forward}
    for place in set(range(count)) - came:
        layer[place] = min((layer[destination] - 1 for source, destination in forward if source == place), default=0)
    return layer


def _columns(layer: list[int], forward: Sequence[tuple[int, int]]) -> tuple[list[list[int]], dict[tuple[int, int], list[int]]]:
    """Return the columns, and per pair its chain of places: the two ends, and in every column between them a lane of its own."""
    columns: list[list[int]] = [[] for _ in range(max(layer) + 1)]
    for place, column in enumerate(layer):
        columns[column].append(place)
    following = len(layer)
    chains = {}
    for source, destination in forward:
        chain = [source]
        for column in range(layer[source] + 1, layer[destination]):
            columns[column].append(following)
            chain.append(following)
            following += 1
        chains[source, destination] = [*chain, destination]
    return columns, chains


def _neighbours(chains: Iterable[Sequence[int]]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Return each place's neighbours in the column to its left, and in the one to its right."""
    left: dict[int, list[int]] = {}
    right: dict[int, list[int]] = {}
    for chain in chains:
        for near, far in pairwise(chain):
            right.setdefault(near, []).append(far)
            left.setdefault(far, []).append(near)
    return left, right


def _order(columns: list[list[int]], neighbours: tuple[Mapping[int, Sequence[int]], Mapping[int, Sequence[int]]]) -> None:
    """Put every column in the order of the middles of its places' neighbours, from the left and from the right in turn."""
    rank = {place: float(index) for column in columns for index, place in enumerate(column)}
    for sweep in range(_SWEEPS):
        beside = neighbours[sweep % 2]
        for column in columns if sweep % 2 == 0 else reversed(columns):
            column.sort(key=lambda place: _middle(place, beside, rank))
            rank |= {place: float(index) for index, place in enumerate(column)}


def _heights(
    columns: list[list[int]], neighbours: tuple[Mapping[int, Sequence[int]], Mapping[int, Sequence[int]]], count: int
) -> dict[int, float]:
    """Return each place's middle: near those of its neighbours, in the order of its column, nothing on anything else."""
    tall = {place: float(HEIGHT + _GAP_Y if place < count else _LANE) for column in columns for place in column}
    ys: dict[int, float] = {}
    for column in columns:
        ys |= _stack(column, dict.fromkeys(column, 0.0), tall)
    for sweep in range(_SWEEPS):
        beside = neighbours[sweep % 2]
        for column in columns if sweep % 2 == 0 else reversed(columns):
            ys |= _stack(column, {place: _middle(place, beside, ys) for place in column}, tall)
    top = min(y - (HEIGHT / 2 if place < count else 0) for place, y in ys.items())
    return {place: round(y - top + _MARGIN, 1) for place, y in ys.items()}


def _middle(place: int, beside: Mapping[int, Sequence[int]], at: Mapping[int, float]) -> float:
    """Return the middle of a place's neighbours; its own where it has none."""
    near = beside.get(place, ())
    return sum(at[each] for each in near) / len(near) if near else at[place]


def _stack(column: Sequence[int], wished: Mapping[int, float], tall: Mapping[int, float]) -> dict[int, float]:
    """Return middles in the column's order, as close to what is wished as the places' heights allow.

    Places that would lie on each other become one block, which stands where the wishes of its places have their mean.
    """
    blocks: list[tuple[float, list[int]]] = []  # upper edge, places
    for place in column:
        top, block = wished[place] - tall[place] / 2, [place]
        while blocks and blocks[-1][0] + sum(tall[each] for each in blocks[-1][1]) > top:
            block = [*blocks.pop()[1], *block]
            top, offset = 0.0, 0.0
            for each in block:
                top += (wished[each] - offset - tall[each] / 2) / len(block)
                offset += tall[each]
        blocks.append((top, block))
    middles = {}
    for top, block in blocks:
        edge = top
        for place in block:
            middles[place] = edge + tall[place] / 2
            edge += tall[place]
    return middles


def _left(column: int) -> float:
    return _MARGIN + column * (WIDTH + _GAP_X)


def _path(chain: Sequence[tuple[int, float]], *, turned: bool) -> str:
    """Return the curve through a chain's places: level where it leaves, enters, or passes a column."""
    (first, start), (last, end) = chain[0], chain[-1]
    points = [(_left(first) + WIDTH + (_TIP if turned else 0), start)]
    for column, y in chain[1:-1]:
        points += [(_left(column), y), (_left(column) + WIDTH, y)]
    points.append((_left(last) - (0 if turned else _TIP), end))
    if turned:
        points.reverse()
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for (x0, y0), (x1, y1) in pairwise(points):
        half = (x1 - x0) / 2
        path += f" C{x0 + half:g} {y0:g} {x1 - half:g} {y1:g} {x1:g} {y1:g}"
    return path


def _box(node: Node, of: str, column: int, y: float) -> Box:
    version = f" {node.version}" if node.version else ""
    says = _KINDS[node.kind] + version + (f" · {node.type}" if node.type else "")
    return Box(
        x=_left(column),
        y=y - HEIGHT / 2,
        kind=node.kind,
        says=cut(says, _NAME_WIDTH + 6),
        name=cut(node.name, _NAME_WIDTH),
        full=node.name,
        href=address(node.arn),
        here=of == node.arn or of in node.entities,
    )


def address(arn: str) -> str:
    """Return the page of what an ARN of the graph names."""
    kind, _, name = Arn.parse(arn).resource.partition("/")
    if kind in {"artifact", "action", "context"}:
        return f"/console/lineage/{kind}/{quote(name, safe='')}"
    return f"/console/{'datasets' if kind == 'dataset' else 'feature-groups'}/{quote(name, safe='/')}"


def cut(text: str, width: int) -> str:
    """Return a text that fits: its beginning and its end, which tell more of a path than its middle. Invisible characters are dots."""
    seen = "".join(char if char.isprintable() else "·" for char in text)
    if sum(map(_columns_of, seen)) <= width:
        return seen
    head, tail = _fitting(seen, width // 2 - 1), _fitting(seen[::-1], width - width // 2)[::-1]
    return f"{head}…{tail}"


def _fitting(text: str, width: int) -> str:
    used = 0
    for index, char in enumerate(text):
        used += _columns_of(char)
        if used > width:
            return text[:index]
    return text


def _columns_of(char: str) -> int:
    return 2 if east_asian_width(char) in {"W", "F"} else 1
