"""The re-checker accepts what the prover found and nothing that falls short of it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ringwall.reasoning.text import Rejected, recheck
from ringwall.reasoning.text.certificate import encoder_bytes, invariant_bytes
from ringwall.reasoning.text.cover import Invariant, Prover
from ringwall.reasoning.text.encoder import tabulate
from ringwall.reasoning.text.prove import chosen
from ringwall.reasoning.text.transducer import Transducer
from ringwall.text.tables import load_tables
from ringwall.text.tables.loader import table_bytes
from tests.proofs.defects import DEFECTS
from tests.proofs.table_file import TableFile

QUICK = ("hex", "hex-prefixed", "binary", "decimal", "morse", "quoted-printable", "quoted-printable-mixed-leaf")


def proved(name: str) -> tuple[bytes, bytes]:
    (encoder,) = chosen([name], 1)
    table = tabulate(encoder)
    (machine,) = [m for m in load_tables().machines if m.name == encoder.machine]
    invariant = Prover(table, Transducer(machine)).prove()
    assert isinstance(invariant, Invariant)
    return encoder_bytes(table), invariant_bytes(invariant)


@pytest.mark.parametrize("name", QUICK)
def test_a_proof_is_accepted(name: str) -> None:
    assert recheck(table_bytes(), *proved(name)) > 0


def _without(key: str, place: int) -> Callable[[dict[str, Any]], None]:
    def spoil(claim: dict[str, Any]) -> None:
        claim[key] = claim[key][:place] + claim[key][place + 1 :]

    return spoil


def _more_good(claim: dict[str, Any]) -> None:
    claim["good"] = [[1, 0]]
    claim["accs"] = [[1, [0]]]


SPOILED: dict[str, tuple[str, Callable[[dict[str, Any]], None]]] = {
    "a configuration is missing": ("decimal", _without("places", 5)),
    "a beginning is missing": ("hex", _without("places", 0)),
    "the set of contexts is not closed": ("binary", _without("vectors", 3)),
    "no state is good": ("hex", lambda claim: claim.update(good=[], accs=[])),
    "another state is said to be good": ("hex", _more_good),
    "accumulators of a context are left out": ("hex-prefixed", lambda claim: claim.update(accs=[[s, a[:1]] for s, a in claim["accs"]])),
    "nothing is claimed at all": ("morse", lambda claim: claim.update(good=[], accs=[], vectors=[], places=[])),
    "the decoder with marks is good elsewhere": ("quoted-printable", _more_good),
}


@pytest.mark.parametrize("what", SPOILED)
def test_a_spoiled_invariant_is_rejected(what: str) -> None:
    name, spoil = SPOILED[what]
    encoder, invariant = proved(name)
    claim = msgspec.json.decode(invariant)
    spoil(claim)
    with pytest.raises((Rejected, KeyError)):
        recheck(table_bytes(), encoder, msgspec.json.encode(claim))


@pytest.mark.parametrize(
    "what", ["hex is read at even places only", "hex digits are off by one", "binary misses an offset", "a Morse letter is wrong"]
)
def test_a_proof_over_other_tables_is_rejected(what: str) -> None:
    name, plant = DEFECTS[what]
    file = TableFile(table_bytes())
    plant(file)
    with pytest.raises(Rejected):
        recheck(file.to_bytes(), *proved(name))


def test_the_re_checker_is_small_and_apart_from_the_prover() -> None:
    source = Path(recheck.__code__.co_filename).read_text(encoding="utf-8")
    tree = ast.parse(source)
    imported = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert imported <= {"json", "struct", "array", "typing", "ringwall.errors"}
    documentation = sum(
        len((ast.get_docstring(node) or "").splitlines())
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
    )
    assert sum(bool(line.strip()) for line in source.splitlines()) - documentation <= 150
