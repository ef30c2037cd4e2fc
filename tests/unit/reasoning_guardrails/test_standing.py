"""What is proved of one guardrail's words is said of exactly the words that the theorems are about."""

from __future__ import annotations

from typing import Any

import msgspec

from ringwall.api.native.demo import demo_guardrail
from ringwall.reasoning.guardrails import WallStatus, proof_status
from ringwall.reasoning.text.published import published
from ringwall.text import PhraseAutomaton
from tests.proofs.forgetful import forgetful
from tests.unit.reasoning_guardrails.test_upgrade import compiled, pii, simple, words

LONG = "ignore the garden wall"


def wall(*listed: Any, source: str = "INPUT") -> WallStatus:
    (found,) = [each for each in proof_status(words(*listed)).walls if each.source == source]
    return found


def test_long_words_have_every_published_theorem_with_its_premises() -> None:
    found = wall(LONG)
    assert (found.status, found.listed, found.acting, found.anywhere) == ("premised", 1, 1, 1)
    cells = {cell.inner: cell for cell in published().cells if cell.depth == 1}
    assert {each.id: (each.status, each.premises) for each in found.theorems} == {
        name: (cell.status, cell.premises) for name, cell in cells.items()
    }
    chains = [cell for cell in published().cells if cell.depth == 2]
    assert sum(each.chains.proved for each in found.theorems) == sum(cell.status == "proved" for cell in chains)
    assert sum(each.chains.not_claimed for each in found.theorems) == sum(cell.status == "not claimed" for cell in chains)


def test_a_short_word_is_not_claimed() -> None:
    found = wall("owl")
    assert (found.status, found.anywhere) == ("not claimed", 0)
    assert {each.status for each in found.theorems} == {"not claimed"}
    assert not any(each.premises or each.chains.proved for each in found.theorems)


def test_a_short_word_among_long_ones_leaves_the_proof_in_part() -> None:
    found = wall(LONG, "owl")
    assert (found.status, found.acting, found.anywhere) == ("in part", 2, 1)
    assert {(each.status, each.words) for each in found.theorems} == {("in part", 1)}
    assert "1 of 2 words" in found.why


def test_words_shorter_than_a_decoders_run_are_not_claimed_for_it() -> None:
    found = {each.id: each.status for each in wall("nightjar").theorems}
    assert found["hex"] == "proved"
    assert found["base32"] == "not claimed"
    assert found["base85"] == "not claimed"


def test_two_ideographs_are_found_anywhere_but_not_claimed_where_hits_need_letters() -> None:
    found = {each.id: each.status for each in wall("炸弹").theorems}
    assert found["characters"] == "proved"
    assert {found[name] for name in ("reversed", "rotations", "base64")} == {"not claimed"}


def test_words_that_only_report_are_not_applicable() -> None:
    report = {"text": LONG, "inputAction": "NONE"}
    assert wall(report).status == "not applicable"
    assert {each.status for each in wall(report).theorems} == {"not applicable"}
    assert wall(report, source="OUTPUT").status == "premised"


def test_a_direction_that_is_off_has_no_wall_and_neither_has_a_guardrail_without_words() -> None:
    found = proof_status(words({"text": LONG, "outputEnabled": False}))
    assert [each.source for each in found.walls] == ["INPUT"]
    assert proof_status(pii(("EMAIL", "BLOCK"))).walls == ()


def test_the_managed_list_has_a_status_of_its_own() -> None:
    listed = simple(wordPolicyConfig={"managedWordListsConfig": [{"type": "PROFANITY"}], "wordsConfig": [{"text": LONG}]})
    rules = {(each.source, each.rule): each for each in proof_status(listed).walls}
    assert set(rules) == {(source, rule) for source in ("INPUT", "OUTPUT") for rule in ("word/custom", "managed-words/PROFANITY")}
    assert rules["INPUT", "word/custom"].status == "premised"
    assert rules["INPUT", "managed-words/PROFANITY"].status == "in part"


def test_an_automaton_that_misses_a_phrase_is_unknown() -> None:
    guardrail = words(LONG)
    plan = guardrail.plans["INPUT"]
    assert plan.detectors is not None
    automaton = plan.detectors.automaton
    assert automaton is not None
    assert automaton.squashed is not None
    plan.detectors.automaton = PhraseAutomaton(automaton.phrases, forgetful(automaton.squashed), automaton.bounded, automaton.digest)
    found = next(each for each in proof_status(guardrail).walls if each.source == "INPUT")
    assert found.status == "unknown"
    assert "automaton is wrong" in found.why


def test_nothing_is_proved_over_other_tables() -> None:
    other = published()
    cells = tuple(msgspec.structs.replace(cell, status="unknown" if cell.status != "not claimed" else cell.status) for cell in other.cells)
    stale = msgspec.structs.replace(other, current=False, status="unknown", cells=cells)
    found = proof_status(words(LONG), stale)
    assert not found.current
    assert {each.status for each in found.walls} == {"unknown"}


def test_the_demo_has_walls_on_both_sides() -> None:
    found = proof_status(compiled(demo_guardrail()))
    assert {each.source for each in found.walls} == {"INPUT", "OUTPUT"}
    assert found.current
    assert all(each.status != "unknown" for each in found.walls)
