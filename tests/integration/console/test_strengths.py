"""The guardrails page's section on strengths: whose thresholds hold, what is pinned, and what is wrong with either."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from ringwall.api.native.watch import WatchOutput
from ringwall.console.strengths import describe
from tests.integration.api.conftest import opened
from tests.integration.console.test_console import Browser

pytestmark = pytest.mark.anyio

SAMPLE = {"texts": 1234, "rates": [0.03, 0.01, 0.003], "flagged": {"HATE": [30, 10, 3]}}


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with opened(tmp_path) as home:
        found = Browser(home)
        await found.sign_in()
        yield found


async def section(browser: Browser) -> str:
    page = (await browser.get("/console/guardrails")).body.decode()
    found = re.search(r'<section class="card" aria-labelledby="strengths-title">.*?</section>', page, re.DOTALL)
    assert found is not None
    return found[0]


async def test_the_page_tells_whose_thresholds_hold_and_what_is_pinned(browser: Browser) -> None:
    shown = await section(browser)
    assert shown.count("model card</span>") == 6
    assert "pinned" not in shown
    watch = (await browser.home.native("GET", "/watch")).json()
    model = watch["model"]
    thresholds = {"HATE": [0.1, 0.2, 0.3], "INSULTS": [0.5, 0.7, 0.95]}
    body = {"model": model, "thresholds": thresholds, "sample": SAMPLE, "allowWeaker": True}
    assert (await browser.home.native("PUT", "/watch/thresholds", body)).status == 200
    assert (await browser.home.native("PUT", "/watch/pin", {"version": watch["version"]})).status == 200
    shown = await section(browser)
    assert "0.1 / 0.2 / 0.3" in shown
    assert "own, weaker at HIGH" in shown
    assert "on 1,234 harmless texts" in shown
    assert "pinned</span>" in shown
    assert shown.count("model card</span>") == 4


async def test_a_key_that_may_not_look_is_told_so(browser: Browser) -> None:
    identity, account = browser.home.house.rooms.identity, browser.home.first.account_id
    statements = [{"Effect": "Deny", "Action": "ringwall:GetWatch", "Resource": "*"}]
    await identity.users.put_policy(account, "admin", "blind", json.dumps({"Version": "2012-10-17", "Statement": statements}))
    assert "may not see" in await section(browser)


async def test_stale_thresholds_and_an_absent_version_are_said(browser: Browser) -> None:
    shown = msgspec.convert((await browser.home.native("GET", "/watch")).json(), WatchOutput)
    assert describe(shown).notes == ()
    assert "Fit them again" in describe(msgspec.structs.replace(shown, stale=True)).notes[0]
    gone = msgspec.structs.replace(
        shown, model=None, version=None, pin="content-v0", problem="the account pins `content-v0`", shipped={}, thresholds={}
    )
    told = describe(gone)
    assert (told.model, told.version, told.rows) == ("none", "content-v0", ())
    assert "refused" in told.notes[0]
