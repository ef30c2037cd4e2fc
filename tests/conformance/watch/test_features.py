"""Both interpreters against vectors that another implementation made (tests/conformance/vectors/make_watch_features.py)."""

from __future__ import annotations

import array
import json
from pathlib import Path

import pytest

from ringwall.watch import features

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "watch-features.json").read_text("utf-8"))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: ascii(case["text"][:20]))
def test_the_python_interpreter_finds_the_vectors_buckets(case: dict) -> None:
    body = features.normalise(case["text"])
    assert body.decode() == case["body"]
    assert sorted(features.word_buckets(body, VECTORS["word_bits"])) == case["words"]
    assert sorted(features.character_buckets(body, VECTORS["character_bits"])) == case["characters"]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: ascii(case["text"][:20]))
def test_the_c_interpreter_finds_the_vectors_buckets(case: dict) -> None:
    hashing = pytest.importorskip("ringwall.watch._hashing", reason="the C interpreter is not built")
    words, characters = hashing.buckets(case["body"].encode(), VECTORS["word_bits"], VECTORS["character_bits"])
    assert sorted(array.array("I", words)) == case["words"]
    assert sorted(array.array("I", characters)) == case["characters"]
