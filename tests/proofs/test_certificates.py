"""Committed certificates are about the shipped tables and classes; the report says what was and was not proved."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from typing import Any

import msgspec
import pytest

from ringwall.errors import InvalidRequest
from ringwall.reasoning.text import class_names, prove_bypass
from ringwall.reasoning.text.certificate import encoder_bytes
from ringwall.reasoning.text.encoder import tabulate
from ringwall.reasoning.text.encoders.registry import ENCODERS
from ringwall.reasoning.text.generate import certificates
from ringwall.reasoning.text.prove import all_theorems
from ringwall.reasoning.text.streaming import prove_streaming
from ringwall.text import PhraseAutomaton, tables_digest
from ringwall.text.tables import load_tables
from tests.proofs.forgetful import forgetful

QUICK = ("hex", "binary", "decimal", "quoted-printable", "percent-mixed", "percent-mixed-leaf")


def committed() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files("ringwall.reasoning.text").joinpath("certificates.json").read_text(encoding="utf-8"))
    return found


def test_the_tables_have_not_changed_since_they_were_proved() -> None:
    assert committed()["tables_sha256"] == tables_digest(), "run `python -m ringwall.reasoning.text.generate`"
    assert {lemma["tables_sha256"] for lemma in committed()["lemmas"]} == {tables_digest()}


def test_every_class_has_a_certificate_of_its_present_meaning() -> None:
    found = {lemma["encoder"]: (lemma["encoder_version"], lemma["encoder_sha256"]) for lemma in committed()["lemmas"]}
    wanted = {}
    for define in ENCODERS:
        encoder = define()
        wanted[encoder.id] = (encoder.version, hashlib.sha256(encoder_bytes(tabulate(encoder))).hexdigest())
    assert found == wanted


def test_all_theorems_hold_and_are_the_committed_ones() -> None:
    theorems = (*all_theorems(load_tables()), *prove_streaming().theorems)
    assert all(theorem.holds for theorem in theorems)
    assert [msgspec.to_builtins(theorem) for theorem in theorems] == committed()["theorems"]


def test_quick_lemmas_are_proved_anew_as_committed() -> None:
    lemmas = {lemma["encoder"]: lemma for lemma in committed()["lemmas"]}
    for lemma in prove_bypass(encodings=QUICK, depth=1).lemmas:
        assert lemma.certificate is not None
        assert lemma.certificate.invariant_sha256 == lemmas[lemma.encoder]["invariant_sha256"]
        assert lemma.rechecked > 0


@pytest.mark.slow
def test_everything_is_proved_anew_as_committed() -> None:
    report = prove_bypass()
    streaming = prove_streaming()
    assert (report.status, streaming.status) == ("proved", "proved")
    assert json.loads(certificates(report, streaming)) == committed()


def test_a_report_says_everything_in_both_forms() -> None:
    automaton = PhraseAutomaton.compile(["ignore all previous instructions", "forbidden", "bomb"])
    report = prove_bypass(automaton, encodings=["hex", "percent-mixed"])
    assert report.status == "proved"
    assert (report.phrases.count, report.phrases.anywhere, report.phrases.long) == (3, 2, 1)
    again = json.loads(report.to_json())
    assert again["tables_sha256"] == tables_digest()
    statuses = {(cell.inner, cell.outer): cell.status for cell in report.cells}
    assert statuses["hex", ""] == "proved"
    assert statuses["hex", "hex"] == "proved"
    assert statuses["hex", "percent-mixed"] == "premised"
    text = report.to_markdown()
    for word in ("hex", "percent-mixed", tables_digest(), "Premises of every cell", "Not claimed", "Trusted"):
        assert word in text


def test_depth_one_has_no_chains() -> None:
    assert {cell.depth for cell in prove_bypass(encodings=["hex"], depth=1).cells} == {1}


def test_an_automaton_that_misses_a_phrase_loses_the_proof() -> None:
    automaton = PhraseAutomaton.compile(["ignore all previous instructions"])
    assert automaton.squashed is not None
    broken = PhraseAutomaton(automaton.phrases, forgetful(automaton.squashed), automaton.bounded, automaton.digest)
    report = prove_bypass(broken, encodings=["hex"], depth=1)
    assert report.status == "unknown"
    assert not report.phrases.valid
    assert "is wrong" in report.to_markdown()


@pytest.mark.parametrize("asked", [{"encodings": ["rot99"]}, {"depth": 0}, {"depth": 3}])
def test_what_is_not_claimed_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        prove_bypass(**asked)


def test_the_shared_encodings_have_their_classes() -> None:
    names = set(class_names())
    assert {"base64", "base32", "hex", "binary", "decimal", "octal", "morse", "percent", "escapes", "quoted-printable"} <= names
