"""An evaluation in AWS's words: the answer of ApplyGuardrail, and what the audit record keeps of it.

Scope (Source: API reference, ApplyGuardrail `outputScope`): INTERVENTIONS lists what was detected; FULL also lists the content filters,
topics and PII types that ran and detected nothing. Words and regular expressions are listed only where they matched.

A rule that failed blocks, and AWS's shapes have no word for that; it is listed as detected and BLOCKED with an empty match, and
`actionReason` says that the check failed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from ringwall.guardrails.evaluation import Evaluation
from ringwall.guardrails.verdict import Action, Verdict
from ringwall.text.detectors import mask
from ringwall.text.finding import Finding

OutputScope = Literal["INTERVENTIONS", "FULL"]
TEXT_UNIT = 1000  # characters (Amazon Bedrock pricing: "a text unit can contain up to 1000 characters")
SPANS_KEPT = 200  # in one audit record
DIGESTS_KEPT = 16  # of single blocks; of more there is one digest over all, each with its length before it (8 bytes, big-endian)
CHAINS_KEPT = 64

_AWS_ACTION: dict[Action, str] = {"NONE": "NONE", "ANONYMIZE": "ANONYMIZED", "BLOCK": "BLOCKED"}


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """Which guardrail resource was applied, and where the order came from."""

    guardrail_id: str
    version: str
    arn: str
    origin: tuple[Literal["REQUEST", "ACCOUNT_ENFORCED"], ...] = ("REQUEST",)


def render(evaluation: Evaluation, applied: Applied, *, scope: OutputScope, latency_ms: int) -> dict[str, Any]:
    """Return the ApplyGuardrail answer.

    Args:
        evaluation: the run.
        applied: the guardrail resource it ran for.
        scope: how much to list.
        latency_ms: how long the run took, measured by the caller.
    """
    used = usage(evaluation)
    covered = _coverage(evaluation)
    assessment = _policies(evaluation, scope == "FULL")
    assessment["invocationMetrics"] = {"guardrailProcessingLatency": latency_ms, "usage": used, "guardrailCoverage": covered}
    assessment["appliedGuardrailDetails"] = {
        "guardrailId": applied.guardrail_id,
        "guardrailVersion": applied.version,
        "guardrailArn": applied.arn,
        "guardrailOrigin": list(applied.origin),
        "guardrailOwnership": "SELF",
    }
    return {
        "usage": used,
        "action": "NONE" if evaluation.outcome.action == "NONE" else "GUARDRAIL_INTERVENED",
        "actionReason": action_reason(evaluation),
        "outputs": [{"text": text} for text in outputs(evaluation)],
        "assessments": [assessment],
        "guardrailCoverage": covered,
    }


def outputs(evaluation: Evaluation) -> list[str]:
    """Return what may go on: the blocked message once; or every guarded block with its masks; or nothing where nothing was changed."""
    if evaluation.outcome.action == "BLOCK":
        return [evaluation.guardrail.blocked_message(evaluation.source)]
    if evaluation.outcome.action == "NONE":
        return []
    masked: dict[int, list[Finding]] = {}
    for verdict in evaluation.verdicts:
        for hit in verdict.hits:
            if hit.action == "ANONYMIZE":
                masked.setdefault(hit.block, []).append(hit.finding)
    return [mask(evaluation.blocks[index].text, tuple(masked.get(index, ())), _label) for index in evaluation.guarded]


def _label(finding: Finding) -> str:
    return f"{{{finding.type}}}"


def action_reason(evaluation: Evaluation) -> str:
    """Say in one or two sentences what was done and why, and what was not checked. The first sentence is AWS's."""
    action = evaluation.outcome.action
    reason = "Guardrail blocked." if action == "BLOCK" else "Guardrail masked." if action == "ANONYMIZE" else "No action."
    if evaluation.outcome.failed:
        kinds = sorted({verdict.failed for verdict in evaluation.verdicts if verdict.failed})
        reason += f" A check could not be completed ({', '.join(kinds)}), so the content counts as a breach."
    if evaluation.coverage.unchecked:
        whole = "Nothing was checked" if not evaluation.verdicts else "Not checked"
        reason += f" {whole}: {'; '.join(evaluation.coverage.unchecked)}."
    return reason


def usage(evaluation: Evaluation) -> dict[str, int]:
    """Return the text units per policy: each started thousand of guarded characters, for each policy that ran.

    Regular expressions count as free units, as on AWS; contextual grounding counts source, query and answer together.
    """
    coverage = evaluation.coverage
    counted = dict(_NO_UNITS)
    if coverage.characters_read:
        units = -(-coverage.characters_guarded // TEXT_UNIT)
        for kind in evaluation.guardrail.plans[evaluation.source].kinds:
            counted[_UNITS[kind]] = units
    counted["contextualGroundingPolicyUnits"] = -(-coverage.characters_grounded // TEXT_UNIT)
    return counted


_UNITS = {
    "topic": "topicPolicyUnits",
    "content": "contentPolicyUnits",
    "word": "wordPolicyUnits",
    "managed-words": "wordPolicyUnits",
    "pii": "sensitiveInformationPolicyUnits",
    "regex": "sensitiveInformationPolicyFreeUnits",
    "grounding": "contextualGroundingPolicyUnits",
}
_NO_UNITS = {**dict.fromkeys(_UNITS.values(), 0), "contentPolicyImageUnits": 0}


def _coverage(evaluation: Evaluation) -> dict[str, Any]:
    coverage = evaluation.coverage
    return {"textCharacters": {"guarded": coverage.characters_guarded, "total": coverage.characters_total}}


def _policies(evaluation: Evaluation, full: bool) -> dict[str, Any]:
    lists: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for verdict in evaluation.verdicts:
        if full or verdict.detected or verdict.failed:
            kind = verdict.rule_id.partition("/")[0]
            policy, member, entries = _RENDERERS[kind]
            if verdict.detected or verdict.failed or kind in _LISTED_IN_FULL:
                lists.setdefault((policy, member), []).extend(entries(verdict, evaluation))
    if not lists:
        return {}
    assessment: dict[str, Any] = {}
    for policy, members in _MEMBERS.items():
        if any(lists.get((policy, member)) for member in members):
            assessment[policy] = {member: lists.get((policy, member), []) for member in members}
    return assessment


def _topic(verdict: Verdict, _: Evaluation) -> list[dict[str, Any]]:
    return [{"name": _name(verdict), "type": "DENY", **_done(verdict)}]


def _content(verdict: Verdict, _: Evaluation) -> list[dict[str, Any]]:
    confidence = "HIGH" if verdict.failed else verdict.confidence
    return [{"type": _name(verdict), "confidence": confidence, "filterStrength": verdict.strength, **_done(verdict)}]


def _custom_word(verdict: Verdict, _: Evaluation) -> list[dict[str, Any]]:
    return _matches(verdict, {})


def _managed_word(verdict: Verdict, _: Evaluation) -> list[dict[str, Any]]:
    return _matches(verdict, {"type": _name(verdict)})


def _pii(verdict: Verdict, _: Evaluation) -> list[dict[str, Any]]:
    return _matches(verdict, {"type": _name(verdict)})


def _regex(verdict: Verdict, evaluation: Evaluation) -> list[dict[str, Any]]:
    name = _name(verdict)
    pattern = next(regex.pattern for regex in evaluation.guardrail.config.regexes if regex.name == name)
    return _matches(verdict, {"name": name, "regex": pattern})


def _grounding(verdict: Verdict, _: Evaluation) -> list[dict[str, Any]]:
    return [{"type": _name(verdict), "threshold": verdict.threshold, "score": verdict.score, **_done(verdict)}]


def _matches(verdict: Verdict, facts: dict[str, Any]) -> list[dict[str, Any]]:
    """List each distinct match once, as AWS does; a rule without a match is listed with an empty one."""
    listed: dict[tuple[str, str], dict[str, Any]] = {}
    for hit in verdict.hits:
        action = _AWS_ACTION["BLOCK" if verdict.failed else hit.action]
        listed.setdefault((hit.finding.match, action), {"match": hit.finding.match, **facts, "action": action, "detected": True})
    return list(listed.values()) or [{"match": "", **facts, **_done(verdict)}]


def _name(verdict: Verdict) -> str:
    return verdict.rule_id.partition("/")[2]


def _done(verdict: Verdict) -> dict[str, Any]:
    action = "BLOCKED" if verdict.failed else _AWS_ACTION[verdict.action]
    return {"action": action, "detected": verdict.detected or bool(verdict.failed)}


_MEMBERS: dict[str, tuple[str, ...]] = {
    "topicPolicy": ("topics",),
    "contentPolicy": ("filters",),
    "wordPolicy": ("customWords", "managedWordLists"),
    "sensitiveInformationPolicy": ("piiEntities", "regexes"),
    "contextualGroundingPolicy": ("filters",),
}
_RENDERERS: dict[str, tuple[str, str, Callable[[Verdict, Evaluation], list[dict[str, Any]]]]] = {
    "topic": ("topicPolicy", "topics", _topic),
    "content": ("contentPolicy", "filters", _content),
    "word": ("wordPolicy", "customWords", _custom_word),
    "managed-words": ("wordPolicy", "managedWordLists", _managed_word),
    "pii": ("sensitiveInformationPolicy", "piiEntities", _pii),
    "regex": ("sensitiveInformationPolicy", "regexes", _regex),
    "grounding": ("contextualGroundingPolicy", "filters", _grounding),
}
_LISTED_IN_FULL = frozenset({"topic", "content", "pii", "grounding"})


def record(evaluation: Evaluation, applied: Applied, digest: Callable[[bytes], str]) -> dict[str, Any]:
    """Return what the audit record keeps: rule ids, actions, spans, coverage and keyed digests; never text.

    Bounded, whatever the content: a ledger leaf holds 65,535 bytes (tests/unit/guardrails/test_assessment.py has the worst case). Lists
    that were cut say so by the count beside them; which rules ran follows from the policy's digest.

    Args:
        evaluation: the run.
        applied: the guardrail resource it ran for.
        digest: a keyed digest under the account's own key; a bare hash of a short text could be guessed.
    """
    spans_left = [SPANS_KEPT]
    blocks = [block.text.encode("utf-8", "surrogatepass") for block in evaluation.blocks]
    outcome = evaluation.outcome
    return {
        "guardrail": {"arn": applied.arn, "version": applied.version, "origin": list(applied.origin)},
        "source": evaluation.source,
        "outcome": {
            "action": outcome.action,
            "blocking": len(outcome.blocking),
            "masking": len(outcome.masking),
            "failed": len(outcome.failed),
        },
        "verdicts": [_kept(verdict, spans_left) for verdict in evaluation.verdicts if verdict.detected or verdict.failed],
        "contentDigests": [digest(block) for block in blocks]
        if len(blocks) <= DIGESTS_KEPT
        else [digest(b"".join(len(block).to_bytes(8, "big") + block for block in blocks))],
        "coverage": _kept_coverage(evaluation),
    }


def _kept_coverage(evaluation: Evaluation) -> dict[str, Any]:
    coverage = evaluation.coverage
    return {
        "policyDigest": coverage.policy_digest,
        "rules": len(coverage.rules),
        "blocks": len(coverage.blocks),
        "guardedBlocks": sum(block.guarded for block in coverage.blocks),
        "charactersTotal": coverage.characters_total,
        "charactersGuarded": coverage.characters_guarded,
        "charactersGrounded": coverage.characters_grounded,
        "charactersRead": coverage.characters_read,
        "bytesGuarded": sum(block.bytes for block in coverage.blocks if block.guarded),
        "readings": len(coverage.readings),
        "readingChains": [list(chain) for chain in coverage.readings[:CHAINS_KEPT]],
        "interpreter": coverage.interpreter,
        "models": list(coverage.models),
        "exhausted": coverage.exhausted,
        "unchecked": list(coverage.unchecked),
        **({"thresholds": coverage.thresholds, "ownThresholds": list(coverage.own_thresholds)} if coverage.own_thresholds else {}),
    }


def _keep_learned(kept: dict[str, Any], verdict: Verdict) -> None:
    """Add how a learned score came about: the model's digest says which one of the receipt's `models` it was."""
    if verdict.confidence is not None:
        kept["confidence"] = verdict.confidence
    if verdict.model:
        kept["model"] = verdict.model
    if verdict.level is not None:
        kept["level"] = verdict.level
    if verdict.place is not None:
        place = verdict.place
        kept["readingWindow" if place.in_reading else "window"] = [place.block, place.span.start, place.span.end]
    if verdict.kinds:
        kept["kinds"] = {kind: round(score, 4) for kind, score in verdict.kinds}


def _kept(verdict: Verdict, spans_left: list[int]) -> dict[str, Any]:
    kept: dict[str, Any] = {"ruleId": verdict.rule_id, "action": verdict.action, "detected": verdict.detected}
    if verdict.failed:
        kept["failed"] = verdict.failed
    if verdict.score is not None:
        kept["score"] = round(verdict.score, 4)
        kept["chain"] = list(verdict.chain)
    _keep_learned(kept, verdict)
    if verdict.passages:
        traced = verdict.passages[: spans_left[0]]
        spans_left[0] -= len(traced)
        kept["passages"] = [[each.block, each.span.start, each.span.end, round(each.score, 4)] for each in traced]
        kept["passagesFound"] = len(verdict.passages)
    if verdict.hits:
        shown = verdict.hits[: spans_left[0]]
        spans_left[0] -= len(shown)
        kept["hits"] = len(verdict.hits)
        kept["spans"] = [[hit.block, hit.finding.span.start, hit.finding.span.end, *hit.finding.chain] for hit in shown]
        if verdict.policy != "sensitiveInformationPolicy":  # there a finding's rule is the verdict's
            kept["findingRules"] = list(dict.fromkeys(hit.finding.rule_id for hit in shown))
    return kept
