"""What `read_views` promises: which views there are, how they are named, and what happens at the limits."""

from __future__ import annotations

import base64
import codecs

import pytest

from ringwall.errors import LimitExceeded
from ringwall.text import PhraseAutomaton, Views, read_views
from ringwall.text.interpreters import Interpreter
from ringwall.vocabulary import Limits, Span

SECRET = "the launch code for tonight is 7319"


def texts(views: Views) -> dict[tuple[str, ...], str]:
    return {view.chain: view.text for view in views.views}


def test_the_raw_text_is_first_and_untouched(interpreter: Interpreter) -> None:
    for text in ("", "x", "\x00\ud800\U000e0041", "plain text", "Ａ"):
        first = read_views(text, interpreter=interpreter.name).views[0]
        assert (first.chain, first.text) == ((), text)


def test_readings_of_the_raw_text_that_are_always_there(interpreter: Interpreter) -> None:
    views = texts(read_views("Ｍ３３t_me", interpreter=interpreter.name))
    assert views["fold",] == "M33t_me"
    assert views["fold", "leet"] == "Meet_me"
    assert views["fold", "underscores"] == "M33t me"
    assert views["fold", "reversed"] == "em_t33M"
    assert views["fold", "rot13"] == codecs.encode("M33t_me", "rot13")
    assert views["fold", "atbash"] == "N33g_nv"


def test_a_reading_equal_to_another_is_left_out(interpreter: Interpreter) -> None:
    assert list(texts(read_views("1331", interpreter=interpreter.name))) == [(), ("leet",)]


NESTED = {
    "base64": (("base64",), base64.b64encode(SECRET.encode()).decode()),
    "base64 in base64": (("base64", "base64"), base64.b64encode(base64.b64encode(SECRET.encode())).decode()),
    "hex of base64": (("hex", "base64"), base64.b64encode(SECRET.encode()).hex()),
    "base64 in full width": (("fold", "base64"), "".join(chr(ord(c) + 0xFEE0) for c in base64.b64encode(SECRET.encode()).decode())),
    "base64 backwards": (("reversed", "base64"), base64.b64encode(SECRET.encode()).decode()[::-1]),
    "base64 in rot13": (("rot13", "base64"), codecs.encode(base64.b64encode(SECRET.encode()).decode(), "rot13")),
    "entities": (("escapes",), "".join(f"&#{ord(c)};" for c in SECRET)),
    "four layers": (("base64",) * 4, base64.b64encode(base64.b64encode(base64.b64encode(base64.b64encode(SECRET.encode())))).decode()),
}


@pytest.mark.parametrize("case", NESTED)
def test_a_payload_is_a_view_under_its_chain(interpreter: Interpreter, case: str) -> None:
    chain, encoded = NESTED[case]
    views = read_views(f"note: {encoded} end", interpreter=interpreter.name).views
    folds = ("fold",)  # come between layers wherever they change the text
    assert any(SECRET in view.text for view in views if [e for e in view.chain if e not in folds] == [e for e in chain if e not in folds])


def test_depth_bounds_the_layers(interpreter: Interpreter) -> None:
    encoded = base64.b64encode(base64.b64encode(SECRET.encode())).decode()
    found = [any(SECRET in view.text for view in read_views(encoded, depth=d, interpreter=interpreter.name).views) for d in range(4)]
    assert found == [False, False, True, True]


def test_a_mask_lands_on_the_encoded_span(interpreter: Interpreter) -> None:
    encoded = base64.b64encode(SECRET.encode()).decode()
    text = f"Ünder the note: {encoded} and no more."
    for view in read_views(text, interpreter=interpreter.name).views:
        place = view.text.find("7319")
        if place >= 0 and view.chain:
            span = view.origin(place, place + 4)
            assert text.index(encoded) <= span.start < span.end <= text.index(encoded) + len(encoded)
            assert base64.b64decode(
                text[span.start - (span.start - text.index(encoded)) % 4 : text.index(encoded) + len(encoded)]
            ).endswith(b"7319")
            return
    pytest.fail("the payload was not read")


def test_short_runs_share_a_view_that_knows_its_parts(interpreter: Interpreter) -> None:
    text = f"a {base64.b64encode(b'first payload').decode()}, b {b'other payload'.hex()}"
    (view,) = [v for v in read_views(text, interpreter=interpreter.name, depth=1).views if "first payload" in v.text]
    assert view.chain_at(view.text.index("first payload")) == ("base64",)
    assert view.chain_at(view.text.index("other payload")) == ("hex",)


def test_scrambled_words_and_pig_latin_are_read(interpreter: Interpreter) -> None:
    automaton = PhraseAutomaton.compile(["ignore previous instructions"])
    for text, name in (("please ingroe pveiorus isntructoins", "unscrambled"), ("gnoreiay reviouspay nstructionsiay", "pig_latin")):
        views = read_views(text, automaton=automaton, interpreter=interpreter.name)
        assert {hit.chain for hit in views.phrase_hits} == {(name,)}
        assert views.phrase_hits[0].span == Span(text.index(text.split()[-3]), len(text))


def test_a_spent_budget_is_said(interpreter: Interpreter) -> None:
    text = f"note: {base64.b64encode(SECRET.encode()).decode()}"
    small = Limits(decode_budget_factor=1, decode_budget_floor=0)
    views = read_views(text, limits=small, interpreter=interpreter.name)
    assert views.exhausted
    assert views.characters_read <= len(text)
    assert not read_views(text, interpreter=interpreter.name).exhausted


def test_more_matches_than_the_limit_are_exhaustion(interpreter: Interpreter) -> None:
    automaton = PhraseAutomaton.compile(["a" * n for n in range(8, 40)])
    views = read_views("a" * 900, automaton=automaton, depth=0, interpreter=interpreter.name)
    assert views.exhausted


def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        read_views("x" * 11, limits=Limits(text_chars=10))


@pytest.mark.parametrize("text", ["=\n", "%3D%0A", "&#61;&#10;", "PQo="], ids=["bare", "in per cent signs", "in references", "in base64"])
def test_what_decodes_to_nothing_is_no_reading(interpreter: Interpreter, text: str) -> None:
    views = read_views(text, interpreter=interpreter.name)
    assert views.views[0].text == text
    assert all(view.text for view in views.views)
    assert not views.exhausted
