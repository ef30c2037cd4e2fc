"""A judged text is cut so that nothing is lost and every finding is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ringwall.console.highlight import Seen, pieces, reveal

TEXTS = st.text(st.characters(codec=None), max_size=60)


@st.composite
def judged(draw: st.DrawFn) -> tuple[str, list[Seen]]:
    text = draw(TEXTS)
    edges = st.integers(0, len(text))
    findings = []
    for _ in range(draw(st.integers(0, 6))):
        start, end = sorted((draw(edges), draw(edges)))
        findings.append(Seen(start=start, end=end, kind=draw(st.sampled_from(["pii", "attack", "word", "content"])), label="x"))
    if draw(st.booleans()):
        findings.append(Seen(start=-1, end=-1, kind="content", label="whole"))
    return text, findings


@given(judged())
def test_the_pieces_are_the_text_and_carry_exactly_the_findings_that_cover_them(given_: tuple[str, list[Seen]]) -> None:
    text, findings = given_
    cut = pieces(text, findings)
    assert "".join(piece.text for piece in cut) == text
    position = 0
    for piece in cut:
        end = position + len(piece.text)
        covering = {index for index, seen in enumerate(findings) if 0 <= seen.start <= position and end <= seen.end}
        assert set(piece.findings) == covering
        touching = {index for index, seen in enumerate(findings) if seen.start < end and position < seen.end}
        assert touching == covering
        position = end


def test_overlapping_findings_share_a_piece_coloured_by_the_gravest() -> None:
    cut = pieces("abcdef", [Seen(start=0, end=4, kind="pii", label="A"), Seen(start=2, end=6, kind="attack", label="B")])
    assert [(piece.text, piece.findings, piece.kind, piece.label) for piece in cut] == [
        ("ab", (0,), "pii", "A"),
        ("cd", (0, 1), "attack", "A, B"),
        ("ef", (1,), "attack", "B"),
    ]


@given(TEXTS)
def test_what_is_revealed_is_the_text_with_invisible_characters_by_number(text: str) -> None:
    glyphs = reveal(text)
    back = "".join(chr(int(f"0x{glyph.text[2:]}", 0)) if glyph.hidden else glyph.text for glyph in glyphs)
    assert back == text
    assert all(char.isprintable() or char in "\n\t" for glyph in glyphs for char in glyph.text)


def test_invisible_characters_are_named() -> None:
    assert [(glyph.text, glyph.hidden, glyph.name) for glyph in reveal("a\u200bb\ud800")] == [
        ("a", False, ""),
        ("U+200B", True, "ZERO WIDTH SPACE"),
        ("b", False, ""),
        ("U+D800", True, "a character without a name"),
    ]
