"""Each planted defect is refuted by a text that really passes the wall that has it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ringwall.reasoning.text.lemmas import Laboratory
from ringwall.reasoning.text.prove import chosen, prove_tables
from ringwall.reasoning.text.replay import passes
from ringwall.text.tables.loader import parse, table_bytes
from tests.proofs.defective_wall import DefectiveWall
from tests.proofs.defects import DEFECTS
from tests.proofs.table_file import TableFile


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DefectiveWall]:
    made = DefectiveWall(tmp_path_factory.mktemp("wall"))
    yield made
    made.close()


def test_an_unchanged_file_is_the_shipped_one() -> None:
    assert parse(TableFile(table_bytes()).to_bytes()).machines == parse(table_bytes()).machines


def test_the_defects_are_many() -> None:
    assert len(DEFECTS) >= 40


# A refutation takes seconds: `make test` has every third, `make test-all` all.
PLANTED = [pytest.param(what, marks=pytest.mark.slow) if number % 3 else what for number, what in enumerate(DEFECTS)]


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_defect_is_refuted_by_a_text_that_passes(what: str, wall: DefectiveWall) -> None:
    name, plant = DEFECTS[what]
    file = TableFile(table_bytes())
    plant(file)
    data = file.to_bytes()
    wall.install(data)
    if name == "theorems":
        report = prove_tables(parse(data), data, None, [], depth=1, replay=wall.passes)
        assert report.status == "refuted"
        (found,) = report.passing
    else:
        (encoder,) = chosen([name], 1)
        lemma = Laboratory(parse(data), data, wall.passes).lemma(encoder)
        assert lemma.status == "refuted", lemma.why
        assert lemma.counterexample is not None
        found = lemma.counterexample
    assert wall.passes(found.phrase, found.text)
    assert not passes(found.phrase, found.text), "the shipped wall has to block what the defective one lets through"
