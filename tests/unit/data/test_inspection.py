"""What is looked at before a commitment, what is counted, and what a sample is worth."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.data.commitment import UnsupportedColumn, open_source, schema_of
from ringwall.data.inspection import (
    SECRET,
    ColumnFinding,
    DataForbidden,
    Inspection,
    check_inspection,
    inspect,
    refuse_forbidden,
    sample_size,
)
from ringwall.errors import InvalidRequest

CARD = 4539578763621486
HELD = {
    "email": (["someone@example.com", "nothing", None], {("email", "EMAIL"): 1}),
    "the same text in many cells": (["a@example.org"] * 40 + ["b@example.org"], {("email", "EMAIL"): 41}),
    "a dictionary": (pa.array(["a@example.org", "x", "a@example.org"]).dictionary_encode(), {("email", "EMAIL"): 2}),
    "a view": (pa.array(["a@example.org"], pa.string_view()), {("email", "EMAIL"): 1}),
    "a list": ([["x", "a@example.org"], None], {("email", "EMAIL"): 1}),
    "a struct": ([{"at": "a@example.org", "n": 1}], {("email.at", "EMAIL"): 1}),
    "a map": (pa.array([[("k", "a@example.org")]], pa.map_(pa.string(), pa.string())), {("email.value", "EMAIL"): 1}),
    "a card's number": ([CARD, 12], {("email", "CREDIT_DEBIT_CARD_NUMBER"): 1}),
    "a card's number as pandas keeps it": ([float(CARD), None, 0.5], {("email", "CREDIT_DEBIT_CARD_NUMBER"): 1}),
    "a key": (["AKIA" + "IOSFODNN7ABCDEFG"], {("email", SECRET): 1}),
    "nothing": (["a quiet day", "42"], {}),
}


@pytest.mark.parametrize("what", HELD)
def test_cells_are_counted_by_column_and_type(what: str) -> None:
    values, wanted = HELD[what]
    seen = inspect(open_source(pa.table({"email": values})))
    found = {(each.column, each.type): each.cells for each in seen.findings}
    assert {key: cells for key, cells in found.items() if key in wanted or not wanted} == wanted


def test_the_columns_name_is_read_as_the_words_before_a_number() -> None:
    named = inspect(open_source(pa.table({"bank account number": ["0123456789"], "x": ["0123456789"]})))
    assert {each.column for each in named.findings} == {"bank account number"}


def test_a_find_at_the_seam_of_a_long_text_is_seen() -> None:
    text = "x " * 49_995 + "someone@example.com" + " y" * 1_000
    assert inspect(open_source(pa.table({"text": [text]}))).types == ("EMAIL",)


def test_columns_without_texts_are_named_as_not_read() -> None:
    table = pa.table({"a": ["x"], "b": [True], "c": pa.array([b"someone@example.com"]), "d": pa.array([1], pa.int8())})
    seen = inspect(open_source(table))
    assert (seen.columns_read, seen.not_read) == (("a",), ("b", "c", "d"))
    nothing = inspect(open_source(table.select(["b"])))
    assert (nothing.rows_read, nothing.columns_read) == (1, ())


def test_no_value_is_in_the_summary() -> None:
    seen = inspect(open_source(pa.table({"mail": ["gwendolyn@example.com", "4539 5787 6362 1486"]})))
    assert seen.types
    text = msgspec.json.encode(seen).decode()
    assert "gwendolyn" not in text
    assert "4539" not in text


@pytest.mark.parametrize(("rate", "confidence", "rows"), [(1e-4, 0.99, 46_050), (0.5, 0.75, 2), (0.01, 0.95, 299)])
def test_the_bound_asks_for_this_many_rows(rate: float, confidence: float, rows: int) -> None:
    assert sample_size(rate, confidence) == rows


@given(st.floats(1e-6, 0.9), st.floats(0.01, 0.9999))
def test_the_bound_holds_and_one_row_less_would_not_do(rate: float, confidence: float) -> None:
    rows = sample_size(rate, confidence)
    assert 1 - (1 - rate) ** rows >= confidence - 1e-9
    assert rows == 1 or 1 - (1 - rate) ** (rows - 1) < confidence + 1e-9


@pytest.mark.parametrize("bound", [(0, 0.5), (1, 0.5), (0.5, 0), (0.5, 1), (float("nan"), 0.5)])
def test_what_is_no_bound_is_refused(bound: tuple[float, float]) -> None:
    with pytest.raises(InvalidRequest):
        sample_size(*bound)


def test_a_sample_is_chosen_by_its_seed_and_says_what_it_is_worth() -> None:
    table = pa.table({"mail": ["someone@example.com" if n % 10 == 0 else "nobody" for n in range(5_000)]})
    source = open_source(pa.concat_tables([table.slice(0, 17), table.slice(17)]))
    seen = inspect(source, rate=0.01, confidence=0.99, seed=bytes(16))
    assert (seen.rows, seen.rows_read, seen.seed) == (5_000, sample_size(0.01, 0.99), "00" * 16)
    assert inspect(open_source(table), rate=0.01, confidence=0.99, seed=bytes(16)) == seen
    assert 20 < seen.findings[0].cells < 80  # a tenth of 459
    whole = inspect(source, rate=0.01, confidence=0.99, everything=True)
    assert (whole.rows_read, whole.seed, whole.findings[0].cells) == (5_000, "", 500)


def test_a_sample_finds_what_it_promises_to_find() -> None:
    table = open_source(pa.table({"mail": ["a@example.org" if n % 100 == 0 else "" for n in range(10_000)]}))
    missed = sum(not inspect(table, rate=0.01, confidence=0.9, seed=bytes([n])).findings for n in range(40))
    assert missed <= 12  # 4 are expected of 40 at 90 %; more than 12 in one of 10,000 series


def test_a_policy_forbids_by_type_and_names_columns() -> None:
    seen = inspect(open_source(pa.table({"mail": ["someone@example.com"]})))
    refuse_forbidden(seen, ["CREDIT_DEBIT_CARD_NUMBER"])
    with pytest.raises(DataForbidden, match=r"^the policy forbids what was found: EMAIL in `mail`$"):
        refuse_forbidden(seen, ["EMAIL"])


def test_a_summary_has_one_digest() -> None:
    table = open_source(pa.table({"mail": ["someone@example.com"]}))
    assert inspect(table).digest == inspect(table).digest
    again = msgspec.json.decode(msgspec.json.encode(inspect(table)), type=Inspection)
    assert again.digest == inspect(table).digest


KINDS = [
    *(pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
    *(pa.float16(), pa.float32(), pa.float64(), pa.bool_(), pa.null(), pa.binary(), pa.binary(4), pa.date32(), pa.time64("us")),
    *(pa.string(), pa.large_string(), pa.string_view(), pa.timestamp("us", "UTC"), pa.duration("s"), pa.decimal128(10, 2)),
    *(pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.int32(), pa.int8()), pa.run_end_encoded(pa.int32(), pa.string())),
    *(
        pa.list_(pa.string()),
        pa.list_(pa.int8(), 2),
        pa.large_list(pa.int64()),
        pa.map_(pa.int8(), pa.string()),
        pa.map_(pa.int8(), pa.int8()),
    ),
    *(pa.struct([("string", pa.int8())]), pa.struct([("a", pa.int8()), ("b", pa.list_(pa.struct([("c", pa.string())])))])),
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_what_is_to_be_read_is_known_from_the_columns_alone(kind: pa.DataType) -> None:
    source = open_source(pa.table({"column": pa.array([], kind) if not pa.types.is_run_end_encoded(kind) else ree()}))
    seen, columns = inspect(source), schema_of(source.schema)
    check_inspection(seen, columns)
    if seen.columns_read:
        with pytest.raises(InvalidRequest, match="did not look at the column `column`"):
            check_inspection(msgspec.structs.replace(seen, columns_read=(), not_read=("column",)), columns)


def ree() -> pa.RunEndEncodedArray:
    return pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), pa.array(["x"]))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"rows_read": 0}, "fewer rows than its bound needs"),
        ({"rows_read": 46_049}, "fewer rows than its bound needs"),
        ({"rate": 7.5}, "a rate and a confidence between 0 and 1"),
        ({"confidence": 0.0}, "a rate and a confidence between 0 and 1"),
        ({"columns_read": ()}, "does not account for every column"),
        ({"findings": (ColumnFinding("mail", "secret", 1),)}, "found `secret`, which is not looked for here"),
    ],
)
def test_a_summary_that_was_not_made_by_looking_is_refused(changed: dict[str, object], why: str) -> None:
    source = open_source(pa.table({"mail": ["x"] * 50_000}))
    seen = inspect(source)
    check_inspection(seen, schema_of(source.schema))
    with pytest.raises(InvalidRequest, match=why):
        check_inspection(msgspec.structs.replace(seen, **changed), schema_of(source.schema))


def test_a_table_with_two_columns_of_one_name_is_refused_before_it_is_read() -> None:
    with pytest.raises(UnsupportedColumn, match="two columns are called `a`"):
        inspect(open_source(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])))


def test_a_rate_that_is_next_to_nothing_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="between 0 and 1"):
        sample_size(1e-310, 0.99)


class Finder:
    """Every `Zorbla` is a name; the words before a colon are one too."""

    model_id = "tests/1"
    types = ("NAME",)

    def find(self, texts: Sequence[str]) -> list[list[Said]]:
        return [[Said(0, text.index(":"))] + [Said(m.start(), m.end()) for m in re.finditer("Zorbla", text)] for text in texts]


class Said(msgspec.Struct, frozen=True):
    start: int
    end: int
    type: str = "NAME"
    confidence: float = 1.0


def test_a_learned_finder_looks_beside_the_rules_and_is_named() -> None:
    table = pa.table(
        {"note": ["ask Zorbla", "ask Zorbla", "nothing", "someone@example.com", None], "Zorbla": ["a", "b", "c", "12345678", ""]}
    )
    seen = inspect(open_source(table), finder=Finder())
    assert seen.findings == (ColumnFinding("note", "EMAIL", 1), ColumnFinding("note", "NAME", 2))
    assert seen.learned == "tests/1"


def test_without_a_finder_a_summary_is_what_it_was_before_there_was_one() -> None:
    seen = inspect(open_source(pa.table({"note": ["ask Zorbla"]})))
    assert (seen.learned, seen.findings) == ("", ())
    assert "learned" not in msgspec.to_builtins(seen)


def test_a_finder_that_fails_stops_the_look() -> None:
    class Broken(Finder):
        def find(self, texts: Sequence[str]) -> list[list[Said]]:
            raise FloatingPointError

    with pytest.raises(FloatingPointError):
        inspect(open_source(pa.table({"note": ["ask Zorbla"]})), finder=Broken())
