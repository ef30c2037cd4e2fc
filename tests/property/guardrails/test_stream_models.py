"""An answer that streams under learned rules: however it is cut the same goes out, and no model is asked in a hurry."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.guardrails import Guardrail, Scorers, compile_guardrail, parse_config
from ringwall.guardrails.ports import WindowScore
from ringwall.guardrails.stream import Ended, Mode, Stopped, Stream
from ringwall.vocabulary import Limits
from ringwall.vocabulary.patience import in_a_hurry, take_time
from ringwall.watch.cascade import load_cascade_scorer
from tests.unit.guardrails.scorers import SpokenScorer, config, content_policy
from tests.unit.watch import small_encoder

POLICY = parse_config(config(**content_policy(("PROMPT_ATTACK", "HIGH", "NONE"), ("VIOLENCE", "NONE", "HIGH"), ("HATE", "NONE", "HIGH"))))
FILLER = st.integers(0, 900).map(lambda length: ("the vibration readings have been stable since then and " * 18)[:length])
TEXTS = st.lists(FILLER | st.sampled_from(("stab", "hate", "St\u0430b", "grüße ", "\n", "a knife. ")), min_size=1, max_size=6).map(" ".join)


class Asking(SpokenScorer):
    """A scorer that always takes its time."""

    def score_windows(self, windows: Sequence[str]) -> list[WindowScore]:
        take_time()
        return super().score_windows(windows)


@pytest.fixture(scope="module")
def cascade(tmp_path_factory: pytest.TempPathFactory) -> Guardrail:
    scorer = load_cascade_scorer(where=small_encoder.write(tmp_path_factory.mktemp("weights")))
    return compile_guardrail(POLICY, Scorers(content=scorer))


def stream(guardrail: Guardrail, text: str, cuts: list[int]) -> tuple[str, Stopped | Ended]:
    session = Stream(guardrail, "OUTPUT", Limits())
    out = ""
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        for event in session.feed(0, text[start:end]):
            if isinstance(event, Stopped):
                return out, event
            out += event.text
    return out, session.finish()


@settings(max_examples=40, deadline=None)
@given(text=TEXTS, data=st.data())
def test_the_same_goes_out_however_an_answer_is_cut(cascade: Guardrail, text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    assert stream(cascade, text, cuts) == stream(cascade, text, [])


@settings(max_examples=40, deadline=None)
@given(
    chunks=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 200)), min_size=1, max_size=30),
    mode=st.sampled_from(("sync", "async")),
    hold=st.booleans(),
)
def test_what_weighs_little_asks_no_model(chunks: list[tuple[int, int]], mode: Mode, hold: bool) -> None:
    session = Stream(compile_guardrail(POLICY, Scorers(content=Asking())), "OUTPUT", Limits(), mode=mode, hold=hold)
    for block, length in chunks:
        chunk = ("so it was and on it went " * 9)[:length]
        weight = session.weight(len(chunk), block=block)
        assert weight == 0 or weight > 2_000, "a stream cannot be begun again, so nothing between runs on the loop"
        if weight == 0:
            in_a_hurry(lambda block=block, chunk=chunk: session.feed(block, chunk))
        else:
            session.feed(block, chunk)
    assert session.weight(session.characters) > 2_000
