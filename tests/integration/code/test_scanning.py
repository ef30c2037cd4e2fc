"""Scanners behind the gateway: warm, bounded, and closed where one dies, hangs or is not there."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ringwall.errors import IntegrityError
from ringwall.guardrails.code import CodeFinding, ScannerAbsent, ScannerFailed
from ringwall.guardrails.code.config import CodePolicyConfig
from ringwall.inference.code_policies import KIND, CodePolicies, CodePolicyNotFound, StandingCodePolicy
from ringwall.inference.code_scanners import PythonScanner, SemgrepScanner
from ringwall.inference.code_scanners.pool import AbsentScanner, ScannerPool
from ringwall.inference.code_scanners.scanning import CodeScanning, open_scanning
from ringwall.inference.errors import QuotaExceeded, ScansWaiting
from ringwall.inference.gateway.batches import Batches
from ringwall.inference.gateway.code_guard import CodeGuard
from ringwall.inference.gateway.code_guards import CodeGuards
from ringwall.inference.gateway.guarding import message_block
from ringwall.storage import Document, Replace, Storage
from ringwall.storage.database import open_storage
from ringwall.vocabulary import Limits
from ringwall.wire.dialects.model import BlockDelta, MessageStop
from tests.batches import singly

ANSWER = "words\n```python\nx = 1\n```\n"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNT = "123456789012"


def link(scanning: CodeScanning, **config: Any) -> CodeGuard:
    document = CodePolicyConfig(blocked_message="withheld", **config)
    standing = StandingCodePolicy(guardrail_id="", config=document, revision=1, digest="", updated_at=NOW, updated_by="")
    return CodeGuard(standing, scanning, Limits(), hold=False)


async def told(text: str) -> Batches:
    yield [*message_block(0, text), MessageStop("end_turn")]


async def left(guard: CodeGuard, text: str = ANSWER) -> str:
    return "".join([event.text async for event in singly(guard.pass_on(told(text))) if isinstance(event, BlockDelta)])


def child_of(scanner: Any) -> int:
    process = scanner._child._process
    assert process is not None
    return int(process.pid)


def pool_of(timeout_s: float, size: int = 1) -> ScannerPool:
    return ScannerPool(lambda: PythonScanner(timeout_s=timeout_s), size=size)


def test_a_scanner_that_is_killed_in_the_middle_of_a_scan_blocks_and_the_next_one_reads() -> None:
    pool = pool_of(timeout_s=30.0)
    with closing(CodeScanning((pool,))) as scanning:
        assert asyncio.run(left(link(scanning))) == ANSWER
        first = child_of(pool._all[0])
        os.kill(first, signal.SIGSTOP)

        async def killed() -> tuple[str, CodeGuard]:
            guard = link(scanning)
            answering = asyncio.ensure_future(left(guard))
            while pool._idle:  # noqa: ASYNC110 - a thread takes the scanner
                await asyncio.sleep(0)
            os.kill(first, signal.SIGKILL)
            return await answering, guard

        text, guard = asyncio.run(killed())
        assert text == "words\nwithheld"
        assert guard.record()["failures"][0]["reason"] == "code-scanner-failed"
        assert asyncio.run(left(link(scanning))) == ANSWER
        assert child_of(pool._all[0]) != first


def test_a_scanner_that_hangs_blocks_in_its_time() -> None:
    pool = pool_of(timeout_s=0.2)
    with closing(CodeScanning((pool,))) as scanning:
        pool.scan("x = 1", "python")
        stopped = child_of(pool._all[0])
        os.kill(stopped, signal.SIGSTOP)
        guard = link(scanning, action="ANNOTATE", unscanned="ALLOW")
        assert asyncio.run(left(guard)) == "words\nwithheld"
        assert guard.record()["failures"][0]["reason"] == "code-scanner-failed"
        with suppress(ProcessLookupError):
            os.kill(stopped, 0)
            raise AssertionError("the process that hung is still there")


def test_a_process_stays_for_the_next_scan() -> None:
    with closing(pool_of(timeout_s=30.0, size=2)) as pool:
        pool.scan("x = 1", "python")
        process = child_of(pool._all[0])
        for _ in range(3):
            pool.scan("x = 1", "python")
        assert (child_of(pool._all[0]), len(pool._all)) == (process, 1)


class Waiting:
    """A scanner that goes on when it is told."""

    name = "waiting"
    languages = frozenset({"python"})
    made = 0

    def __init__(self, go_on: threading.Event) -> None:
        self._go_on = go_on
        Waiting.made += 1

    def scan(self, text: str, language: str) -> tuple[CodeFinding, ...]:
        self._go_on.wait(30)
        return ()

    def close(self) -> None:
        pass


def test_no_more_scanners_are_made_than_the_pool_has_room_for() -> None:
    go_on = threading.Event()
    Waiting.made = 0
    pool = ScannerPool(lambda: Waiting(go_on), size=2, wait_s=0.05)
    with closing(CodeScanning((pool,), threads=4)) as scanning:

        async def run() -> list[str]:
            answering = [asyncio.ensure_future(left(link(scanning))) for _ in range(3)]
            done, _ = await asyncio.wait(answering, return_when=asyncio.FIRST_COMPLETED)
            go_on.set()
            return sorted([next(iter(done)).result(), *await asyncio.gather(*answering)])

        texts = asyncio.run(run())
    assert texts == sorted([ANSWER, ANSWER, "words\nwithheld", "words\nwithheld"]), "the third was refused, the others went on"
    assert Waiting.made == 2


def test_more_answers_than_may_wait_are_refused() -> None:
    go_on = threading.Event()
    with closing(CodeScanning((Waiting(go_on),), threads=1, waiting=1)) as scanning:

        async def run() -> str:
            first = asyncio.ensure_future(left(link(scanning)))
            while not scanning._waiting:  # noqa: ASYNC110 - it comes to the scan in its own time
                await asyncio.sleep(0)
            with pytest.raises(ScansWaiting):
                await left(link(scanning))
            go_on.set()
            return await first

        assert asyncio.run(run()) == ANSWER


def test_the_event_loop_goes_on_while_code_is_scanned() -> None:
    go_on = threading.Event()
    with closing(CodeScanning((Waiting(go_on),))) as scanning:

        async def run() -> str:
            answering = asyncio.ensure_future(left(link(scanning)))
            for _ in range(100):
                await asyncio.sleep(0)
            assert not answering.done()
            go_on.set()
            return await answering

        assert asyncio.run(run()) == ANSWER


def test_a_caller_who_leaves_leaves_no_scan_waiting() -> None:
    go_on = threading.Event()
    with closing(CodeScanning((Waiting(go_on),), threads=1, waiting=2)) as scanning:

        async def run() -> None:
            first, second = (asyncio.ensure_future(left(link(scanning))) for _ in range(2))
            for _ in range(20):
                await asyncio.sleep(0)
            second.cancel()
            with pytest.raises(asyncio.CancelledError):
                await second
            go_on.set()
            await first
            assert scanning._waiting == 0

        asyncio.run(run())


def test_a_scanner_that_is_absent_blocks_whatever_may_stay_unscanned(tmp_path: Path) -> None:
    absent = AbsentScanner(ScannerAbsent("bandit is not installed"), name="bandit", languages=PythonScanner.languages)
    with closing(CodeScanning((absent,), missing=ScannerAbsent("bandit is not installed"))) as scanning:
        guard = link(scanning, action="NONE", unscanned="ALLOW")
        assert asyncio.run(left(guard)) == "words\nwithheld"
        assert [(each["scanner"], each["reason"]) for each in guard.record()["failures"]] == [("bandit (absent)", "code-scanner-absent")]
        guards = CodeGuards(None, scanning, Limits())  # type: ignore[arg-type]
        with pytest.raises(ScannerAbsent):
            guards.refuse_unreadable(CodePolicyConfig())
        guards.refuse_unreadable(CodePolicyConfig(languages=("go",)))
    with closing(open_scanning(str(tmp_path / "absent"))) as scanning:
        guard = link(scanning, unscanned="ALLOW")
        assert asyncio.run(left(guard, "words\n```go\npackage main\n```\n")) == "words\nwithheld"
        assert guard.record()["failures"][0]["reason"] == "code-scanner-absent"


PROGRAMS = {
    "is killed": ("kill -9 $$", "code-scanner-failed"),
    "ends with an error": ("exit 2", "code-scanner-failed"),
    "hangs": ("exec sleep 300", "code-scanner-failed"),
    "says nothing": ("exit 0", "code-scanner-failed"),
    "says it read nothing": ("""echo '{"results": [], "errors": [], "paths": {"scanned": []}}'""", "code-scanner-failed"),
}


@pytest.mark.parametrize("does", PROGRAMS)
@pytest.mark.parametrize("language", ["javascript", "go", "java"])
def test_code_that_semgrep_did_not_read_to_the_end_does_not_leave(tmp_path: Path, does: str, language: str) -> None:
    script, reason = PROGRAMS[does]
    program = tmp_path / "semgrep"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    with closing(CodeScanning((SemgrepScanner(program, timeout_s=0.5),))) as scanning:
        guard = link(scanning, action="NONE", unscanned="ALLOW")
        assert asyncio.run(left(guard, f"words\n```{language}\nf()\n```\nmore\n")) == "words\nwithheld"
        assert [(each["scanner"], each["reason"]) for each in guard.record()["failures"]] == [("semgrep", reason)]
        assert guard.record()["action"] == "BLOCK"


def test_a_pool_hands_on_what_its_scanner_raises() -> None:
    with closing(pool_of(timeout_s=30.0)) as pool:
        for _ in range(2):
            with pytest.raises(ScannerFailed):
                pool.scan("x", "go")


# -- policies as they are stored --


@pytest.fixture
def storage(tmp_path: Path) -> Callable[[], Storage]:
    return lambda: open_storage(tmp_path, clock=lambda: NOW)


def test_a_guardrails_policy_stands_beside_the_accounts(storage: Callable[[], Storage]) -> None:
    async def run() -> None:
        store = storage()
        try:
            policies = CodePolicies(store, lambda: NOW)
            assert await policies.for_question(ACCOUNT, []) == ()
            with pytest.raises(CodePolicyNotFound):
                await policies.get(ACCOUNT)
            await policies.put(ACCOUNT, CodePolicyConfig(), by="someone", guardrail_id="one")
            assert await policies.for_question(ACCOUNT, []) == ()
            assert [each.guardrail_id for each in await policies.for_question(ACCOUNT, ["one", "two"])] == ["one"]
            own = await policies.put(ACCOUNT, CodePolicyConfig(), by="someone")
            assert [each.guardrail_id for each in await policies.for_question(ACCOUNT, [])] == [""]
            assert [each.guardrail_id for each in await policies.for_question(ACCOUNT, ["one"])] == [""], "the same words count once"
            await policies.put(ACCOUNT, CodePolicyConfig(action="ANNOTATE", severity="LOW"), by="someone", guardrail_id="one")
            assert [each.guardrail_id for each in await policies.for_question(ACCOUNT, ["one", "two", "three"])] == ["", "one"]
            again = await policies.put(ACCOUNT, CodePolicyConfig(severity="HIGH"), by="another")
            assert again.revision > own.revision
            assert again.digest != own.digest
            assert [each.scope for each in await policies.list(ACCOUNT)] == ["account", "guardrail"]
            assert await policies.list("999999999999") == ()
            await policies.remove(ACCOUNT, "one")
            await policies.remove(ACCOUNT)
            assert await policies.for_question(ACCOUNT, ["one"]) == ()
            with pytest.raises(CodePolicyNotFound):
                await policies.remove(ACCOUNT)
        finally:
            await store.close()

    asyncio.run(run())


def test_policies_are_bounded_and_what_cannot_be_read_lets_no_answer_pass(storage: Callable[[], Storage]) -> None:
    async def run() -> None:
        store = storage()
        try:
            policies = CodePolicies(store, lambda: NOW, most=2)
            for name in ("", "one", "one"):
                await policies.put(ACCOUNT, CodePolicyConfig(), by="someone", guardrail_id=name)
            with pytest.raises(QuotaExceeded):
                await policies.put(ACCOUNT, CodePolicyConfig(), by="someone", guardrail_id="two")
            held = await store.get(ACCOUNT, KIND, "account")
            assert held is not None
            await store.apply(Replace(Document(account_id=ACCOUNT, kind=KIND, id="account", body=b"{}", revision=held.revision)))
            with pytest.raises(IntegrityError):
                await policies.for_question(ACCOUNT, [])
        finally:
            await store.close()

    asyncio.run(run())
