"""InvokeGuardrailChecks: raw detector scores for messages, without a guardrail resource; it detects and decides nothing.

Scores are in steps of 0.2 (`learned.severity_of`); a prompt-attack rule that fired scores 1.0 in its own category. For the others
the learned score of prompt attacks counts, whole for the likeliest kind of attack and at most whole for another, by what the model says of
kinds; where it says nothing of them, whole for each. Offsets count code points of the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from ringwall.errors import LimitExceeded
from ringwall.guardrails.assessment import TEXT_UNIT
from ringwall.guardrails.errors import ContentRefused, PolicyRefused
from ringwall.guardrails.evaluation import refuse_over_limits
from ringwall.guardrails.learned import Reading, Worst, check_score, score_categories, severity_of
from ringwall.guardrails.naming import LEARNED_TYPES, learned_findings
from ringwall.guardrails.policy import PiiType
from ringwall.guardrails.ports import ContentScorer, ContentThresholds, NameFinder
from ringwall.guardrails.scan import readings_of
from ringwall.text.detectors import DetectorConfig, Detectors
from ringwall.text.finding import Finding
from ringwall.text.view import View
from ringwall.vocabulary import Limits

RESULTS_MAX = 1000  # sensitive information entries per answer; more are counted in `truncated` only

AttackCategory = Literal["JAILBREAK", "PROMPT_INJECTION", "PROMPT_LEAKAGE"]
ATTACKS: tuple[AttackCategory, ...] = get_args(AttackCategory)
HarmCategory = Literal["VIOLENCE", "HATE", "SEXUAL", "MISCONDUCT", "INSULTS"]


class _Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A structure of the AWS model (bedrock-runtime 2023-09-30)."""


class _Harm(_Shape, frozen=True, kw_only=True):
    category: HarmCategory


class _Harms(_Shape, frozen=True, kw_only=True):
    categories: Annotated[tuple[_Harm, ...], Meta(min_length=1, max_length=5)]


class _Attack(_Shape, frozen=True, kw_only=True):
    category: AttackCategory


class _Attacks(_Shape, frozen=True, kw_only=True):
    categories: Annotated[tuple[_Attack, ...], Meta(min_length=1, max_length=3)]


class _Entity(_Shape, frozen=True, kw_only=True):
    type: PiiType


class _Entities(_Shape, frozen=True, kw_only=True):
    entities: Annotated[tuple[_Entity, ...], Meta(min_length=1, max_length=31)]


class _Config(_Shape, frozen=True, kw_only=True):
    content_filter: _Harms | None = None
    prompt_attack: _Attacks | None = None
    sensitive_information: _Entities | None = None


class Checks(msgspec.Struct, frozen=True):
    """What is asked for; empty members are not."""

    harms: tuple[str, ...]
    attacks: tuple[str, ...]
    entities: tuple[str, ...]

    @property
    def detectors(self) -> DetectorConfig:
        """The rule detectors these checks need."""
        return DetectorConfig(pii=self.entities, attacks=bool(self.attacks))


class MessageText(msgspec.Struct, frozen=True):
    """One text of one message, and where it stood."""

    message: int
    content: int
    text: str


def parse_checks(config: Mapping[str, Any]) -> Checks:
    """Read which checks are asked for.

    Raises:
        PolicyRefused: none, an unknown one, or one twice.
    """
    try:
        parsed = msgspec.convert({key: value for key, value in config.items() if value is not None}, _Config)
    except msgspec.ValidationError as error:
        raise PolicyRefused(str(error).replace("$.", "checks.").replace("$", "checks")) from error
    except UnicodeEncodeError:
        raise PolicyRefused("`checks` holds a lone surrogate, which is no character") from None
    checks = Checks(
        harms=tuple(each.category for each in parsed.content_filter.categories) if parsed.content_filter else (),
        attacks=tuple(each.category for each in parsed.prompt_attack.categories) if parsed.prompt_attack else (),
        entities=tuple(each.type for each in parsed.sensitive_information.entities) if parsed.sensitive_information else (),
    )
    if not (checks.harms or checks.attacks or checks.entities):
        raise PolicyRefused("`checks` asks for nothing", remedy="ask for contentFilter, promptAttack or sensitiveInformation")
    for names in (checks.harms, checks.attacks, checks.entities):
        if len(set(names)) != len(names):
            raise PolicyRefused("`checks` asks for one thing twice")
    return checks


def parse_messages(messages: Sequence[Mapping[str, Any]], limits: Limits) -> tuple[MessageText, ...]:
    """Read the texts of messages.

    Raises:
        ContentRefused: no message, an unknown role, or a block that is not a text.
        LimitExceeded: more or longer texts than the limits allow.
    """
    texts: list[MessageText] = []
    for index, message in enumerate(messages if isinstance(messages, list | tuple) else ()):
        texts.extend(_message(index, message))
    if not texts:
        raise ContentRefused("there is no message")
    refuse_over_limits(sum(len(each.text) for each in texts), len(texts), limits)
    return tuple(texts)


def _message(index: int, message: object) -> list[MessageText]:
    if not isinstance(message, Mapping) or message.get("role") not in ("user", "assistant", "system"):
        raise ContentRefused(f"messages[{index}].role must be user, assistant or system")
    content = message.get("content")
    if not isinstance(content, list | tuple) or not content:
        raise ContentRefused(f"messages[{index}] has no content")
    texts: list[MessageText] = []
    for at, block in enumerate(content):
        text = block.get("text") if isinstance(block, Mapping) and len(block) == 1 else None
        if not isinstance(text, str) or not text:
            raise ContentRefused(f"messages[{index}].content[{at}] must be a text that is not empty")
        texts.append(MessageText(index, at, text))
    return texts


def run_checks(  # noqa: PLR0913 - what runs, on what, with what of the account, each by its name
    checks: Checks,
    texts: Sequence[MessageText],
    *,
    detectors: Detectors,
    scorer: ContentScorer | None,
    limits: Limits,
    own_thresholds: ContentThresholds | None = None,
    finder: NameFinder | None = None,
    results_max: int = RESULTS_MAX,
) -> dict[str, Any]:
    """Run the checks and return the InvokeGuardrailChecks answer.

    Raises:
        PolicyRefused: a check needs a model that is not installed.
        LimitExceeded: the readings' budget ran out, so no score would be true.
        Exception: whatever a detector raises; there is no answer then.
    """
    learns = bool(checks.harms or checks.attacks)
    if learns and scorer is None:
        raise PolicyRefused("the checks need a learned detector that is not installed", remedy="install ringwall with its models")
    shared = msgspec.structs.replace(limits, decode_budget_floor=max(limits.decode_budget_floor // len(texts), 1))
    known: list[tuple[int, Finding]] = []
    readings: list[Reading] = []
    read: list[tuple[int, Sequence[View]]] = []
    for position, each in enumerate(texts):
        scan, views = detectors.scan_views(each.text, limits=shared)
        read.append((position, views))
        if scan.exhausted:
            raise LimitExceeded("a text has more readings than the budget for decoding allows", remedy="send less encoded content")
        known.extend((position, finding) for finding in scan.findings)
        if learns:
            readings.extend(readings_of(views))
    wanted = frozenset(checks.entities) & frozenset(LEARNED_TYPES)
    if finder is not None and wanted:
        known += learned_findings(finder, wanted, read, known)
    found = [(texts[position], finding) for position, finding in known]
    worst = score_categories(scorer, readings) if scorer is not None and learns else {}
    thresholds = {**(scorer.thresholds if scorer is not None else {}), **(own_thresholds or {})}
    severity = {name: severity_of(worst.get(name, Worst(0.0)).score, levels) for name, levels in thresholds.items()} if learns else {}
    results: dict[str, Any] = {}
    if checks.harms:
        results["contentFilter"] = {"results": [{"category": name, "severityScore": severity[name]} for name in checks.harms]}
    if checks.attacks:
        learned = _attack_severities(worst.get("PROMPT_ATTACK", Worst(0.0)), thresholds["PROMPT_ATTACK"])
        results["promptAttack"] = {"results": _attacks(checks, found, learned)}
    if checks.entities:
        entries = [_entity(each, finding) for each, finding in found if finding.kind == "pii"]
        results["sensitiveInformation"] = {"results": entries[:results_max], "truncated": len(entries) > results_max}
    units = -(-sum(len(each.text) for each in texts) // TEXT_UNIT)
    return {"results": results, "usage": {name: {"textUnits": units} for name in results}}


def _attack_severities(worst: Worst, thresholds: Sequence[float]) -> dict[str, float]:
    """Return what the model says of each category: the likeliest kind has the attack's whole severity, another its own, but no more."""
    whole = severity_of(worst.score, thresholds)
    if not worst.kinds:
        return dict.fromkeys(ATTACKS, whole)
    own: dict[str, float] = {name: min(whole, severity_of(check_score(worst.kinds.get(name, 0.0)), thresholds)) for name in ATTACKS}
    return own | {max(ATTACKS, key=lambda name: worst.kinds.get(name, 0.0)): whole}


def _attacks(checks: Checks, found: Sequence[tuple[MessageText, Finding]], learned: Mapping[str, float]) -> list[dict[str, Any]]:
    fired = {finding.type for _, finding in found if finding.kind == "attack"}
    return [{"category": name, "severityScore": 1.0 if name in fired else learned[name]} for name in checks.attacks]


def _entity(each: MessageText, finding: Finding) -> dict[str, Any]:
    return {
        "type": finding.type,
        "confidenceScore": finding.confidence,
        "beginOffset": finding.span.start,
        "endOffset": finding.span.end,
        "messageIndex": each.message,
        "contentIndex": each.content,
    }
