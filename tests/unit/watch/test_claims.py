"""Answers cut into claims, and what of a source they are compared with."""

from __future__ import annotations

import pytest

from ringwall.errors import LimitExceeded
from ringwall.watch import claims
from ringwall.watch.claims import Passages, claims_of, cut

encoder = pytest.importorskip("ringwall.watch.encoder", reason="the extra `watch` is not installed")
PIECES = encoder.load_encoder().pieces


def texts(text: str) -> list[str]:
    return [text[one.start : one.end] for one in cut(text, PIECES)]


CUTS = {
    "sentences": ("It rained. We left! Why?", ["It rained.", "We left!", "Why?"]),
    "lines": ("First line\nsecond line", ["First line", "second line"]),
    "an abbreviation": ("Dr. Smith met Mr. Jones. They spoke.", ["Dr. Smith met Mr. Jones.", "They spoke."]),
    "an initial": ("George W. Bush won. He smiled.", ["George W. Bush won.", "He smiled."]),
    "a quotation": ('"Stop." He ran.', ['"Stop."', "He ran."]),
    "a decimal": ("It grew 3.5 percent. Good.", ["It grew 3.5 percent.", "Good."]),
    "lower case with spaced marks": ("yes , it is green . it grows", ["yes , it is green .", "it grows"]),
    "nothing": ("", []),
    "marks alone": ("... !!", []),
}


@pytest.mark.parametrize(("text", "expected"), CUTS.values(), ids=CUTS)
def test_a_text_is_cut_at_its_sentences(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_a_long_sentence_is_cut_and_none_of_it_is_lost() -> None:
    text = " ".join(f"word{index}" for index in range(200))
    parts = cut(text, PIECES)
    assert len(parts) > 3
    assert all(len(part.ids) <= claims.SENTENCE_PIECES for part in parts)
    assert [id_ for part in parts for id_ in part.ids] == list(PIECES.pieces(text).ids)


def test_sentences_without_a_content_word_claim_nothing_unless_a_query_was_asked() -> None:
    assert claims_of("Yes. It is.", PIECES, asked=False) == []
    assert len(claims_of("Yes. It is.", PIECES, asked=True)) == 2
    assert [one.start for one in claims_of("Yes. The bridge is red.", PIECES, asked=True)] == [5]


def test_too_many_claims_are_refused() -> None:
    assert len(claims_of("A bridge.\n" * claims.MAX_CLAIMS, PIECES, asked=False)) == claims.MAX_CLAIMS
    with pytest.raises(LimitExceeded, match="claims") as refused:
        claims_of("A bridge.\n" * (claims.MAX_CLAIMS + 1), PIECES, asked=False)
    assert refused.value.how_to_mend


def test_too_many_pairs_of_claims_and_sentences_are_refused() -> None:
    passages = Passages("A bridge.\n" * 1_000, PIECES)
    passages.check_size(claims.MAX_CELLS // 1_000)
    with pytest.raises(LimitExceeded, match="sentences of a source"):
        passages.check_size(claims.MAX_CELLS // 1_000 + 1)


FILLER = [f"The clerk noted item {index} in the ledger of the harbour office that morning." for index in range(60)]


def source(at: dict[int, str]) -> str:
    return " ".join(at.get(index, line) for index, line in enumerate(FILLER))


def chosen(text: str, claim: str) -> list[int]:
    return Passages(text, PIECES).chosen(frozenset().union(*(one.stems for one in cut(claim, PIECES))))


def test_what_speaks_about_a_claim_is_chosen_however_far_apart() -> None:
    far = source({3: "The Brooklyn bridge is old.", 50: "Its engineer was Roebling of Trenton."})
    found = chosen(far, "The Brooklyn bridge had Roebling as its engineer.")
    assert {2, 3, 4, 49, 50, 51} <= set(found)
    assert found == sorted(found)


def test_no_more_is_chosen_than_is_compared() -> None:
    passages = Passages(source({10: "The Brooklyn bridge is old. " * 40}), PIECES)
    found = passages.chosen(frozenset({"bridge", "brooklyn", "clerk"}))
    assert 0 < sum(len(passages.sentences[index].ids) for index in found) <= claims.PASSAGE_PIECES


def test_a_source_that_fits_is_chosen_whole() -> None:
    assert chosen("The bridge is red. It is long.", "red") == [0, 1]
    assert chosen("", "red") == []


def test_a_claim_that_shares_nothing_is_still_compared() -> None:
    assert chosen(source({}), "quokka")


def test_a_sentence_of_the_source_is_known_by_its_words() -> None:
    passages = Passages("The bridge is red. It is long.", PIECES)
    assert passages.holds(cut("the bridge  is red", PIECES)[0])
    assert not passages.holds(cut("The bridge is long.", PIECES)[0])
