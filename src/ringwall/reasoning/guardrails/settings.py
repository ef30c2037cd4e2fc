"""Filters whose rules ringwall ships: the order of their settings decides. A filter that is kept with no weaker an action stops the same.

Rules of different filters never hide each other's findings (`text.detectors.collector`), so each filter is compared with its own successor.
Learned filters are compared by strength, threshold and action alone, with the same model on either side.
"""

from __future__ import annotations

from ringwall.guardrails.guardrail import ContentRule, TopicRule
from ringwall.guardrails.policy import Source
from ringwall.reasoning.guardrails import examples
from ringwall.reasoning.guardrails.replay import ORDER, Pair
from ringwall.reasoning.guardrails.results import Claim

_LEVELS = {"NONE": 0, "LOW": 1, "MEDIUM": 2, "HIGH": 3}
LEARNED = ("a learned filter is compared by its settings, with one model on either side: the same readings score the same",)


def check_pii(pair: Pair, source: Source) -> list[Claim]:
    """Claim that each type of personal data is stopped at least as strongly."""
    claims = []
    for (kind, name), (rule, action) in pair.old.plans[source].actions.items():
        if kind != "pii" or action == "NONE":
            continue
        says = f"{name} is {'blocked' if action == 'BLOCK' else 'masked or blocked'}"
        kept = pair.new.plans[source].actions.get((kind, name))
        if kept is not None and ORDER[kept[1]] >= ORDER[action]:
            claims.append(Claim(source=source, rule=rule, says=says, outcome="proved", why=f"the same detector, {action} to {kept[1]}"))
            continue
        why = "the type is no longer looked for" if kept is None else f"its action falls from {action} to {kept[1]}"
        witness = pair.witness(source, [examples.PII[name]] if name in examples.PII else [])
        outcome = "refuted" if witness is not None else "unknown"
        if witness is None:
            why += "; other rules stop the example"
        claims.append(Claim(source=source, rule=rule, says=says, outcome=outcome, why=why, witness=witness))  # type: ignore[arg-type]
    return claims


def check_content(pair: Pair, source: Source) -> list[Claim]:
    """Claim that each content filter is set at least as strictly."""
    new = {rule.type: rule for rule in pair.new.plans[source].content}
    claims = []
    for rule in pair.old.plans[source].content:
        if rule.action == "NONE":
            continue
        says = f"the {rule.type} filter is at least as strict as {rule.strength}"
        why = _content_lost(rule, new.get(rule.type))
        claims.append(_learned(pair, source, rule.rule_id, says, why, examples.PROMPT_ATTACKS if rule.type == "PROMPT_ATTACK" else ()))
    return claims


def _content_lost(old: ContentRule, new: ContentRule | None) -> str:
    if new is None:
        return "the filter is gone, or off in this direction"
    if ORDER[new.action] < ORDER[old.action]:
        return "the filter only reports"
    if _LEVELS[new.strength] < _LEVELS[old.strength] or any(a > b for a, b in zip(new.thresholds, old.thresholds, strict=True)):
        return f"the strength falls from {old.strength} to {new.strength}"
    return ""


def check_topics(pair: Pair, source: Source) -> list[Claim]:
    """Claim that each denied topic is still denied in the same words."""
    new = {rule.topic.name: rule for rule in pair.new.plans[source].topics}
    claims = []
    for rule in pair.old.plans[source].topics:
        if rule.action == "NONE":
            continue
        says = f"the topic `{rule.topic.name}` is denied"
        kept = new.get(rule.topic.name)
        if kept is not None and _described(kept) != _described(rule) and kept.action == rule.action:
            why = "its definition or examples changed: a model judges by them, and its judgements are not compared"
            claims.append(Claim(source=source, rule=rule.rule_id, says=says, outcome="unknown", why=why, premises=LEARNED))
            continue
        why = (
            ""
            if kept is not None and ORDER[kept.action] >= ORDER[rule.action]
            else "the topic is gone, off in this direction, or only reported"
        )
        claims.append(_learned(pair, source, rule.rule_id, says, why, (*rule.topic.examples, rule.topic.definition)))
    return claims


def _described(rule: TopicRule) -> tuple[str, tuple[str, ...]]:
    return rule.topic.definition, rule.topic.examples


def check_grounding(pair: Pair, source: Source) -> list[Claim]:
    """Claim that each grounding threshold is at least as high."""
    new = {rule.type: rule for rule in pair.new.plans[source].grounding}
    claims = []
    for rule in pair.old.plans[source].grounding:
        if rule.action == "NONE":
            continue
        kept = new.get(rule.type)
        if kept is None or ORDER[kept.action] < ORDER[rule.action]:
            why = "the filter is gone, off, or only reports"
        else:
            why = f"the threshold falls from {rule.threshold} to {kept.threshold}" if kept.threshold < rule.threshold else ""
        claims.append(_learned(pair, source, rule.rule_id, f"the {rule.type} score must reach {rule.threshold}", why, ()))
    return claims


def _learned(pair: Pair, source: Source, rule: str, says: str, lost: str, texts: tuple[str, ...]) -> Claim:
    """Claim the order of a learned filter's settings; where it is lost a text that shows it is sought, but not needed."""
    if not lost:
        return Claim(source=source, rule=rule, says=says, outcome="proved", why="settings are no weaker", premises=LEARNED)
    witness = pair.witness(source, texts)
    return Claim(source=source, rule=rule, says=says, outcome="refuted", why=lost, witness=witness, premises=LEARNED)
