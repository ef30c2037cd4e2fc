"""One verdict per rule, from what was seen and scored; whatever fails becomes a verdict that says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from ringwall.guardrails.content import Grounds
from ringwall.guardrails.guardrail import ContentRule, GroundingRule, Guardrail, Plan, TopicRule
from ringwall.guardrails.learned import (
    Reading,
    Scored,
    Worst,
    breaches,
    check_score,
    confidence_of,
    score_readings,
    windows_of,
    worst_of,
)
from ringwall.guardrails.policy import Strength, TextOrigin
from ringwall.guardrails.ports import AskedTopic, ClaimScorer, ContentScorer, GroundingScorer, TopicScorer
from ringwall.guardrails.scan import EXHAUSTED, Seen
from ringwall.guardrails.verdict import Action, Passage, Verdict, strongest
from ringwall.vocabulary import Span


def finding_verdicts(plan: Plan, seen: Seen) -> list[Verdict]:
    failed = seen.failed or (EXHAUSTED if seen.exhausted else "")
    if not failed and not seen.hits:
        return list(plan.clean.values())
    verdicts: list[Verdict] = []
    for rule_id, clean in plan.clean.items():
        hits = tuple(seen.hits.get(rule_id, ()))
        if not failed and not hits:
            verdicts.append(clean)
            continue
        action = strongest([hit.action for hit in hits])
        verdicts.append(Verdict(rule_id=rule_id, policy=clean.policy, action=action, detected=bool(hits), failed=failed, hits=hits))
    return verdicts


Origins = Mapping[int, TextOrigin]
"""The origins of the blocks that have one, by their positions."""
_Origin = TextOrigin | Literal[""]


def content_verdicts(guardrail: Guardrail, rules: Sequence[ContentRule], seen: Seen, origins: Origins) -> list[Verdict]:
    """Judge by the content filters; where blocks have origins, each origin's worst score by the strength that holds there."""
    scorer = guardrail.scorers.content
    if not rules or scorer is None:
        return []
    failed = seen.failed or (EXHAUSTED if seen.exhausted else "")
    scores: dict[_Origin, Mapping[str, Worst]] = {}
    if not failed:
        apart = origins if origins and any(rule.by_origin for rule in rules) else {}
        failed = _attempt(lambda: scores.update(_scores(scorer, seen.readings, apart)))
    model = scorer.model_id
    return [_content_verdict(rule, scores, failed, seen, model) for rule in rules]


def _scores(scorer: ContentScorer, readings: Sequence[Reading], origins: Origins) -> dict[_Origin, Mapping[str, Worst]]:
    groups: dict[_Origin, list[Scored]] = {} if origins else {"": []}
    for each in score_readings(scorer, readings):
        groups.setdefault(origins.get(each.window.reading.block, ""), []).append(each)
    return {origin: worst_of(group) for origin, group in groups.items()}


def _content_verdict(rule: ContentRule, scores: Mapping[_Origin, Mapping[str, Worst]], failed: str, seen: Seen, model: str) -> Verdict:
    hits = tuple(seen.hits.get(rule.rule_id, ()))
    strength, worst = rule.strength, None
    if not failed:
        if not scores or any(rule.type not in found for found in scores.values()):
            failed = "no score for this category"
        else:
            strength, worst = _strictest(rule, scores)
    score = 0.0 if worst is None else worst.score
    confidence = confidence_of(score, rule.thresholds)
    detected = breaches(confidence, strength)
    if hits:  # a rule of ours that fired is certain of what it saw, whoever said it
        detected, strength, confidence = True, rule.strength, "HIGH"
    return Verdict(
        rule_id=rule.rule_id,
        policy="contentPolicy",
        action=rule.action if detected else "NONE",
        detected=detected,
        failed=failed,
        hits=hits,
        score=None if worst is None else score,
        confidence=confidence,
        strength=strength,
        chain=() if worst is None else worst.chain,
        model=model,
        level=None if worst is None else worst.level,
        place=None if worst is None else worst.place,
        kinds=_kinds(worst) if worst is not None and rule.type == "PROMPT_ATTACK" else (),
    )


def _kinds(worst: Worst) -> tuple[tuple[str, float], ...]:
    """Return the kinds of attack, the likeliest first."""
    return tuple(sorted(((kind, check_score(score)) for kind, score in worst.kinds.items()), key=lambda each: (-each[1], each[0])))


def _strictest(rule: ContentRule, scores: Mapping[_Origin, Mapping[str, Worst]]) -> tuple[Strength, Worst]:
    """Return the strength and score of the origin that decides: one whose score breaches its strength, else the highest score."""
    judged = [
        (rule.by_origin.get(origin, rule.strength) if origin else rule.strength, found[rule.type]) for origin, found in scores.items()
    ]
    return max(judged, key=lambda each: (breaches(confidence_of(each[1].score, rule.thresholds), each[0]), each[1].score))


def topic_verdicts(guardrail: Guardrail, rules: Sequence[TopicRule], seen: Seen) -> list[Verdict]:
    """Judge by the denied topics: all topics and all windows of all readings are asked in one call."""
    scorer = guardrail.scorers.topics
    if scorer is None or not rules:
        return []
    failed = seen.failed or (EXHAUSTED if seen.exhausted else "")
    found: list[Worst] = []
    if not failed:
        failed = _attempt(lambda: found.extend(_topic_scores(scorer, rules, seen.readings)))
    worst = [Worst(0.0)] * len(rules) if failed else found
    return [_topic_verdict(rule, scorer, each, failed) for rule, each in zip(rules, worst, strict=True)]


def _topic_verdict(rule: TopicRule, scorer: TopicScorer, worst: Worst, failed: str) -> Verdict:
    threshold = scorer.threshold
    detected = not failed and worst.score >= threshold
    return Verdict(
        rule_id=rule.rule_id,
        policy="topicPolicy",
        action=rule.action if detected else "NONE",
        detected=detected,
        failed=failed,
        score=worst.score,
        threshold=threshold,
        chain=worst.chain,
        model=scorer.model_id,
        place=worst.place,
    )


def _topic_scores(scorer: TopicScorer, rules: Sequence[TopicRule], readings: Sequence[Reading]) -> list[Worst]:
    """Return the worst score of each topic, and the reading it was seen in."""
    asked = [AskedTopic(rule.topic.name, rule.topic.definition, rule.topic.examples) for rule in rules]
    cut = windows_of(readings)
    scores = scorer.score_topics([window.text for window in cut], asked)
    return [
        max(
            (
                Worst(check_score(score), window.reading.chain, reading=window.reading, span=window.span)
                for score, window in zip(row, cut, strict=True)
            ),
            key=lambda each: each.score,
            default=Worst(0.0),
        )
        for _, row in zip(rules, scores, strict=True)
    ]


def grounding_verdict(guardrail: Guardrail, rule: GroundingRule, grounds: Grounds) -> Verdict:
    """Judge by one grounding filter; where the scorer names the claims that do not follow, they are the verdict's passages."""
    scorer = guardrail.scorers.grounding
    found: list[tuple[float, tuple[Passage, ...]]] = []
    failed = "no grounding scorer" if scorer is None else _attempt(lambda: found.append(_grounds(scorer, rule, grounds)))
    score, passages = found[0] if found else (0.0, ())
    detected = score < rule.threshold
    action: Action = rule.action if detected else "NONE"
    return Verdict(
        rule_id=rule.rule_id,
        policy="contextualGroundingPolicy",
        action=action,
        detected=detected,
        failed=failed,
        score=score,
        threshold=rule.threshold,
        passages=passages if detected else (),
        model="" if scorer is None else scorer.model_id,
    )


def _grounds(scorer: GroundingScorer, rule: GroundingRule, grounds: Grounds) -> tuple[float, tuple[Passage, ...]]:
    if rule.type == "RELEVANCE":
        return check_score(scorer.relevance(query=grounds.query, answer=grounds.answer)), ()
    if not isinstance(scorer, ClaimScorer):
        return check_score(scorer.grounding(source=grounds.source, answer=grounds.answer)), ()
    score, claims = scorer.grounded(source=grounds.source, query=grounds.query, answer=grounds.answer)
    passages: list[Passage] = []
    for start, end, own in claims:
        block, begins = grounds.place_of(start)
        passages.append(Passage(block, Span(start - begins, end - begins), check_score(own)))
    return check_score(score), tuple(passages)


def _attempt(run: Callable[[], object]) -> str:
    """Run a learned detector; return what it raised by name, or nothing."""
    try:
        run()
    except Exception as error:  # noqa: BLE001 - rim: a plugged-in detector may raise anything, and whatever it raises is a block
        return type(error).__name__
    return ""
