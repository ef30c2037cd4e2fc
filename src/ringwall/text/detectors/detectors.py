"""A configuration compiled, and run over all readings of a text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

import msgspec
import re2

from ringwall.errors import InvalidRequest, LimitExceeded
from ringwall.text.detectors import profanity
from ringwall.text.detectors.attacks.grammar import AttackRule
from ringwall.text.detectors.attacks.matcher import AttackMatcher, trigger_phrases
from ringwall.text.detectors.boundaries import stands_alone, unbound
from ringwall.text.detectors.collector import Collector, Rule
from ringwall.text.detectors.config import DetectorConfig, Readings, Scan
from ringwall.text.detectors.custom_regex import check_pattern, max_match
from ringwall.text.detectors.engine import compile_pattern, options
from ringwall.text.detectors.literal import LiteralMatcher, LiteralRule
from ringwall.text.detectors.lookahead import may_look_far
from ringwall.text.detectors.readings import Reach, is_joined, least_letters, reaches_of
from ringwall.text.detectors.registry import ATTACKS, PII_BY_TYPE, ROLE_TAGS, SECRETS
from ringwall.text.detectors.rule import Detector
from ringwall.text.detectors.unfinished import Unfinished
from ringwall.text.phrases import PhraseAutomaton
from ringwall.text.read import read_views
from ringwall.text.read_plainly import read_plainly
from ringwall.text.tables import tables_digest
from ringwall.text.view import PhraseHit, View
from ringwall.vocabulary import Limits

WORD_LENGTH = 100
WORD_COUNT = 10_000
"""AWS: at most 10,000 words of at most 100 characters."""

_LIMITS = Limits()


class Detectors:
    """The rules of one guardrail, ready to run. Holds nothing of any text; safe to share between threads.

    rules: every rule that runs, in the order of `rule_ids`.
    digest: SHA-256 over all rules and the folding and decoding tables they read through: the receipt.
    max_match: per rule id the most characters of one reading that a hit can span, None where there is no bound.
    """

    def __init__(self, config: DetectorConfig) -> None:
        self.config = config
        plan = _Plan(config)
        self._rules = tuple(plan.rules)
        self._literal: dict[Reach, LiteralMatcher] = {
            "faithful": LiteralMatcher([rule for rule in plan.literal if rule.faithful]),
            "decoded": LiteralMatcher([_unbound(rule) for rule in plan.literal if rule.reach != "faithful"]),
            "guessed": LiteralMatcher([rule for rule in plan.literal if rule.reach == "guessed"]),
        }
        self._patterns = tuple(plan.literal)
        self._ready_to_stream = False
        self._attacks = _shipped_attacks() if config.attacks else None
        self._first_trigger = plan.first_trigger
        self._attack_rules = plan.attack_rules
        self._phrase_rules = tuple(plan.phrase_rules)
        self._letters = tuple(max(sum(map(str.isalnum, phrase)), 1) for phrase in plan.phrases)  # `@$$` is written in letters' stand-ins
        self._phrases = tuple(plan.phrases)
        self._compile_words()
        self.rule_ids: tuple[str, ...] = tuple(rule.rule_id for rule in self._rules)
        self.max_match: Mapping[str, int | None] = MappingProxyType(plan.max_match)
        self.digest = _digest(plan)

    def _compile_words(self) -> None:
        """Make the automaton that scans will ask, so that what is wrong with a word is refused where it is listed."""
        _ = self._plain_automaton if self.config.readings == "raw" else self.automaton

    def scan(self, text: str, *, limits: Limits = _LIMITS, readings: Readings | None = None) -> Scan:
        """Find everything the configuration asks for, in all readings of a text or in the text as it is.

        Attack rules run on the text itself, on what decodes plainly, and on every reading in which the phrase automaton saw a trigger word
        of theirs: each match of a rule holds one.

        Args:
            text: at most `limits.text_chars` characters; any code points.
            limits: size, decoding depth and decoding budget.
            readings: the configuration's if None.

        Raises:
            LimitExceeded: the text is too long; nothing was read.
            EngineFailed: a pattern set did not do its work; treat the text as blocked.
        """
        return self.scan_views(text, limits=limits, readings=readings)[0]

    def scan_views(self, text: str, *, limits: Limits = _LIMITS, readings: Readings | None = None) -> tuple[Scan, tuple[View, ...]]:
        """Do as `scan`, and return the readings too, for learned detectors that score the same ones.

        Raises:
            LimitExceeded, EngineFailed: as `scan`.
        """
        if len(text) > limits.text_chars:
            raise LimitExceeded(f"the text has {len(text)} characters; at most {limits.text_chars} are taken")
        if (readings or self.config.readings) == "raw":
            made = read_plainly(text, automaton=self._plain_automaton, limits=limits)
        else:
            made = read_views(text, automaton=self.automaton, limits=limits)
        views = made.views
        collector = Collector(text)
        triggered = {hit.chain for hit in made.phrase_hits if hit.phrase >= self._first_trigger}
        stray = not triggered.issubset({view.chain for view in views})
        for view in views:
            reaches = reaches_of(view)
            self._read(view, reaches, collector)
            if self._attacks is not None and ("faithful" in reaches or view.chain in triggered or (stray and is_joined(view.chain))):
                for attack, start, end in self._attacks.hits(view.text):
                    collector.add(self._attack_rules[attack.id], view, start, end, attack.confidence)
        for hit in made.phrase_hits:
            self._take_phrase(hit, collector)
        scan = Scan(
            findings=collector.findings(),
            exhausted=made.exhausted,
            views=tuple(view.chain for view in views),
            interpreter=made.interpreter,
            characters=made.characters_read,
        )
        return scan, views

    @cached_property
    def automaton(self) -> PhraseAutomaton | None:
        """The phrase automaton of words, profanity and the attack rules' trigger words; None where there are none.

        Raises:
            LimitExceeded: the words with the triggers are too many; under raw readings, which do not read it, that is said here first.
        """
        return PhraseAutomaton.shared(self._phrases) if self._phrases else None

    @cached_property
    def _plain_automaton(self) -> PhraseAutomaton | None:
        """The words without the attack rules' triggers: where no reading is looked for, no trigger has to be found."""
        listed = self._phrases[: self._first_trigger]
        return PhraseAutomaton.shared(listed) if listed else None

    @property
    def is_ready_to_stream(self) -> bool:
        """Say whether `unfinished` was made and asked once: the first time takes up to a second, for many words."""
        return self._ready_to_stream

    def prepare_to_stream(self) -> None:
        """Make `unfinished`, and ask it once."""
        if self.unfinished is not None:
            self.unfinished.border(" it was ", 1)
        self._ready_to_stream = True

    @cached_property
    def unfinished(self) -> Unfinished | None:
        """What of these rules the end of a text may be the beginning of; None with attack rules, of which that is not known."""
        if self._attacks is not None:
            return None
        decoded = [_unbound(rule) for rule in self._patterns if rule.reach != "faithful"]
        return Unfinished(self._patterns, decoded, self.automaton, plainly=self.config.readings == "raw")

    def _take_phrase(self, hit: PhraseHit, collector: Collector) -> None:
        """Add a word's hit, unless chance makes such hits. Trigger words have no rule of their own."""
        rule = self._phrase_rules[hit.phrase]
        if rule is not None and self._letters[hit.phrase] >= least_letters(hit.chain, rule.kind):
            collector.add_span(rule, hit.chain, hit.span, "", 1.0)

    def _read(self, view: View, reaches: tuple[Reach, ...], collector: Collector) -> None:
        for reach in reaches:
            for rule, start, end in self._literal[reach].hits(view.text):
                if reach != "decoded" or stands_alone(collector.text, view, start, end, asks_start=rule.asks_start, asks_end=rule.asks_end):
                    collector.add(self._rules[rule.rule_index], view, start, end, rule.confidence)


class _Plan:
    """What a configuration comes to: rules, patterns and phrases, before anything is compiled together."""

    def __init__(self, config: DetectorConfig) -> None:
        self.rules: list[Rule] = []
        self.literal: list[LiteralRule] = []
        self.phrases: list[str] = []
        self.phrase_rules: list[Rule | None] = []
        self.attack_rules: dict[str, Rule] = {}
        self.max_match: dict[str, int | None] = {}
        self.readings = config.readings
        for pii_type in _unique(config.pii, "pii type"):
            if pii_type not in PII_BY_TYPE:
                raise InvalidRequest(f"`{pii_type[:100]}` is no type of personal data that ringwall finds")
            self._add_detector(PII_BY_TYPE[pii_type])
        for detector in SECRETS if config.secrets else ():
            self._add_detector(detector)
        for name, pattern in config.regexes:
            self._add_regex(name, pattern)
        self._add_words(config.words)
        if config.profanity:
            self._add_profanity()
        self.first_trigger = len(self.phrases)
        if config.attacks:
            self._add_attacks(ATTACKS)

    def _add_rule(self, rule: Rule) -> int:
        if rule.rule_id in self.max_match:
            raise InvalidRequest(f"there are two rules with the name `{rule.rule_id[:120]}`")
        self.rules.append(rule)
        self.max_match[rule.rule_id] = 0
        return len(self.rules) - 1

    def _add_detector(self, detector: Detector, rule_id: str = "") -> None:
        index = self._add_rule(Rule(rule_id or detector.rule_id, detector.kind, detector.type))
        for pattern in detector.patterns:
            self.literal.append(
                LiteralRule(
                    rule_index=index,
                    regex=pattern.regex,
                    compiled=_shipped_pattern(pattern.regex),
                    check=pattern.check,
                    confidence=pattern.confidence,
                    overlapping=pattern.overlapping,
                    reach=pattern.reach,
                    faithful=pattern.faithful,
                )
            )
            self._note_width(index, pattern.regex)

    def _add_regex(self, name: str, pattern: str) -> None:
        check_pattern(name, pattern)
        index = self._add_rule(Rule(f"regex/{name}", "regex", name))
        compiled, far = _groupless(pattern), may_look_far(pattern)
        self.literal.append(LiteralRule(rule_index=index, regex=pattern, compiled=compiled, reach="decoded", custom=True, looks_far=far))
        self._note_width(index, pattern)

    def _add_words(self, words: tuple[str, ...]) -> None:
        if len(words) > WORD_COUNT:
            raise InvalidRequest(f"there are {len(words)} words; at most {WORD_COUNT} are taken")
        for index, word in enumerate(words):
            if not word.strip() or len(word) > WORD_LENGTH:
                raise InvalidRequest(f"word {index} must have 1 to {WORD_LENGTH} characters")
            rule = Rule(f"word/{index}", "word", word)
            self._add_rule(rule)
            self._add_phrase(word, rule)

    def _add_profanity(self) -> None:
        rule = Rule(profanity.RULE_ID, "profanity", profanity.TYPE)
        self._add_rule(rule)
        for word in profanity.profane_words():
            self._add_phrase(word, rule)

    def _add_attacks(self, rules: tuple[AttackRule, ...]) -> None:
        self._add_detector(ROLE_TAGS, "attack/role-tags")
        for attack in rules:
            rule = Rule(f"attack/{attack.id}", "attack", attack.category)
            self._add_rule(rule)
            self.attack_rules[attack.id] = rule
            self.max_match[rule.rule_id] = None
        for word in trigger_phrases(rules):
            self._add_phrase(word, None)

    def _add_phrase(self, phrase: str, rule: Rule | None) -> None:
        self.phrases.append(phrase)
        self.phrase_rules.append(rule)
        if rule is not None:
            self.max_match[rule.rule_id] = None  # separators inside a phrase have no bound

    def _note_width(self, index: int, regex: str) -> None:
        rule_id = self.rules[index].rule_id
        known, width = self.max_match[rule_id], max_match(regex)
        self.max_match[rule_id] = None if known is None or width is None else max(known, width)


def compile_detectors(config: DetectorConfig) -> Detectors:
    """Compile a configuration.

    Raises:
        InvalidRequest: an unknown type, a word or a regular expression that can't be taken; the message says which and why.
    """
    return Detectors(config)


@lru_cache(maxsize=1)
def _shipped_attacks() -> AttackMatcher:
    """Compile the attack rules once: they are the same in every configuration, and RE2 learns its states from the texts of all."""
    return AttackMatcher(ATTACKS)


@lru_cache(maxsize=1024)
def _shipped_pattern(regex: str) -> Any:
    """Compile a pattern of ours once: it is the same in every configuration."""
    return compile_pattern(regex)


def _unbound(rule: LiteralRule) -> LiteralRule:
    """Return a rule for decoded readings, where what stands around an encoded passage is glued to it."""
    regex, asks_start, asks_end = unbound(rule.regex)
    compiled = _groupless(regex) if rule.custom else _shipped_pattern(regex)
    return msgspec.structs.replace(rule, regex=regex, compiled=compiled, asks_start=asks_start, asks_end=asks_end)


def _groupless(pattern: str) -> Any:
    """Compile a customer's pattern so that its groups don't count: all of a match is the finding."""
    made = options()
    made.never_capture = True
    return re2.compile(pattern, made)


def _unique(values: tuple[str, ...], what: str) -> tuple[str, ...]:
    if len(set(values)) != len(values):
        raise InvalidRequest(f"a {what} is named twice")
    return values


def _digest(plan: _Plan) -> str:
    """Hash what decides about findings: rule ids, patterns, confidences, phrases, attack expressions, and the tables."""
    content = {
        "rules": [[rule.rule_id, rule.kind, rule.type] for rule in plan.rules],
        "patterns": [[rule.rule_index, rule.regex, rule.confidence, rule.reach] for rule in plan.literal],
        "attacks": [msgspec.to_builtins(rule) for rule in ATTACKS] if plan.attack_rules else [],
        "phrases": plan.phrases,
        "tables": tables_digest(),
        **({} if plan.readings == "all" else {"readings": plan.readings}),
    }
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()
