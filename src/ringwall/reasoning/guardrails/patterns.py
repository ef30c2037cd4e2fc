"""Custom regular expressions: wherever an old one matches, a new one does (`inclusion.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from ringwall.guardrails.policy import Regex, Source
from ringwall.guardrails.verdict import Action
from ringwall.reasoning.guardrails.inclusion import NODES, Escapes, Included, Undecided, included
from ringwall.reasoning.guardrails.replay import ORDER, Pair
from ringwall.reasoning.guardrails.results import Claim
from ringwall.text.detectors.boundaries import unbound

AS_WRITTEN = (
    "patterns are compared in the text as it is written and folded; in what decoders make of it, where word boundaries are judged by what "
    "stood around the encoded passage, they are not compared"
)


def check_patterns(pair: Pair, source: Source, *, nodes: int = NODES) -> list[Claim]:
    """Claim that each old pattern is covered by the new ones; `nodes`: how far each comparison may go."""
    old, new = _acting(pair.old.config.regexes, source), _acting(pair.new.config.regexes, source)
    return [_check(pair, source, regex, action, new, nodes) for regex, action in old.items()]


def _acting(regexes: tuple[Regex, ...], source: Source) -> dict[Regex, Action]:
    return {regex: regex.action_on(source) for regex in regexes if regex.is_enabled(source) and regex.action_on(source) != "NONE"}


@lru_cache(maxsize=64)
def _included(old: str, new: tuple[str, ...], nodes: int) -> Included | Escapes | Undecided:
    """Compare once what both sources have."""
    return included(old, new, nodes=nodes)


def _check(pair: Pair, source: Source, regex: Regex, action: Action, new: Mapping[Regex, Action], limit: int) -> Claim:
    rule = f"regex/{regex.name}"
    says = f"what the pattern matches is {'blocked' if action == 'BLOCK' else 'masked or blocked'}"
    strong = {other.pattern: given for other, given in new.items() if ORDER[given] >= ORDER[action]}
    if regex.pattern in strong:
        return Claim(source=source, rule=rule, says=says, outcome="proved", why="the same pattern, with no weaker action")
    found = _included(regex.pattern, tuple(strong), limit)
    match found:
        case Included(nodes=nodes):
            blocking = tuple(pattern for pattern, given in strong.items() if given == "BLOCK")
            if action == "ANONYMIZE" and not isinstance(_included(regex.pattern, blocking, limit), Included):
                why = "other patterns match the same texts, but may mask another part of them"
                return Claim(source=source, rule=rule, says=says, outcome="unknown", why=why)
            premises = () if _everywhere(regex.pattern, tuple(strong), limit) else (AS_WRITTEN,)
            why = f"every match holds a match of {_named(strong)}: {nodes} states"
            return Claim(source=source, rule=rule, says=says, outcome="proved", why=why, premises=premises)
        case Escapes(text=text):
            witness = pair.witness(source, [text])
            if witness is not None:
                return Claim(source=source, rule=rule, says=says, outcome="refuted", why="no new pattern matches", witness=witness)
            return Claim(
                source=source, rule=rule, says=says, outcome="unknown", why=f"no new pattern matches {text!a}, but other rules stop it"
            )
        case Undecided(why=reason):
            return Claim(source=source, rule=rule, says=says, outcome="unknown", why=reason)


def _everywhere(old: str, new: tuple[str, ...], nodes: int) -> bool:
    """Say whether the inclusion also holds for decoded readings, where a pattern runs without the word boundaries at its ends."""
    bare, *asks = unbound(old)
    whole = tuple(pattern for pattern in new if not any(unbound(pattern)[1:]))
    return (not any(asks) and len(whole) == len(new)) or isinstance(_included(bare, whole, nodes), Included)


def _named(patterns: Mapping[str, Action]) -> str:
    return " or ".join(f"`{pattern}`" for pattern in list(patterns)[:3]) + (" or others" if len(patterns) > 3 else "")
