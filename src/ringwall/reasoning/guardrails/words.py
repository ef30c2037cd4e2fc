"""Denied words and phrases: whatever an old word is found in, a new word is found in.

Decided on the phrase automata that run. Each way in which an old word may stand in a stream of columns is walked through the new
automaton's table; if a new word's pattern is met, every stream with the old pattern holds the new one, sought there in at least the same
alphabets and directions. That serves words long enough to be found anywhere. A word that is found at word boundaries only is covered by
itself alone (in any of its cases), since such matches are looked at twice.

In readings that chance fills with short words a hit needs a least number of letters, so the new word needs as many as the old one, or as
many as any reading asks for.
"""

from __future__ import annotations

from collections.abc import Sequence

from ringwall.guardrails.guardrail import Plan
from ringwall.guardrails.policy import Source
from ringwall.guardrails.verdict import Action
from ringwall.reasoning.guardrails.replay import ORDER, Pair
from ringwall.reasoning.guardrails.results import Claim
from ringwall.text.detectors.readings import least_letters
from ringwall.text.phrases import Pattern, Side, case_forms

_TRIED = 12
_ASKED = least_letters(("unscrambled",), "word")  # the most that any reading asks of a word


def check_words(pair: Pair, source: Source) -> list[Claim]:
    """Claim that the new words find whatever the old ones find; no claim where the old version has no word that acts."""
    listed = _acting(pair.old.plans[source])
    if not listed:
        return []
    lost = lost_words(pair, source)
    says = "whatever a listed word is found in is blocked"
    if not lost:
        return [
            Claim(
                source=source,
                rule="word/custom",
                says=says,
                outcome="proved",
                why=f"all {len(listed)} are listed still, or hold a word that is",
            )
        ]
    witness = pair.witness(source, [text for word in lost[:_TRIED] for text in _writings(word)])
    named = ", ".join(f"`{word}`" for word in lost[:3]) + (f" and {len(lost) - 3} more" if len(lost) > 3 else "")
    if witness is not None:
        return [Claim(source=source, rule="word/custom", says=says, outcome="refuted", why=f"no new word covers {named}", witness=witness)]
    why = f"no new word covers {named}, yet other rules stop each of them alone"
    return [Claim(source=source, rule="word/custom", says=says, outcome="unknown", why=why)]


def lost_words(pair: Pair, source: Source) -> tuple[str, ...]:
    """Return the old version's acting words that no new word covers, shortest first."""
    words = _Words(pair.new.plans[source])
    old = pair.old.plans[source]
    patterns = _patterns(old)
    lost = [word for word, action in _acting(old).items() if not words.cover(word, action, patterns.get(word, ()))]
    return tuple(sorted(lost, key=lambda word: (len(word), word)))


def check_profanity(pair: Pair, source: Source, examples: tuple[str, ...]) -> list[Claim]:
    """Claim that ringwall's own list is still looked for."""
    claims = []
    for (kind, name), (rule, action) in pair.old.plans[source].actions.items():
        if kind != "profanity" or action == "NONE":
            continue
        kept = pair.new.plans[source].actions.get((kind, name))
        says = f"whatever the list {name} stops is stopped"
        if kept is not None and ORDER[kept[1]] >= ORDER[action]:
            claims.append(Claim(source=source, rule=rule, says=says, outcome="proved", why="the same list, with no weaker action"))
            continue
        witness = pair.witness(source, sorted(examples, key=len)[:_TRIED])
        why = "the list is no longer looked for" if kept is None else "the list only reports"
        claims.append(Claim(source=source, rule=rule, says=says, outcome="refuted" if witness else "unknown", why=why, witness=witness))
    return claims


def _writings(word: str) -> tuple[str, ...]:
    """Write a lost word in ways that a word in its place may miss: as it is, without its separators, and inside another word."""
    joined = "".join(filter(str.isalnum, word))
    return tuple(dict.fromkeys((word, joined, f"x{joined}x", word.upper())))


def _acting(plan: Plan) -> dict[str, Action]:
    return {name: action for (kind, name), (_, action) in plan.actions.items() if kind == "word" and action != "NONE"}


def _patterns(plan: Plan) -> dict[str, tuple[Pattern, ...]]:
    """Return the patterns of the words that are found anywhere; a word with a pattern at word boundaries is left out."""
    automaton = plan.detectors.automaton if plan.detectors is not None else None
    if plan.detectors is None or automaton is None or automaton.squashed is None:
        return {}
    bounded = {pattern.phrase for pattern in automaton.bounded.patterns} if automaton.bounded else set()
    words = plan.detectors.config.words
    found: dict[str, list[Pattern]] = {}
    for pattern in automaton.squashed.patterns:
        if pattern.phrase < len(words) and pattern.phrase not in bounded:
            found.setdefault(words[pattern.phrase], []).append(pattern)
    return {word: tuple(patterns) for word, patterns in found.items()}


class _Words:
    """The new version's words that act, as its automaton has them."""

    def __init__(self, plan: Plan) -> None:
        self._actions = _acting(plan)
        self._forms = {frozenset(case_forms(word)): action for word, action in self._actions.items()}
        automaton = plan.detectors.automaton if plan.detectors is not None else None
        listed = plan.detectors.config.words if plan.detectors is not None else ()
        self._side = automaton.squashed if automaton is not None else None
        self._phrases = {index: word for index, word in enumerate(listed) if word in self._actions}

    def cover(self, word: str, action: Action, patterns: Sequence[Pattern]) -> bool:
        """Say whether every text with an old word is stopped; `patterns` are the word's, none if it has boundaries."""
        own = self._forms.get(frozenset(case_forms(word)))
        if own is not None and ORDER[own] >= ORDER[action]:
            return True
        side = self._side
        return side is not None and bool(patterns) and all(self._meets(side, pattern, word, action) for pattern in patterns)

    def _meets(self, side: Side, pattern: Pattern, word: str, action: Action) -> bool:
        """Walk a pattern through the new table; say whether a word is met that acts as strongly, is sought as widely and is as long."""
        table, state = side.table, 0
        for column in pattern.columns:
            state = table.transitions[state + column]
            place = state // table.columns - table.first_accepting
            while place >= 0:
                outputs = table.outputs[table.output_starts[place] : table.output_starts[place + 1]]
                if any(self._serves(side.patterns[number], pattern, word, action) for number in outputs):
                    return True
                place = table.links[place]
        return False

    def _serves(self, met: Pattern, pattern: Pattern, word: str, action: Action) -> bool:
        found = self._phrases.get(met.phrase)
        if found is None or pattern.where & ~met.where:
            return False
        return ORDER[self._actions[found]] >= ORDER[action] and _long_enough(found, word)


def _long_enough(found: str, word: str) -> bool:
    letters, needed = sum(map(str.isalnum, found)), sum(map(str.isalnum, word))
    return letters >= min(needed, _ASKED)
