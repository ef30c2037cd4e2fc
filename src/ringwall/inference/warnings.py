"""What a user of a policy should know about the detectors behind it; said when it is created, and by GetGuardrail."""

from __future__ import annotations

from ringwall.guardrails import GuardrailConfig, Scorers
from ringwall.text.detectors import RULE_BASED_TYPES
from ringwall.watch.topics import LexicalTopicScorer


def warnings_for(config: GuardrailConfig, scorers: Scorers) -> tuple[str, ...]:
    """Return one sentence per policy whose detectors are a first version, with their measured quality where it was measured."""
    warnings: list[str] = []
    if config.readings == "RAW":
        warnings.append("readings are RAW: what is folded or encoded is not read, and no proof about encodings holds")
    if config.topics and scorers.topics is not None:
        how = (
            "a lexical scorer, not by meaning"
            if isinstance(scorers.topics, LexicalTopicScorer)
            else "a small model of meaning and by words"
        )
        warnings.append(f"denied topics are judged by {how}: {scorers.topics.model_id}")
    if config.grounding_filters and scorers.grounding is not None:
        warnings.append(f"grounding is judged by words, not by meaning: {scorers.grounding.model_id}")
    rule_based = sorted(set(RULE_BASED_TYPES) & {entity.type for entity in config.pii_entities})
    if rule_based:
        warnings.append(f"{' and '.join(rule_based)} are found by rules (titles, introductions, street patterns), not by a language model")
    return tuple(warnings)
