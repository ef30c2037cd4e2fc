"""Guarded blocks through the rule detectors: findings by rule, and the readings that learned detectors score.

Every block is scanned by itself, so that anchors and spans mean what its author wrote; more than one block are also scanned joined, so that
nothing hides by being cut in two. The budget for decodings is shared: many short blocks cost no more than one long one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from ringwall.guardrails.guardrail import Plan
from ringwall.guardrails.learned import READING_FACTOR, READING_FLOOR, Reading, has_same_words, unlike
from ringwall.guardrails.naming import learned_findings
from ringwall.guardrails.passages import passages_of, runs_of_words
from ringwall.guardrails.verdict import Hit
from ringwall.text.detectors import Detectors
from ringwall.text.detectors.readings import is_guessed
from ringwall.text.finding import Finding
from ringwall.text.view import View
from ringwall.vocabulary import Limits, Span

EXHAUSTED = "budget exhausted"
_JOINT = "\n"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the rule detectors saw.

    hits: by rule id; spans count from the start of their block.
    failed: what the engine raised, by name; then nothing else here means anything.
    """

    hits: dict[str, list[Hit]]
    readings: tuple[Reading, ...]
    chains: tuple[tuple[str, ...], ...]
    interpreter: str
    characters: int
    exhausted: bool
    failed: str


class _UnknownFinding(Exception):
    """A detector reported something no rule of the plan asked for."""


def scan_blocks(plan: Plan, blocks: Sequence[tuple[int, str]], limits: Limits) -> Seen:
    """Scan guarded blocks, given as (position in the content, text). Never raises: a failure is in the answer, and blocks."""
    detectors = plan.detectors
    if detectors is None:
        return Seen(hits={}, readings=(), chains=(), interpreter="", characters=0, exhausted=False, failed="no detectors")
    try:
        return _scan(plan, detectors, blocks, limits)
    except Exception as error:  # noqa: BLE001 - rim: whatever an engine raises is a block, and its text may hold content, so only its name stays
        return Seen(hits={}, readings=(), chains=(), interpreter="", characters=0, exhausted=False, failed=type(error).__name__)


def _scan(plan: Plan, detectors: Detectors, blocks: Sequence[tuple[int, str]], limits: Limits) -> Seen:
    texts = [(position, text) for position, text in blocks if text]
    scans = len(texts) if len(texts) < 2 else len(texts) + 1
    shared = limits if scans < 2 else msgspec.structs.replace(limits, decode_budget_floor=limits.decode_budget_floor // scans)
    hits: dict[tuple[str, int, Span, tuple[str, ...]], Hit] = {}
    readings: list[Reading] = []
    chains: dict[tuple[str, ...], None] = {}
    interpreter = ""
    characters = 0
    exhausted = False
    learns = bool(plan.content or plan.topics)
    named: list[tuple[int, Sequence[View]]] = []
    for position, text in texts:
        scan, views = detectors.scan_views(text, limits=shared)
        interpreter = scan.interpreter
        characters += scan.characters
        exhausted = exhausted or scan.exhausted
        chains.update(dict.fromkeys(scan.views))
        if learns:
            readings.extend(readings_of(views, position))
        named.append((position, views))
        for finding in scan.findings:
            _add(plan, hits, position, finding)
    if plan.names is not None:
        known = [(hit.block, hit.finding) for hit in hits.values()]
        for position, finding in learned_findings(plan.names.finder, plan.names.types, named, known):
            _add(plan, hits, position, finding)
    if len(texts) > 1:
        scan = detectors.scan(_JOINT.join(text for _, text in texts), limits=shared)
        characters += scan.characters
        exhausted = exhausted or scan.exhausted
        for finding in scan.findings:
            for position, part in _parts(texts, finding):
                _add(plan, hits, position, part)
    by_rule: dict[str, list[Hit]] = {}
    for (rule_id, *_), hit in hits.items():
        by_rule.setdefault(rule_id, []).append(hit)
    return Seen(
        hits=by_rule,
        readings=tuple(readings),
        chains=tuple(chains),
        interpreter=interpreter,
        characters=characters,
        exhausted=exhausted or (learns and sum(len(reading.text) for reading in readings) > _learned_budget(texts)),
        failed="",
    )


def _learned_budget(texts: Sequence[tuple[int, str]]) -> int:
    return READING_FACTOR * sum(len(text) for _, text in texts) + READING_FLOOR


def _add(plan: Plan, hits: dict[tuple[str, int, Span, tuple[str, ...]], Hit], position: int, finding: Finding) -> None:
    if finding.kind == "attack":
        hits.setdefault(("content/PROMPT_ATTACK", position, finding.span, (finding.type,)), Hit(position, finding, "BLOCK"))
        return
    owner = plan.actions.get((finding.kind, finding.type))
    if owner is None:
        raise _UnknownFinding(finding.kind)
    rule_id, action = owner
    hits.setdefault((rule_id, position, finding.span, (finding.type,)), Hit(position, finding, action))


def _parts(texts: Sequence[tuple[int, str]], finding: Finding) -> list[tuple[int, Finding]]:
    """Cut a finding in the joined text into its parts in the blocks."""
    parts: list[tuple[int, Finding]] = []
    start = 0
    for position, text in texts:
        low = max(finding.span.start - start, 0)
        high = min(finding.span.end - start, len(text))
        if low < high:
            parts.append((position, msgspec.structs.replace(finding, span=Span(low, high), match=text[low:high])))
        start += len(text) + len(_JOINT)
    return parts


def readings_of(views: Sequence[View], block: int = 0) -> list[Reading]:
    """Choose what learned detectors score: the raw text, what folding and decoding make new in it; a guess at a rotation is no reading.

    A fold that changed no word stands for the raw text: whoever hides behind signs gains no more than by writing the plain ones.
    Digits read as letters are a guess too, and are scored where a digit stands between two letters: people write so, and numbers do not.
    """
    raw = views[0].text if views else ""
    whole = [view.text for view in views if view.chain in _WHOLE]
    replaced = any(has_same_words(raw, folded) for folded in whole[1:])
    readings: dict[str, Reading] = {}
    known: set[str] | None = None
    for view in views:
        parts: Sequence[Span] = ()
        if view.chain in _WHOLE:
            parts = _of_whole(view, raw, replaced=replaced)
        elif view.chain == _LEET:
            parts = (Span(0, len(view.text)),) if any(map(_DIGIT_IN_WORD.search, whole)) else ()
        elif not is_guessed(view.chain):
            if known is None:  # most texts are not encoded, and are spared this
                known = {text[run.start : run.end] for text in whole for run in runs_of_words(text)}
            parts = passages_of(view.text, known)
        reading = Reading.of_parts(view, block, parts)
        if reading.text:
            readings.setdefault(reading.text, reading)
    return list(readings.values())


def _of_whole(view: View, raw: str, *, replaced: bool) -> Sequence[Span]:
    """Return what is scored of the raw text, or of its fold, which may stand for it."""
    if replaced == bool(view.chain):
        return (Span(0, len(view.text)),)
    return unlike(view, raw) if view.chain else ()


_WHOLE: tuple[tuple[str, ...], ...] = ((), ("fold",))
_LEET = ("leet",)
_DIGIT_IN_WORD = re.compile(r"[A-Za-z][013457]{1,2}[A-Za-z]")
