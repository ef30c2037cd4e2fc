"""Two workers over one PostgreSQL and one shared store; one of them is killed while it streams."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.chat_upstream import ChatUpstream
from tests.acceptance.faults.asking import Asker, Load, asker
from tests.acceptance.faults.telling import guarded
from tests.acceptance.faults.test_faults import check_heard, check_records, make_guardrail, native, records
from tests.integration.storage.places import fresh_place
from tests.live import Live, free_port
from tests.valkey import Valkey

PLACES, EACH = 8, 4
LEASE_S = 60


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(400)
def test_a_worker_killed_while_it_streams_takes_nobody_with_it_and_its_places_come_back(
    tmp_path: Path, upstream: ChatUpstream, store: Valkey, server: Callable[..., Live], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = tmp_path / "limits.json"
    limits.write_text(json.dumps({"limits": [{"id": "at-once", "kind": "concurrency", "amount": PLACES}]}))
    monkeypatch.setenv("RINGWALL_BUDGETS_FILE", str(limits))
    monkeypatch.setenv("RINGWALL_BUDGET_STORE", store.url)
    with fresh_place("postgresql", tmp_path) as place:
        monkeypatch.setenv("RINGWALL_STORAGE_URL", place)
        dies = server(tmp_path / "one", port=(port := free_port()))
        (tmp_path / "two").mkdir(mode=0o700)
        shutil.copy(tmp_path / "one" / "root.key", tmp_path / "two" / "root.key")
        lives = server(tmp_path / "two")
        asks_first = asker(dies, make_guardrail(dies))
        asks_second = asker(lives, asks_first.guardrail)
        asks_second.api_key = asks_first.api_key
        loads = [Load(asks_first, clients=EACH), Load(asks_second, clients=EACH)]
        threads = [load.start(after=30) for load in loads]
        assert all(load.enough.wait(120) for load in loads)
        dies.process.kill()
        dies.process.communicate()
        killed_at = time.monotonic()
        _end(threads[0])
        heard_at_death = len(loads[1].heard)
        while len(loads[1].heard) < heard_at_death + 20:
            time.sleep(0.05)
        loads[1].stop.set()
        _end(threads[1])

        cut = [heard for heard in loads[0].heard if not heard.whole]
        assert any(heard.status == 200 for heard in cut), "some were cut in the middle"
        assert all(heard.whole for heard in loads[1].heard), "the other worker's clients notice nothing"
        answered = [heard for load in loads for heard in load.heard if heard.request_id]
        for heard in answered:
            check_heard(heard)
        assert len(upstream.headers) >= sum(heard.whole for heard in answered), "the model said every one of them"

        taken = _under_way(asks_second)
        if time.monotonic() - killed_at < LEASE_S / 2:
            assert 1 <= taken <= EACH, "the dead one's calls count on for now"
        again = server(tmp_path / "one", port=port)
        after = asks_first.ask(3)
        assert (after.whole, after.text) == (True, guarded(3)), "started again, it answers"
        while time.monotonic() - killed_at < 2 * LEASE_S and _under_way(asks_second):
            time.sleep(1)
        assert _under_way(asks_second) == 0, "its places are others' again"

        check_records(records(asks_second), answered)
        assert [live.stop() for live in (again, lives)] == [0, 0]


def _end(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def _under_way(asks: Asker) -> int:
    (limit,) = [each for each in native(asks, "/limits")["limits"] if each["limit"]["id"] == "at-once"]
    return sum(use["used"] for use in limit["uses"])
