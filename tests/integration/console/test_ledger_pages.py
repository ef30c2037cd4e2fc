"""The console's ledger pages: what is drawn is what verifies, and what is downloaded holds elsewhere."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ringwall.crypto.log_policy import LogPolicy, trust_logs
from ringwall.crypto.notes import parse_vkey
from ringwall.crypto.rekor import parse_body
from ringwall.crypto.sigstore_bundle import parse_bundle, verify_bundle
from ringwall.crypto.tlog_proof import parse_tlog_proof, verify_tlog_proof
from tests.integration.api.conftest import opened
from tests.integration.console.test_console import Browser

pytestmark = pytest.mark.anyio

CANARY = "<script>alert(1)</script>"


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with opened(tmp_path) as home:
        browser = Browser(home)
        await browser.sign_in()
        yield browser


async def put(browser: Browser, number: int) -> int:
    given = {"digest": f"{number:064x}", "metadata": {"note": CANARY}, "name": CANARY}
    return (await browser.home.native("POST", "/audit-log", given)).json()["index"]


async def read(browser: Browser, path: str) -> str:
    answer = await browser.get(path)
    assert answer.status == 200, answer.body
    return answer.body.decode()


async def trust(browser: Browser, log: str) -> LogPolicy:
    return trust_logs([parse_vkey(key) for key in await browser.home.house.rooms.ledger.log(log).vkeys()])


async def test_an_empty_log_says_so(browser: Browser) -> None:
    answer = await browser.get("/console/ledger")
    assert answer.status == 200
    assert "Nothing is in this log yet" in answer.body.decode()


async def test_the_page_shows_the_newest_checkpoint_and_finds_entries(browser: Browser) -> None:
    indexes = [await put(browser, number) for number in range(4)]
    page = await read(browser, "/console/ledger")
    root = (await browser.home.house.rooms.ledger.log("statements").root(4)).hex()
    assert root in page
    assert [int(each) for each in re.findall(r'href="/console/ledger/statements/(\d+)"', page)] == indexes[::-1]
    assert CANARY not in page
    found = await read(browser, f"/console/ledger?digest={2:064x}")
    assert re.findall(r'href="/console/ledger/statements/(\d+)"', found) == [str(indexes[2])]
    assert "Nothing found" in await read(browser, f"/console/ledger?digest={99:064x}")
    went = await browser.get("/console/ledger?log=statements&index=3")
    assert (went.status, went.headers["location"]) == (303, "/console/ledger/statements/3")
    for wrong, status in (("digest=abc", 400), ("index=x", 400), ("log=secrets", 404), ("index=%D9%A1", 400)):
        assert (await browser.get(f"/console/ledger?{wrong}")).status == status


async def test_an_entry_is_drawn_with_every_hash_of_its_path_and_the_signed_root(browser: Browser) -> None:
    for number in range(6):
        await put(browser, number)
    page = await read(browser, "/console/ledger/statements/4")
    log = browser.home.house.rooms.ledger.log("statements")
    receipt = await log.inclusion_proof(4)
    assert (await log.root(receipt.size)).hex() in page
    assert all(each.hex() in page for each in receipt.proof)
    assert page.count('class="given"') == 2 * len(receipt.proof)
    assert CANARY not in page
    assert "salt" not in page


async def test_the_files_of_an_entry_hold_elsewhere(browser: Browser) -> None:
    await put(browser, 1)
    files = {what: await browser.get(f"/console/ledger/statements/0/{what}") for what in ("proof", "entry", "bundle")}
    for answer in files.values():
        assert answer.status == 200
        assert answer.headers["content-disposition"].startswith('attachment; filename="statements-0.')
        assert answer.headers["x-content-type-options"] == "nosniff"
    policy = await trust(browser, "statements")
    assert verify_tlog_proof(parse_tlog_proof(files["proof"].body), files["entry"].body, policy).size == 1
    bundle = parse_bundle(files["bundle"].body)
    assert verify_bundle(bundle, parse_body(bundle.logged.body).signatures[0].key, policy).size == 1


async def test_audit_records_are_proved_too(browser: Browser) -> None:
    await put(browser, 1)
    ledger = browser.home.house.rooms.ledger
    await ledger.sealed("audit", 0)
    page = await read(browser, "/console/ledger/audit/0")
    assert "the root is" not in page
    assert "ConsoleLogin" in page
    assert 'href="/console/ledger/audit/0"' in await read(browser, "/console/record")
    assert (await browser.get("/console/ledger?log=audit")).status == 200
    assert (await browser.get("/console/ledger/audit/0/bundle")).status == 404


@pytest.mark.parametrize("path", ["statements/99", "statements/x", "secrets/0", "statements/0/keys", "statements/-1"])
async def test_what_is_not_there_is_a_page_that_says_so(browser: Browser, path: str) -> None:
    await put(browser, 1)
    assert (await browser.get(f"/console/ledger/{path}")).status in {400, 404}


async def test_erased_words_leave_an_entry_that_is_still_proved(browser: Browser) -> None:
    index = await put(browser, 1)
    await browser.home.house.rooms.storage.shred("statements", index)
    page = await read(browser, f"/console/ledger/statements/{index}")
    assert "Its words were erased" in page
    assert (await browser.get(f"/console/ledger/statements/{index}/bundle")).status == 404
    assert "erased" in await read(browser, "/console/ledger")
