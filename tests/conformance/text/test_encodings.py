"""Every encoding and composition, bare and carried: its own phrase is hit, no benign twin is."""

from __future__ import annotations

import importlib.util
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from ringwall.text import PhraseAutomaton, interpreter_name, read_views

HERE = Path(__file__).resolve().parent
VECTORS = json.loads((HERE.parent / "vectors" / "text_encodings.json").read_text(encoding="utf-8"))


def check(rows: Iterable[dict[str, str]], phrases: list[str], interpreter: str) -> int:
    """Read every row; fail with the encodings that were missed or hit in vain."""
    automaton = PhraseAutomaton.compile(phrases)
    missed: dict[str, int] = defaultdict(int)
    vain: dict[str, int] = defaultdict(int)
    count = 0
    for row in rows:
        views = read_views(row["text"], automaton=automaton, interpreter=interpreter)
        found = {phrases[hit.phrase] for hit in views.phrase_hits}
        label = f"{row['encoding']}, {row['place']}"
        count += 1
        assert not views.exhausted, label
        if row["plain"] in phrases:
            missed[label] += row["plain"] not in found
        else:
            vain[label] += bool(found)
    assert not {label for label, n in missed.items() if n}
    assert not {label for label, n in vain.items() if n}
    return count


def test_vectors_are_what_their_generator_makes() -> None:
    specification = importlib.util.spec_from_file_location("make_vectors", HERE / "make_vectors.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    assert module.rows() == VECTORS["rows"]


def test_our_vectors_are_read() -> None:
    assert check(VECTORS["rows"], VECTORS["phrases"], interpreter_name()) == len(VECTORS["rows"])


def test_the_python_interpreter_reads_them_too() -> None:
    plains = (VECTORS["phrases"][0], VECTORS["benign"][0])
    single = [row for row in VECTORS["rows"] if " of " not in row["encoding"]]
    rows = [row for row in single if row["plain"] in plains and row["place"] == "carried"]
    assert check(rows, VECTORS["phrases"], "python") == len(rows)


@pytest.mark.shared
def test_the_shared_encodings_are_read(shared: Path) -> None:
    rows = [json.loads(line) for line in (shared / "peers" / "encodings.jsonl").read_text(encoding="utf-8").splitlines()]
    phrases = list(dict.fromkeys(row["plain"] for row in rows if row["label"] == "attack"))
    assert len({row["enc"] for row in rows}) == 69
    assert check(({**row, "encoding": row["enc"]} for row in rows), phrases, interpreter_name()) == len(rows)
