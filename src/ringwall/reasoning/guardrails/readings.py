"""A version that reads texts as they are written, after one that read what is folded and encoded, too: no rule stops all that it did."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import msgspec

from ringwall.guardrails.guardrail import Plan
from ringwall.guardrails.policy import Source
from ringwall.reasoning.guardrails import examples
from ringwall.reasoning.guardrails.replay import Pair
from ringwall.reasoning.guardrails.results import Claim

_TRIED = 8
_WHY = "the new version reads texts as they are written; the old one read what is folded and encoded, too"


def as_read(pair: Pair, source: Source, claims: Sequence[Claim]) -> list[Claim]:
    """Return the claims about a source as far as they hold where the new version reads less: what was proved of rules is then open.

    One more claim is refuted if a text is found that hides in an encoding.
    """
    if not _reads_less(pair.old.plans[source], pair.new.plans[source]):
        return list(claims)
    open_ = [
        msgspec.structs.replace(claim, outcome="unknown", why=_WHY) if claim.outcome == "proved" and _reads(claim.rule) else claim
        for claim in claims
    ]
    witness = pair.witness(source, [base64.b64encode(text.encode()).decode() for text in _texts(pair, source)])
    if witness is None:
        return open_
    says = "what is folded or encoded is read"
    return [*open_, Claim(source=source, rule="readings", says=says, outcome="refuted", why=_WHY, witness=witness)]


def _reads_less(old: Plan, new: Plan) -> bool:
    if old.detectors is None or new.detectors is None:
        return False
    return old.detectors.config.readings == "all" and new.detectors.config.readings == "raw"


def _reads(rule: str) -> bool:
    """Say whether a rule reads what is encoded; grounding compares answers with their sources as they stand."""
    return not rule.startswith("grounding/")


def _texts(pair: Pair, source: Source) -> list[str]:
    detectors = pair.old.plans[source].detectors
    if detectors is None:
        return []
    words = sorted(detectors.config.words, key=len, reverse=True)[:_TRIED]
    return [*words, *(examples.PII[name] for name in detectors.config.pii[:_TRIED] if name in examples.PII), *examples.PROMPT_ATTACKS]
