"""Faults under load, on a live server: killed without warning, left by clients and upstreams two hundred times, and without its shared store."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ringwall.storage.location import FILE_NAME
from tests.acceptance.api.test_boto3 import client
from tests.acceptance.chat_upstream import ChatUpstream
from tests.acceptance.faults.asking import Asker, Heard, Load, asker
from tests.acceptance.faults.telling import guarded
from tests.live import Live, free_port
from tests.valkey import Valkey

KILLS = min(int(os.environ.get("RINGWALL_TEST_KILLS", "1")), 10)
MASKING = {
    "name": "masking",
    "blockedInputMessaging": "no",
    "blockedOutputsMessaging": "no",
    "sensitiveInformationPolicyConfig": {"piiEntitiesConfig": [{"type": "EMAIL", "action": "ANONYMIZE"}]},
}


def make_guardrail(live: Live) -> str:
    return str(client(live, "bedrock").create_guardrail(**MASKING)["guardrailId"])


def records(asks: Asker) -> list[dict[str, Any]]:
    """Return every audit record of a question."""
    found: list[dict[str, Any]] = []
    start_at: int | None = None
    while True:
        page = native(asks, "/records?eventName=ChatCompletions&limit=1000" + ("" if start_at is None else f"&start={start_at}"))
        found += page["records"]
        start_at = page["next"]
        if start_at is None:
            return found


def native(asks: Asker, path: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", asks.port, timeout=60)
    connection.request("GET", f"/ringwall/v1{path}", headers={"authorization": f"Bearer {asks.api_key}"})
    answer = connection.getresponse()
    read = json.loads(answer.read())
    connection.close()
    assert answer.status == 200, read
    return read


def check_heard(heard: Heard) -> None:
    """Nothing but guarded text, from its beginning on, and all of it where it came to its end."""
    expected = guarded(heard.lines)
    assert expected.startswith(heard.text), heard
    assert not heard.whole or heard.text == expected, heard


@pytest.mark.timeout(60 + KILLS * 60)
def test_a_server_killed_under_load_has_recorded_what_it_answered_and_let_nothing_out(
    tmp_path: Path, upstream: ChatUpstream, server: Callable[..., Live]
) -> None:
    port = free_port()
    live = server(tmp_path / "var", port=port)
    asks = asker(live, make_guardrail(live))
    answered: list[Heard] = []
    for _ in range(KILLS):
        load = Load(asks, clients=8)
        threads = load.start(after=40)
        assert load.enough.wait(60)
        live.process.kill()
        live.process.communicate()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()
        answered += [heard for heard in load.heard if heard.request_id]
        assert any(heard.status == 200 and not heard.whole for heard in load.heard), "some were cut in the middle"
        live = server(tmp_path / "var", port=port)
        again = asks.ask(3)
        assert (again.whole, again.text) == (True, guarded(3)), "after the restart answers go on"
        answered.append(again)
    for heard in answered:
        assert heard.status == 200, heard
        check_heard(heard)
    check_records(records(asks), answered)
    assert live.stop() == 0


def check_records(events: list[dict[str, Any]], answered: list[Heard]) -> None:
    """Compare what was heard with the audit record."""
    begun = {event["requestId"] for event in events}
    ended = {event["ringwall"]["continues"] for event in events if "continues" in event["ringwall"]}
    streamed = {event["requestId"] for event in events if event["ringwall"].get("stream")}
    assert {heard.request_id for heard in answered} <= begun, "an answer that was acknowledged has no record"
    assert {heard.request_id for heard in answered if heard.whole and heard.request_id in streamed} <= ended, "an end has no record"
    assert "example.com" not in json.dumps(events)


def open_files(live: Live) -> int:
    """Count what a server holds open but its database, of which its storage opens another connection when it wants one."""
    found = 0
    for each in Path(f"/proc/{live.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed
            found += not each.readlink().name.startswith(FILE_NAME)
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="proc: this system has no /proc")
def test_two_hundred_broken_streams_leave_no_connection_behind(tmp_path: Path, upstream: ChatUpstream, server: Callable[..., Live]) -> None:
    live = server(tmp_path / "var")
    asks = asker(live, make_guardrail(live))
    for _ in range(5):
        assert asks.ask(2).whole
    before = open_files(live)
    codes: set[str] = set()
    for number in range(100):
        heard = asks.ask(9, more=f" break {number % 30}")
        check_heard(heard)
        assert not heard.whole
        codes.add(heard.code)
        connection = asks.open("20", stream=True)  # and one that its client leaves
        connection.getresponse().read(number % 60)
        connection.close()
    assert codes == {"upstream-broke-off"}
    for _ in range(100):  # what was left is closed as soon as the loop comes to it
        if open_files(live) <= before:
            break
        time.sleep(0.1)
    assert open_files(live) <= before
    assert live.stop() == 0, "it ends by itself: nothing is under way any more"


def test_a_store_that_dies_under_load_closes_the_way_and_opens_it_again(
    tmp_path: Path, upstream: ChatUpstream, store: Valkey, server: Callable[..., Live], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = tmp_path / "limits.json"
    limits.write_text(json.dumps({"limits": [{"id": "calls", "kind": "requests", "amount": 100_000, "periodS": 3600}]}))
    monkeypatch.setenv("RINGWALL_BUDGETS_FILE", str(limits))
    monkeypatch.setenv("RINGWALL_BUDGET_STORE", store.url)
    live = server(tmp_path / "var")
    asks = asker(live, make_guardrail(live))
    load = Load(asks, clients=4)
    threads = load.start(after=20)
    assert load.enough.wait(60)
    store.kill()
    at_death = len(load.heard)
    while len(load.heard) < at_death + 20:
        time.sleep(0.05)
    load.stop.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    for heard in load.heard:
        assert heard.status in {200, 503}, heard
        assert heard.whole or heard.code == "limits-unavailable", heard
        check_heard(heard)
    assert any(heard.code == "limits-unavailable" for heard in load.heard)
    asked = len(upstream.headers)
    assert asks.ask(2).code == "limits-unavailable"
    assert len(upstream.headers) == asked, "who is refused for want of a store asks no model"
    store.start()
    for _ in range(100):
        again = asks.ask(2)
        if again.whole:
            break
        assert again.code == "limits-unavailable", again
        time.sleep(0.1)
    assert again.text == guarded(2)
    assert live.stop() == 0
