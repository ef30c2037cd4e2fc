"""The data set pages: versions, what was found, how columns changed, and texts that stay texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from ringwall.data.commitment import commit, open_source
from ringwall.data.inspection import inspect
from tests.integration.console.test_console import Browser, browser, stranger

__all__ = ["browser", "stranger"]

pytestmark = pytest.mark.anyio


async def committed(browser: Browser, columns: Mapping[str, Any]) -> dict[str, Any]:
    source = open_source(pa.table(dict(columns)))
    made = commit(source)
    given = {"commitment": made.commitment, "columns": made.schema, "origin": source.origin, "inspection": inspect(source)}
    answer = await browser.home.native("POST", "/datasets/credit-risk/versions", json.loads(msgspec.json.encode(given)))
    assert answer.status == 201
    version: dict[str, Any] = answer.json()
    return version


async def text(browser: Browser, path: str) -> str:
    answer = await browser.get(f"/console{path}")
    assert answer.status == 200
    return answer.body.decode()


async def test_an_account_without_data_sets_is_told_how_to_make_one(browser: Browser) -> None:
    assert "ringwall dataset create NAME" in await text(browser, "/datasets")


async def test_versions_findings_and_changes_of_columns_are_shown(browser: Browser) -> None:
    await browser.home.native("PUT", "/datasets/credit-risk", {"forbidden": ["SECRET"]})
    assert "Nothing was committed to yet" in await text(browser, "/datasets/credit-risk")
    first = await committed(browser, {"id": [1, 2], "gone": [True, False], "mail": ["someone@example.com", ""]})
    second = await committed(browser, {"mail": ["x"], "id": pa.array([1], pa.int32()), "tags": [["a"]]})
    listed = await text(browser, "/datasets")
    assert '<a href="/console/datasets/credit-risk">credit-risk</a>' in listed
    page = await text(browser, "/datasets/credit-risk")
    for version in (first, second):
        assert version["digest"][:16] in page
        assert f'href="/console/ledger/statements/{version["receipt"]["index"]}"' in page
    assert "No version may hold: SECRET" in page
    assert "EMAIL" in page
    for change in ("gone (bool)", "tags ({&#34;list&#34;:&#34;string&#34;})", "id: int64 became int32", "columns stand in another order"):
        assert change in page


async def test_names_of_columns_stay_texts(browser: Browser) -> None:
    await browser.home.native("PUT", "/datasets/credit-risk", {})
    await committed(browser, {"<script>alert(1)</script>": ["someone@example.com"]})
    page = await text(browser, "/datasets/credit-risk")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


async def test_what_is_not_there_is_not_found(browser: Browser) -> None:
    assert (await browser.get("/console/datasets/nothing")).status == 404
    assert (await browser.get("/console/datasets/no%20name")).status == 400
