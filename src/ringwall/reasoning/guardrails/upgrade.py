"""Two versions of a guardrail compared, rule by rule and source by source."""

from __future__ import annotations

from ringwall.guardrails import Guardrail
from ringwall.guardrails.policy import Source
from ringwall.reasoning.guardrails.inclusion import NODES
from ringwall.reasoning.guardrails.patterns import check_patterns
from ringwall.reasoning.guardrails.readings import as_read
from ringwall.reasoning.guardrails.replay import Pair
from ringwall.reasoning.guardrails.results import Claim, UpgradeReport, worst
from ringwall.reasoning.guardrails.settings import check_content, check_grounding, check_pii, check_topics
from ringwall.reasoning.guardrails.words import check_profanity, check_words
from ringwall.text.detectors.profanity import profane_words

_SOURCES: tuple[Source, Source] = ("INPUT", "OUTPUT")


def prove_upgrade(old: Guardrail, new: Guardrail, *, old_name: str = "old", new_name: str = "new", nodes: int = NODES) -> UpgradeReport:
    """Prove that the new version blocks or masks all that the old one did, or find a text that it lets through.

    Args:
        old, new: both compiled with the same scorers.
        old_name, new_name: what to call them in the report.
        nodes: how far each comparison of patterns may go before it is `unknown`.

    Returns:
        one claim per rule and source of the old version that blocks or masks; none where it only reports, and then nothing can be lost.
    Cost: a few milliseconds a rule; comparing patterns at most seconds each (`inclusion.NODES`).
    """
    pair = Pair(old, new)
    claims: list[Claim] = []
    for source in _SOURCES:
        made = [
            *check_words(pair, source),
            *check_profanity(pair, source, profane_words()),
            *check_pii(pair, source),
            *check_patterns(pair, source, nodes=nodes),
            *check_content(pair, source),
            *check_topics(pair, source),
            *check_grounding(pair, source),
        ]
        claims += as_read(pair, source, made)
    return UpgradeReport(
        old=old_name,
        new=new_name,
        old_digest=old.digest,
        new_digest=new.digest,
        outcome=worst([claim.outcome for claim in claims]),
        claims=tuple(claims),
    )
