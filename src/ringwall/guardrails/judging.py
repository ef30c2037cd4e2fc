"""One verdict per rule, from what was seen and scored; whatever fails becomes a verdict that says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ringwall.guardrails.content import Grounds
from ringwall.guardrails.guardrail import ContentRule, GroundingRule, Guardrail, Plan, TopicRule
from ringwall.guardrails.learned import Reading, Worst, breaches, check_score, confidence_of, score_categories, windows
from ringwall.guardrails.ports import TopicScorer
from ringwall.guardrails.scan import EXHAUSTED, Seen
from ringwall.guardrails.verdict import Action, Verdict, strongest


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


def content_verdicts(guardrail: Guardrail, rules: Sequence[ContentRule], seen: Seen) -> list[Verdict]:
    scorer = guardrail.scorers.content
    if not rules or scorer is None:
        return []
    failed = seen.failed or (EXHAUSTED if seen.exhausted else "")
    scores: dict[str, Worst] = {}
    if not failed:
        failed = _attempt(lambda: scores.update(score_categories(scorer, seen.readings)))
    return [_content_verdict(rule, scores.get(rule.type), failed, seen) for rule in rules]


def _content_verdict(rule: ContentRule, worst: Worst | None, failed: str, seen: Seen) -> Verdict:
    hits = tuple(seen.hits.get(rule.rule_id, ()))
    if worst is None and not failed:
        failed = "no score for this category"
    score = 0.0 if worst is None else worst.score
    confidence = "HIGH" if hits else confidence_of(score, rule.thresholds)  # a rule of ours that fired is certain of what it saw
    detected = breaches(confidence, rule.strength)
    return Verdict(
        rule_id=rule.rule_id,
        policy="contentPolicy",
        action=rule.action if detected else "NONE",
        detected=detected,
        failed=failed,
        hits=hits,
        score=None if worst is None else score,
        confidence=confidence,
        strength=rule.strength,
        chain=() if worst is None else worst.chain,
    )


def topic_verdicts(guardrail: Guardrail, rules: Sequence[TopicRule], seen: Seen) -> list[Verdict]:
    scorer = guardrail.scorers.topics
    return [] if scorer is None else [_topic_verdict(scorer, rule, seen) for rule in rules]


def _topic_verdict(scorer: TopicScorer, rule: TopicRule, seen: Seen) -> Verdict:
    failed = seen.failed or (EXHAUSTED if seen.exhausted else "")
    threshold = scorer.threshold
    scores = [Worst(0.0)]
    if not failed:
        failed = _attempt(lambda: scores.extend(_topic_scores(scorer, rule, seen.readings)))
    worst = max(scores, key=lambda each: each.score)
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
    )


def _topic_scores(scorer: TopicScorer, rule: TopicRule, readings: Sequence[Reading]) -> list[Worst]:
    name, definition, examples = rule.topic.name, rule.topic.definition, rule.topic.examples
    return [
        Worst(check_score(scorer.score(window, name=name, definition=definition, examples=examples)), reading.chain)
        for reading in readings
        for window in windows(reading.text)
    ]


def grounding_verdict(guardrail: Guardrail, rule: GroundingRule, grounds: Grounds) -> Verdict:
    scorer = guardrail.scorers.grounding
    scores: list[float] = []
    if scorer is None:
        failed = "no grounding scorer"
    elif rule.type == "GROUNDING":
        failed = _attempt(lambda: scores.append(check_score(scorer.grounding(source=grounds.source, answer=grounds.answer))))
    else:
        failed = _attempt(lambda: scores.append(check_score(scorer.relevance(query=grounds.query, answer=grounds.answer))))
    score = scores[0] if scores else 0.0
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
    )


def _attempt(run: Callable[[], object]) -> str:
    """Run a learned detector; return what it raised by name, or nothing."""
    try:
        run()
    except Exception as error:  # noqa: BLE001 - rim: a plugged-in detector may raise anything, and whatever it raises is a block
        return type(error).__name__
    return ""
