"""What a learned content scorer says of one text by itself, read exactly as a guardrail reads it: every reading, every window, the worst.

Thresholds are fitted on these scores, and rates are counted on them: whatever changes how a guardrail reads changes them, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ringwall.guardrails.content import Block
from ringwall.guardrails.errors import PolicyRefused
from ringwall.guardrails.evaluation import evaluate
from ringwall.guardrails.guardrail import Guardrail, compile_guardrail
from ringwall.guardrails.parsing import parse_config
from ringwall.guardrails.ports import ContentScorer, Scorers
from ringwall.vocabulary import Limits


class TextScores(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The worst score per category of one text; no text.

    fired: categories in which a rule of ours fired, which no threshold changes.
    failed: why the text could not be judged, by name; a guardrail blocks it then, whatever the thresholds.
    """

    scores: dict[str, float]
    fired: tuple[str, ...] = ()
    failed: str = ""


def scoring_guardrail(scorer: ContentScorer | None) -> Guardrail:
    """Return a guardrail with every content filter of a scorer, which only reports.

    Raises:
        PolicyRefused: there is no scorer.
    """
    if scorer is None:
        raise PolicyRefused("no learned detector of content is installed", remedy="install ringwall with its models")
    filters = [
        {"type": category, "inputStrength": "HIGH", "outputStrength": "NONE", "inputAction": "NONE", "outputEnabled": False}
        for category in scorer.thresholds
    ]
    config = {
        "name": "scores",
        "contentPolicyConfig": {"filtersConfig": filters},
        "blockedInputMessaging": "-",
        "blockedOutputsMessaging": "-",
    }
    return compile_guardrail(parse_config(config), Scorers(content=scorer))


def worst_scores(guardrail: Guardrail, text: str, limits: Limits) -> TextScores:
    """Score one text.

    Args:
        guardrail: as `scoring_guardrail` makes it.
        text: any; an empty one scores 0, since there is nothing to judge.
        limits: of a request.

    Raises:
        LimitExceeded: it is longer than a request may be.
    """
    verdicts = evaluate(guardrail, "INPUT", (Block(text),), limits).verdicts
    failed: Sequence[str] = [verdict.failed for verdict in verdicts if verdict.failed]
    if failed:
        return TextScores(scores={}, failed=failed[0])
    categories = [rule.type for rule in guardrail.plans["INPUT"].content]
    told = {verdict.rule_id.partition("/")[2]: verdict for verdict in verdicts}
    return TextScores(
        scores={name: (told[name].score or 0.0) if name in told else 0.0 for name in categories},
        fired=tuple(name for name in categories if name in told and told[name].hits),
    )
