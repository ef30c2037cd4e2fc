"""The code in a model's answer, event by event, scanned before it leaves: a link in the chain behind the guardrails.

Rules this file upholds (tests/property/inference/test_code_guard.py):

1. No code leaves that was not scanned: a fenced block waits for its end, a code span for its own, a tool's call for the whole of it. Prose
   goes on. What nothing ends is scanned at the answer's end.
2. What leaves and what is decided depend on the answer's words only, never on how they were cut into chunks.
3. What blocks, ends the answer: the policy's message stands where the rest would have been, the answer ends with `guardrail_intervened`,
   and the upstream is asked for nothing more.
4. A note stands under the block that it is about; about a code span or reasoning, at the end of the text; about a call, before the call.

Blocks of text are read as one text, for some dialects join them, and each as a text of its own where the one before it ended in the middle
of a line; so is reasoning.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from typing import Any

from ringwall.errors import CallerError
from ringwall.guardrails.code import (
    CodeBlock,
    CodeReport,
    CodeSplitter,
    CodeVerdict,
    Failure,
    Piece,
    annotation,
    code_of,
    judge,
    report_on,
)
from ringwall.guardrails.code.tool_calls import code_in_call
from ringwall.inference.code_policies import StandingCodePolicy
from ringwall.inference.code_scanners.scanning import ANSWER_S, CodeScanning
from ringwall.inference.gateway.batches import Batches, passed_on
from ringwall.inference.gateway.code_receipt import JudgedCode, receipt, sentence
from ringwall.inference.gateway.withheld import Withheld
from ringwall.vocabulary import Limits, Span
from ringwall.wire.dialects.model import BlockDelta, BlockKind, BlockStart, BlockStop, Event, MessageStop

HELD_CHARS = 200_000
"""Characters of one piece that waits for its end; a longer one blocks."""

_LINE_ENDS = ("\r", "\n")
_AT_ONCE = 4_096  # characters that are read before others have their turn: a delta may have a million
_STEPS = re.compile(r"[^`~\r\n]{1,1024}|[`~\r\n]")  # nothing that ends a piece stands inside of a step
_TURN = 256  # steps between which others have their turn


class _Lane:
    """One reading of a kind's text: where its next piece begins in all that the kind says."""

    def __init__(self, begin: int) -> None:
        self.splitter = CodeSplitter()
        self.at = begin


class _Voice:
    """What blocks of one kind say: how much so far, and its readings; the first goes through all of it."""

    def __init__(self) -> None:
        self.length = 0
        self.last = "\n"
        self.lanes = [_Lane(0)]


class CodeGuard:
    """One answer on its way past one policy."""

    def __init__(
        self, standing: StandingCodePolicy, scanning: CodeScanning, limits: Limits, *, hold: bool, held_chars: int = HELD_CHARS
    ) -> None:
        """Begin.

        Args:
            standing: the policy.
            scanning: where code is scanned.
            limits: of the readings in which secrets are looked for.
            hold: let nothing leave before the whole is judged: the answer does not stream.
            held_chars: of one piece that waits for its end.
        """
        self._held_chars = held_chars
        self._standing = standing
        self._config = standing.config
        self._policy = standing.config.policy
        self._scanning = scanning
        self._limits = limits
        self._withheld = Withheld(hold=hold)
        self._voices: dict[BlockKind, _Voice] = {}
        self._open: BlockStart | None = None
        self._call: list[BlockDelta] = []
        self._judged: list[JudgedCode] = []
        self._later: list[CodeVerdict] = []
        self._spent_s = 0.0
        self.intervened = False

    @property
    def blocked(self) -> bool:
        """Whether the answer was ended here."""
        return any(judged.verdict.action == "BLOCK" for judged in self._judged)

    def pass_on(self, batches: Batches) -> Batches:
        """Yield what may leave; close `batches` when no more will.

        Raises:
            ScansWaiting: too much code waits already.
        """
        return passed_on(self, batches)

    async def take(self, event: BlockStart | BlockDelta | BlockStop | MessageStop) -> list[Event]:
        """Take an event, and return what may leave by now."""
        if await self._step(event):
            return self._withheld.leave()
        self.intervened = True
        return self._withheld.intervene(self._config.blocked_message)

    async def _step(self, event: BlockStart | BlockDelta | BlockStop | MessageStop) -> bool:
        """Take an event; say whether the answer goes on."""
        match event:
            case BlockStart():
                self._open, self._call = event, []
                if event.kind != "tool_use":
                    self._begin(event.kind)
                    self._withheld.put(event)
                return True
            case BlockDelta():
                return await self._delta(event)
            case BlockStop():
                return await self._close(event)
            case MessageStop():
                return await self._finish(event)

    def _begin(self, kind: BlockKind) -> None:
        voice = self._voices.setdefault(kind, _Voice())
        if voice.last not in _LINE_ENDS:
            voice.lanes.append(_Lane(voice.length))

    async def _delta(self, event: BlockDelta) -> bool:
        if self._open is None or self._open.kind == "tool_use":
            self._call.append(event)
            return True
        kind, voice = self._open.kind, self._voices[self._open.kind]
        if event.text:
            self._withheld.say(kind, event.index, event.text)
        if event.opaque:  # the signature of a text comes behind it
            self._withheld.put(BlockDelta(event.index, "", event.opaque))
        if not event.text:
            return True
        voice.length += len(event.text)
        voice.last = event.text[-1]
        for number, chunk in enumerate(_chunks(event.text, small=len(voice.lanes) > 1), 1):
            if number % _TURN == 0 or len(chunk) == _AT_ONCE:
                await asyncio.sleep(0)
            for lane in voice.lanes:
                if not await self._advance(kind, lane, lane.splitter.feed(chunk)):
                    return False
        return True

    async def _close(self, event: BlockStop) -> bool:
        start, self._open = self._open, None
        if start is not None and start.kind == "tool_use":
            return await self._judge_call(start, event)
        if start is not None:
            voice = self._voices[start.kind]
            while len(voice.lanes) > 1:
                if not await self._end(start.kind, voice.lanes[-1]):
                    return False
                voice.lanes.pop()
            if start.kind == "text" and self._later:
                self._withheld.put_note(annotation(*self._later))
                self._later = []
        self._withheld.put(event)
        return True

    async def _finish(self, event: MessageStop) -> bool:
        for kind, voice in self._voices.items():
            if not await self._end(kind, voice.lanes[0]):
                return False
        if self._later:
            self._withheld.put_between(annotation(*self._later))
        self._withheld.put(event)
        self._withheld.release_all()
        return True

    async def _end(self, kind: BlockKind, lane: _Lane) -> bool:
        return await self._advance(kind, lane, lane.splitter.finish())

    async def _advance(self, kind: BlockKind, lane: _Lane, pieces: Sequence[Piece]) -> bool:
        """Have the code of what a reading ended scanned, and let it go as far as it passes."""
        code = [piece for piece in pieces if piece.kind != "prose"]
        verdicts = iter(await self._scanning.run(lambda: self._judge(code)) if code else ())
        passes = True
        for piece in pieces:
            if piece.kind != "prose":
                verdict = next(verdicts)
                passes = self._keep(JudgedCode(kind, lane.at, verdict), under=lane.at + len(piece.text) if piece.kind == "block" else None)
            if not passes:
                break
            lane.at += len(piece.text)
        if passes and lane.splitter.held > self._held_chars:
            passes = self._keep(JudgedCode(kind, lane.at, self._too_long()), under=None)
        self._withheld.set_free(kind, min(each.at for each in self._voices[kind].lanes))
        return passes

    def _keep(self, judged: JudgedCode, *, under: int | None) -> bool:
        """Keep a verdict; say whether what it is about may leave. `under`: where in the kind's text its note belongs."""
        self._judged.append(judged)
        if judged.verdict.action == "ANNOTATE":
            if judged.place == "text" and under is not None:
                self._withheld.note(under, annotation(judged.verdict))
            elif judged.place == "tool_use":
                self._withheld.put_between(annotation(judged.verdict))
            else:
                self._later.append(judged.verdict)
        return judged.verdict.action != "BLOCK"

    def _judge(self, code: Sequence[Piece]) -> list[CodeVerdict]:
        """Judge pieces until one blocks; runs in a thread."""
        verdicts: list[CodeVerdict] = []
        for piece in code:
            long = len(piece.text) > self._held_chars
            verdicts.append(self._too_long() if long else self._verdict(code_of(piece)))
            if verdicts[-1].action == "BLOCK":
                break
        return verdicts

    def _verdict(self, blocks: Sequence[CodeBlock]) -> CodeVerdict:
        timer = self._scanning.timer
        begun = timer() - self._spent_s
        report = report_on(blocks, self._policy, self._scanning.scanners, limits=self._limits, expired=lambda: timer() - begun > ANSWER_S)
        self._spent_s = timer() - begun
        return judge(report, self._policy)

    def _too_long(self) -> CodeVerdict:
        return self._failed("held too long", self._held_chars)

    def _failed(self, reason: str, characters: int) -> CodeVerdict:
        failure = Failure(scanner="code", span=Span(0, characters), reason=reason)
        return judge(CodeReport(blocks=1, scanned=0, failures=(failure,)), self._policy)

    async def _judge_call(self, start: BlockStart, stop: BlockStop) -> bool:
        arguments = "".join(delta.text for delta in self._call)
        try:
            blocks = code_in_call(start.name, arguments, self._config.tool_arguments)
        except CallerError as error:  # what nobody can read, nobody can scan
            return self._keep(JudgedCode("tool_use", 0, self._failed(error.code, len(arguments))), under=None)
        if blocks and not self._keep(JudgedCode("tool_use", 0, await self._scanning.run(lambda: self._verdict(blocks))), under=None):
            return False
        self._withheld.put(start)
        for delta in self._call:
            self._withheld.put(delta)
        self._withheld.put(stop)
        return True

    def record(self) -> dict[str, Any]:
        """Return what the audit record keeps; no word of the answer."""
        return receipt(self._standing, [scanner.name for scanner in self._scanning.scanners], self._judged)

    def reason(self) -> str:
        """Say in a sentence what was done and by which rules; "" where nothing was."""
        return sentence(self._judged)


def _chunks(text: str, *, small: bool) -> Iterator[str]:
    """Cut a delta up; `small`: at everything that may end a piece, for which of several readings blocks first may not depend on deltas."""
    if small:
        yield from (found.group() for found in _STEPS.finditer(text))
    else:
        yield from (text[start : start + _AT_ONCE] for start in range(0, len(text), _AT_ONCE))
