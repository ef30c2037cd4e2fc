"""A drawn lineage graph: boxes apart, arrows from box to box, names that fit, whatever the graph."""

from __future__ import annotations

import re
from itertools import combinations
from unicodedata import east_asian_width

from hypothesis import given
from hypothesis import strategies as st

from ringwall.console.lineage_drawing import HEIGHT, WIDTH, cut, draw
from ringwall.data.lineage_graph import LineageGraph, Link, Node

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def arn(number: int) -> str:
    return f"arn:aws:sagemaker:us-east-1:111122223333:action/a{number}"


def graph(count: int, pairs: list[tuple[int, int]]) -> LineageGraph:
    nodes = tuple(Node(arn=arn(number), kind="action", name=f"a{number}", created_at="2026-01-01T00:00:00") for number in range(count))
    links = tuple(Link(source=arn(source), destination=arn(destination), type="") for source, destination in pairs)
    return LineageGraph(of=arn(0), starts=(), nodes=nodes, links=links, neighbours_left_out=0, links_left_out=0, versions_left_out=0)


@st.composite
def graphs(draw_: st.DrawFn) -> LineageGraph:
    count = draw_(st.integers(1, 14))
    place = st.integers(0, count - 1)
    pairs = draw_(st.lists(st.tuples(place, place).filter(lambda pair: pair[0] != pair[1]), max_size=30, unique=True))
    return graph(count, pairs)


@given(graphs())
def test_boxes_lie_apart_and_every_link_is_an_arrow_between_its_boxes(given_: LineageGraph) -> None:
    drawing = draw(given_)
    assert drawing is not None
    assert [box.full for box in drawing.boxes] == [node.name for node in given_.nodes]
    for one, other in combinations(drawing.boxes, 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT
    for box in drawing.boxes:
        assert 0 <= box.x <= drawing.width - WIDTH
        assert 0 <= box.y <= drawing.height - HEIGHT
    assert [(arrow.source.full, arrow.destination.full) for arrow in drawing.arrows] == [
        (link.source.rpartition("/")[2], link.destination.rpartition("/")[2]) for link in given_.links
    ]
    for arrow in drawing.arrows:
        numbers = [float(each) for each in NUMBER.findall(arrow.path)]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        assert all(-1 <= x <= drawing.width + 1 and -1 <= y <= drawing.height + 1 for x, y in points)
        for (x, y), box in ((points[0], arrow.source), (points[-1], arrow.destination)):
            assert box.x - 4 <= x <= box.x + WIDTH + 4
            assert y == box.y + HEIGHT / 2


@given(graphs())
def test_without_circles_every_arrow_goes_to_the_right(given_: LineageGraph) -> None:
    forward = [link for link in given_.links if int(link.source.rpartition("a")[2]) < int(link.destination.rpartition("a")[2])]
    number = {node.arn: index for index, node in enumerate(given_.nodes)}
    drawing = draw(graph(len(given_.nodes), [(number[link.source], number[link.destination]) for link in forward]))
    assert drawing is not None
    assert all(arrow.source.x + WIDTH < arrow.destination.x for arrow in drawing.arrows)


def test_a_circle_is_drawn_with_one_arrow_back() -> None:
    drawing = draw(graph(3, [(0, 1), (1, 2), (2, 0)]))
    assert drawing is not None
    assert [arrow.source.x < arrow.destination.x for arrow in drawing.arrows] == [True, True, False]


def test_two_arrows_that_face_each_other_are_two() -> None:
    drawing = draw(graph(2, [(0, 1), (1, 0)]))
    assert drawing is not None
    assert len({arrow.path for arrow in drawing.arrows}) == 2


def test_nothing_is_no_drawing() -> None:
    assert draw(graph(0, [])) is None


@given(st.text(max_size=60), st.integers(6, 30))
def test_a_cut_text_fits_and_shows_what_it_is(text: str, width: int) -> None:
    short = cut(text, width)
    assert sum(2 if east_asian_width(char) in {"W", "F"} else 1 for char in short) <= width
    assert short.isprintable()
    assert "…" in short or len(short) == len(text)


def test_a_path_keeps_its_beginning_and_its_end() -> None:
    assert cut("s3://lake/applications/2026/01/applications.parquet", 20) == "s3://lake…ns.parquet"
