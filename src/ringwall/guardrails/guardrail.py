"""A policy compiled: per source the rules that run, with everything looked up that can be looked up before a text arrives."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from ringwall.crypto import sha256
from ringwall.guardrails.errors import PolicyRefused
from ringwall.guardrails.naming import LEARNED_TYPES, WEIGHT
from ringwall.guardrails.policy import ContentType, GuardrailConfig, Source, Strength, TextOrigin, Topic
from ringwall.guardrails.ports import ContentScorer, ContentThresholds, GroundingScorer, NameFinder, Scorers, TopicScorer
from ringwall.guardrails.verdict import Action, Verdict
from ringwall.text.detectors import DetectorConfig, Detectors, compile_detectors


@dataclass(frozen=True, slots=True)
class ContentRule:
    """One content filter on one source. `by_origin`: the strengths of the origins that have their own."""

    rule_id: str
    type: str
    strength: Strength
    action: Action
    thresholds: tuple[float, float, float]
    by_origin: Mapping[TextOrigin, Strength] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TopicRule:
    """One denied topic on one source."""

    rule_id: str
    topic: Topic
    action: Action


@dataclass(frozen=True, slots=True)
class GroundingRule:
    """One grounding filter."""

    rule_id: str
    type: str
    threshold: float
    action: Action


@dataclass(frozen=True, slots=True)
class Names:
    """A learned finder of names, and the types that it is asked for."""

    finder: NameFinder
    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What runs on one source.

    rule_ids: every active rule, in the order of its verdicts.
    kinds: the kinds of rules that read text (the part of a rule id before `/`).
    detectors: the rule detectors; also what makes the readings for learned rules. None where only grounding runs, or nothing.
    clean: the verdict of each deterministic rule that saw nothing, by rule id.
    actions: what a finding of (kind, type) means: the rule it belongs to and that rule's action there.
    names: the learned finder, and the types that it is asked for; None where no rule asks for any.
    unlearned: types that it would be asked for, were it there.
    """

    source: Source
    rule_ids: tuple[str, ...]
    kinds: tuple[str, ...]
    detectors: Detectors | None
    clean: Mapping[str, Verdict]
    actions: Mapping[tuple[str, str], tuple[str, Action]]
    content: tuple[ContentRule, ...]
    topics: tuple[TopicRule, ...]
    grounding: tuple[GroundingRule, ...]
    names: Names | None = None
    unlearned: tuple[str, ...] = ()

    def weight(self, characters: int) -> int:
        """Return what reading so many characters costs, in characters that only rules read."""
        return characters * (1 if self.names is None else WEIGHT)

    @property
    def thresholds(self) -> dict[str, tuple[float, float, float]]:
        """The scores at which each content filter's confidence becomes LOW, MEDIUM and HIGH."""
        return {rule.type: rule.thresholds for rule in self.content}


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A compiled guardrail.

    digest: sha256 over the configuration, the detectors' digests (their rules and tables) and the scorers' model ids and thresholds:
        equal digests give equal verdicts.
    own_thresholds: the account's, which stand in the model's place where it has any; by category.
    """

    config: GuardrailConfig
    digest: str
    plans: Mapping[Source, Plan]
    scorers: Scorers
    own_thresholds: ContentThresholds = field(default_factory=dict)

    @property
    def rules(self) -> tuple[str, ...]:
        """Every rule that runs on some source."""
        return tuple(dict.fromkeys(rule_id for plan in self.plans.values() for rule_id in plan.rule_ids))

    def blocked_message(self, source: Source) -> str:
        """Return what stands in for content that is blocked."""
        return self.config.blocked_input_messaging if source == "INPUT" else self.config.blocked_outputs_messaging


def compile_guardrail(config: GuardrailConfig, scorers: Scorers, thresholds: ContentThresholds | None = None) -> Guardrail:
    """Compile a policy, or say why it cannot be.

    Args:
        config: a parsed configuration (`parse_config`).
        scorers: the learned detectors of this installation.
        thresholds: per category the scores at which confidence becomes LOW, MEDIUM and HIGH, in the place of the model's; a category that
            is not there has the model's.

    Raises:
        PolicyRefused: the policy needs a learned detector that is absent, or the thresholds are none.
        InvalidRequest: the rule detectors refuse a rule (a regex with look-around, a word of nothing but separators).
    """
    _refuse_absent_scorers(config, scorers)
    own = _checked(thresholds or {}, scorers)
    wanted = {source: _detector_config(config, source) for source in _SOURCES}
    compiled = {key: compile_detectors(key) for key in dict.fromkeys(wanted.values()) if key is not None}
    plans = {source: _plan(config, source, scorers, own, compiled.get(wanted[source])) for source in _SOURCES}  # type: ignore[arg-type]
    return Guardrail(config=config, digest=_digest(config, plans, scorers), plans=plans, scorers=scorers, own_thresholds=own)


_SOURCES: tuple[Source, Source] = ("INPUT", "OUTPUT")


def _refuse_absent_scorers(config: GuardrailConfig, scorers: Scorers) -> None:
    for member, filters, scorer in (
        ("contentPolicyConfig", config.content_filters, scorers.content),
        ("topicPolicyConfig", config.topics, scorers.topics),
        ("contextualGroundingPolicyConfig", config.grounding_filters, scorers.grounding),
    ):
        if filters and scorer is None:
            raise PolicyRefused(f"`{member}` needs a learned detector that is not installed", remedy="install ringwall with its models")
    if scorers.content is not None:
        for filter_ in config.content_filters:
            if filter_.type not in scorers.content.thresholds:
                raise PolicyRefused(f"the installed model `{scorers.content.model_id}` has no thresholds for {filter_.type}")


def _checked(thresholds: ContentThresholds, scorers: Scorers) -> ContentThresholds:
    """Return thresholds that are some: of the model's categories, rising, in (0, 1]."""
    known = scorers.content.thresholds if scorers.content is not None else {}
    for category, levels in thresholds.items():
        if category not in known:
            raise PolicyRefused(f"there are thresholds for `{category[:100]}`, which the installed model does not score")
        if levels[-1] > 1.0 or not all(low < high for low, high in itertools.pairwise((0.0, *levels))):
            raise PolicyRefused(f"the thresholds of {category} do not rise from above 0 to at most 1")
    return dict(thresholds)


def _detector_config(config: GuardrailConfig, source: Source) -> DetectorConfig | None:
    """Return the rule detectors this source needs, or None where no policy reads its text."""
    reads_text = (*config.content_filters, *config.topics, *config.words, *config.managed_words, *config.pii_entities, *config.regexes)
    if not any(filter_.is_enabled(source) for filter_ in reads_text):
        return None
    return DetectorConfig(
        pii=tuple(entity.type for entity in config.pii_entities if entity.is_enabled(source)),
        words=tuple(word.text for word in config.words if word.is_enabled(source)),
        profanity=any(words.is_enabled(source) for words in config.managed_words),
        regexes=tuple((regex.name, regex.pattern) for regex in config.regexes if regex.is_enabled(source)),
        attacks=any(filter_.type == "PROMPT_ATTACK" and filter_.is_enabled(source) for filter_ in config.content_filters),
        secrets=False,
        readings="raw" if config.readings == "RAW" else "all",
    )


def _plan(config: GuardrailConfig, source: Source, scorers: Scorers, own: ContentThresholds, detectors: Detectors | None) -> Plan:
    clean: dict[str, Verdict] = {}
    actions: dict[tuple[str, str], tuple[str, Action]] = {}
    thresholds = {**(scorers.content.thresholds if scorers.content is not None else {}), **own}
    content = tuple(
        ContentRule(
            f"content/{f.type}", f.type, f.strength_on(source), f.action_on(source), thresholds[f.type], _by_origin(config, source, f.type)
        )
        for f in config.content_filters
        if f.is_enabled(source)
    )
    topics = tuple(TopicRule(f"topic/{t.name}", t, t.action_on(source)) for t in config.topics if t.is_enabled(source))
    for word in config.words:
        if word.is_enabled(source):
            clean["word/custom"] = Verdict(rule_id="word/custom", policy="wordPolicy")
            actions["word", word.text] = ("word/custom", word.action_on(source))
    for words in config.managed_words:
        if words.is_enabled(source):
            rule_id = f"managed-words/{words.type}"
            clean[rule_id] = Verdict(rule_id=rule_id, policy="wordPolicy")
            actions["profanity", words.type] = (rule_id, words.action_on(source))
    for kind, name, filter_ in (
        *(("pii", entity.type, entity) for entity in config.pii_entities),
        *(("regex", regex.name, regex) for regex in config.regexes),
    ):
        if filter_.is_enabled(source):
            rule_id = f"{kind}/{name}"
            clean[rule_id] = Verdict(rule_id=rule_id, policy="sensitiveInformationPolicy")
            actions[kind, name] = (rule_id, filter_.action_on(source))
    grounding = tuple(
        GroundingRule(f"grounding/{f.type}", f.type, f.threshold, f.action_on(source))
        for f in config.grounding_filters
        if f.is_enabled(source)
    )
    learned = (*(rule.rule_id for rule in content), *(rule.rule_id for rule in topics))
    rule_ids = (*learned, *clean, *(rule.rule_id for rule in grounding))
    kinds = tuple(dict.fromkeys(rule_id.partition("/")[0] for rule_id in (*learned, *clean)))
    asked = tuple(entity.type for entity in config.pii_entities if entity.is_enabled(source) and entity.type in LEARNED_TYPES)
    names = Names(scorers.names, frozenset(asked)) if scorers.names is not None and asked else None
    unlearned = asked if scorers.names is None else ()
    return Plan(source, rule_ids, kinds, detectors, clean, actions, content, topics, grounding, names, unlearned)


def _by_origin(config: GuardrailConfig, source: Source, type_: ContentType) -> dict[TextOrigin, Strength]:
    """Return a filter's strengths by origin: what tools and documents say is input."""
    if source == "OUTPUT":
        return {}
    return {origin: strengths[type_] for origin, strengths in config.origin_strengths.items() if type_ in strengths}


def _digest(config: GuardrailConfig, plans: Mapping[Source, Plan], scorers: Scorers) -> str:
    used: list[tuple[ContentScorer | TopicScorer | GroundingScorer | NameFinder | None, bool]] = [
        (scorers.content, bool(config.content_filters)),
        (scorers.topics, bool(config.topics)),
        (scorers.grounding, bool(config.grounding_filters)),
        (scorers.names, any(plan.names is not None for plan in plans.values())),
    ]
    material = {
        "config": msgspec.to_builtins(config),
        "detectors": {source: plan.detectors.digest if plan.detectors is not None else "" for source, plan in plans.items()},
        "models": [scorer.model_id for scorer, needed in used if needed and scorer is not None],
        "thresholds": {rule.type: list(rule.thresholds) for plan in plans.values() for rule in plan.content},
    }
    return sha256(msgspec.json.encode(material, order="deterministic")).hex()
