"""The last word on a text that is said to get through: both guardrails themselves."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ringwall.errors import RingwallError
from ringwall.guardrails import Block, Guardrail, evaluate
from ringwall.guardrails.content import QUERY_CHARS
from ringwall.guardrails.policy import Source
from ringwall.guardrails.verdict import Action
from ringwall.reasoning.guardrails.results import Witness
from ringwall.vocabulary import Limits

ORDER: dict[Action, int] = {"NONE": 0, "ANONYMIZE": 1, "BLOCK": 2}
_LIMITS = Limits()


class Pair(msgspec.Struct, frozen=True):
    """The two versions of one guardrail."""

    old: Guardrail
    new: Guardrail

    def witness(self, source: Source, texts: Iterable[str]) -> Witness | None:
        """Return the first text that the new version treats more weakly than the old one does."""
        for text in texts:
            old, new = action_on(self.old, source, text), action_on(self.new, source, text)
            if old is not None and new is not None and ORDER[new] < ORDER[old]:
                return Witness(text=text, source=source, old=old, new=new)
        return None


def action_on(guardrail: Guardrail, source: Source, text: str) -> Action | None:
    """Judge a text. Where grounding is checked the text is its own source and query, so that grounding finds nothing.

    Returns:
        what the guardrail does; None where it refuses to judge the text.
    """
    blocks = [Block(text)]
    if guardrail.plans[source].grounding:
        blocks += [Block(text, frozenset({"grounding_source"})), Block(text[:QUERY_CHARS], frozenset({"query"}))]
    try:
        return evaluate(guardrail, source, blocks, _LIMITS).outcome.action
    except RingwallError:
        return None
