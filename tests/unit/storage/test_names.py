"""Locations, statements, and the bound above a prefix."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.errors import InvalidRequest, LimitExceeded
from ringwall.storage import statements as statements_module
from ringwall.storage.database import _beyond
from ringwall.storage.limits import NAME_BYTES, check_name
from ringwall.storage.location import Location
from ringwall.storage.statements import statements_for

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)


def test_a_directory_is_sqlite_in_a_file_of_it(tmp_path: Path) -> None:
    location = Location.parse(tmp_path)
    assert (location.dialect, location.file) == ("sqlite", tmp_path / "ringwall.db")
    assert Location.parse(str(tmp_path)) == location


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+asyncpg"])
def test_a_postgresql_url_uses_our_driver_and_hides_its_password(scheme: str) -> None:
    location = Location.parse(f"{scheme}://user:hunter2@host/db")
    assert (location.dialect, location.url.drivername, location.file) == ("postgresql", "postgresql+psycopg", None)
    assert "hunter2" not in location.shown


@given(texts, texts)
def test_the_bound_is_above_all_texts_with_the_prefix_and_below_all_others_after_it(prefix: str, other: str) -> None:
    beyond = _beyond(prefix)
    if not beyond:
        assert set(prefix) <= {"\U0010ffff"}
    else:
        assert beyond > prefix
        assert (prefix <= other < beyond) == other.startswith(prefix)


NAMES = {
    "empty": ("", InvalidRequest),
    "a NUL, which PostgreSQL does not store": ("a\0b", InvalidRequest),
    "a lone surrogate": ("\ud800", InvalidRequest),
    "a byte too long": ("x" * (NAME_BYTES + 1), LimitExceeded),
    "a byte too long in UTF-8": ("é" * (NAME_BYTES // 2) + "x", LimitExceeded),
}


@pytest.mark.parametrize(("name", "refusal"), NAMES.values(), ids=NAMES)
def test_a_name_that_one_of_the_databases_could_not_hold_is_refused(name: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        check_name(name, "document kind")


def test_a_name_as_long_as_may_be_is_taken() -> None:
    check_name("é" * (NAME_BYTES // 2), "document kind")
    check_name("", "prefix", may_be_empty=True)


def test_both_databases_run_the_same_statements() -> None:
    sqlite, postgresql = statements_for("sqlite")._texts, statements_for("postgresql")._texts
    assert sqlite.keys() == postgresql.keys()
    for name, text in sqlite.items():
        assert re.sub(r"%\((\w+)\)s", r":\1", postgresql[name]) == text
        assert text.strip()


def test_every_statement_is_used_by_name() -> None:
    folder = Path(statements_module.__file__).parent
    code = "".join(file.read_text("utf-8") for file in folder.glob("*.py"))
    unused = [
        name for name in statements_for("sqlite")._texts if f'"{name}"' not in code and not name.startswith(("entries", "account_entries"))
    ]
    assert unused == []
