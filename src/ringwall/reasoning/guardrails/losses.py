"""Which proofs a change of a guardrail loses: what the upgrade proof refutes or leaves open, and the theorems that are lost with it."""

from __future__ import annotations

from typing import Literal

import msgspec

from ringwall.guardrails import Guardrail
from ringwall.guardrails.policy import Source
from ringwall.guardrails.verdict import Action
from ringwall.reasoning.guardrails.replay import Pair
from ringwall.reasoning.guardrails.results import Claim
from ringwall.reasoning.guardrails.standing import CUSTOM, words_anywhere
from ringwall.reasoning.guardrails.upgrade import prove_upgrade
from ringwall.reasoning.guardrails.words import lost_words

QUICK_NODES = 2_000  # a tenth of a second at most for a comparison of patterns, where somebody waits for the answer
_NAMED = 3
_SHORT = "has fewer than eight normalised characters, so it is found at word boundaries only"

Proof = Literal["upgrade", "no-bypass"]


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """One proof that the former version had and the new one lacks, or has not been given yet.

    proofs: `upgrade` (whatever the rule stopped is stopped), and `no-bypass` where words are lost that no proved encoding could hide.
    text: the shortest text found that the former version treats so (`old`) and the new one so (`new`); None where none was found.
    """

    source: Source
    rule: str
    proofs: tuple[Proof, ...]
    says: str
    why: str
    text: str | None = None
    old: Action | None = None
    new: Action | None = None


class ProofChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a change does to a guardrail's proofs.

    outcome: `lost` if one is lost; else `unknown` if one is undecided or nothing could be said (`why`); else `kept`, which every proof is.
    kept: how many claims about rules of the former version were proved of the new one.
    """

    outcome: Literal["kept", "lost", "unknown"]
    lost: tuple[Loss, ...] = ()
    undecided: tuple[Loss, ...] = ()
    kept: int = 0
    why: str = ""


def proofs_lost(old: Guardrail, new: Guardrail, *, nodes: int = QUICK_NODES) -> ProofChange:
    """Say which proofs of the former version do not carry over to the new one.

    Args:
        old, new: both compiled with the same scorers.
        nodes: how far each comparison of patterns may go before it is undecided.

    Cost: nothing where the digests agree; else as `prove_upgrade`: 10,000 words in 0.2 s, each pattern in 0.1 s at most.
    """
    if old.digest == new.digest:
        return ProofChange(outcome="kept", why="the same rules")
    pair = Pair(old, new)
    report = prove_upgrade(old, new, nodes=nodes)
    lost = tuple(_loss(pair, claim) for claim in report.claims if claim.outcome == "refuted")
    undecided = tuple(_loss(pair, claim) for claim in report.claims if claim.outcome == "unknown")
    return ProofChange(
        outcome="lost" if lost else "unknown" if undecided else "kept",
        lost=lost,
        undecided=undecided,
        kept=sum(claim.outcome == "proved" for claim in report.claims),
    )


def _loss(pair: Pair, claim: Claim) -> Loss:
    proofs: tuple[Proof, ...] = ("upgrade",)
    why = claim.why
    if claim.rule == CUSTOM:
        lost = lost_words(pair, claim.source)
        proved = words_anywhere(pair.old.plans[claim.source], CUSTOM).intersection(lost)
        why = "; ".join((why, *_shortened(pair, claim.source, lost)))
    else:
        proved = words_anywhere(pair.old.plans[claim.source], claim.rule)
    witness = claim.witness
    return Loss(
        source=claim.source,
        rule=claim.rule,
        proofs=(*proofs, "no-bypass") if proved else proofs,
        says=claim.says,
        why=why,
        text=witness.text if witness is not None else None,
        old=witness.old if witness is not None else None,
        new=witness.new if witness is not None else None,
    )


def _shortened(pair: Pair, source: Source, lost: tuple[str, ...]) -> list[str]:
    """Say which new words stand in lost ones and are too short to be found there."""
    plan = pair.new.plans[source]
    listed = {name for (kind, name), (_, action) in plan.actions.items() if kind == "word" and action != "NONE"}
    short = {_joined(word): word for word in listed - words_anywhere(plan, CUSTOM)}
    found = (_inside(_joined(word), short) for word in lost[:_NAMED])
    return [f"`{word}` {_SHORT}" for word in dict.fromkeys(word for word in found if word)]


def _inside(word: str, short: dict[str, str]) -> str:
    pieces = (word[at : at + size] for size in range(len(word), 0, -1) for at in range(len(word) - size + 1))
    return next((short[piece] for piece in pieces if piece in short), "")


def _joined(word: str) -> str:
    return "".join(filter(str.isalnum, word.casefold()))
