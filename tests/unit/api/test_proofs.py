"""The committed proof in the API's words."""

from __future__ import annotations

import json
from importlib.resources import files

import msgspec
import pytest

from ringwall.api.native.proofs import proofs
from ringwall.reasoning.text.published import _File, _published, published, published_times
from ringwall.text import tables_digest


def read() -> _File:
    return msgspec.json.decode(files("ringwall.reasoning.text").joinpath("certificates.json").read_bytes(), type=_File)


def test_the_matrix_has_every_committed_cell_with_its_premises() -> None:
    found = proofs(published(), published_times())
    assert found.current
    assert found.tables_digest == tables_digest()
    raw = json.loads(files("ringwall.reasoning.text").joinpath("certificates.json").read_text())
    assert len(found.cells) == len(raw["cells"])
    assert {cell.depth for cell in found.cells} == {1, 2}
    assert all(cell.premises for cell in found.cells if cell.status == "premised")
    assert not any(cell.premises for cell in found.cells if cell.status == "proved" and cell.inner == "base64" and not cell.outer)
    by_id = {lemma.id: lemma for lemma in found.lemmas}
    assert by_id["base64"].states_explored > 100
    assert len(by_id["base64"].certificate_digest) == 64


def test_nothing_is_proved_of_other_tables() -> None:
    found = _published(read(), "0" * 64)
    assert not found.current
    assert found.status == "unknown"
    assert {cell.status for cell in found.cells} == {"unknown", "not claimed"}


def test_a_status_that_is_none_is_refused() -> None:
    broken = msgspec.structs.replace(read(), cells=("hex||certain|",))
    with pytest.raises(msgspec.ValidationError):
        _published(broken, tables_digest())


def test_every_lemma_has_the_time_that_its_proof_took_and_on_what() -> None:
    found = proofs(published(), published_times())
    assert found.timed_on
    assert found.theorems_s is not None
    assert all(lemma.proved_s is not None and lemma.rechecked_s is not None for lemma in found.lemmas)
    assert sum(lemma.proved_s or 0 for lemma in found.lemmas) > 1


def test_times_are_no_part_of_the_certificates() -> None:
    raw = files("ringwall.reasoning.text").joinpath("certificates.json").read_text()
    assert "proved_s" not in raw
    assert "rechecked_s" not in raw


def test_times_of_proofs_about_other_tables_are_not_shown() -> None:
    found = proofs(published(), None)
    assert (found.timed_on, found.theorems_s) == ("", None)
    assert {(lemma.proved_s, lemma.rechecked_s) for lemma in found.lemmas} == {(None, None)}
