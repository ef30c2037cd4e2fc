"""What is proved of one guardrail, and what a change of it loses, in the native API's words."""

from __future__ import annotations

import msgspec

from ringwall.inference.guardrails import ProofStatus
from ringwall.reasoning.guardrails import Loss, ProofChange, TheoremStatus, WallStatus


class Chains(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Chains with something written over the class, by status."""

    proved: int
    premised: int
    unknown: int
    not_claimed: int


class TheoremOfGuardrail(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One published theorem (`GET /proofs` has its lemma), for the words of one rule.

    status: `proved`; `premised`, proved under `premises`; `in part`, for `words` of the words and nothing is claimed of the others;
    `not claimed`; `not applicable`, where no word acts; `unknown`.
    """

    id: str
    status: str
    words: int
    premises: tuple[str, ...]
    chains: Chains


class Wall(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The words of one rule on one source. `status` is `proved` or `premised` only where every theorem is, for every word that acts.

    acting: how many words block or mask. anywhere: of these, the ones that are found without word boundaries, which theorems are about.
    """

    source: str
    rule: str
    status: str
    why: str
    words: int
    acting: int
    anywhere: int
    automaton_digest: str
    theorems: tuple[TheoremOfGuardrail, ...]


class GuardrailProofsOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The proof status of a guardrail or a version of it.

    known: whether it was found out in time; if not, `why` says why, nothing is claimed, and asking again may help.
    walls: none where the guardrail lists no words. premises: of every theorem.
    """

    guardrail_id: str
    version: str
    known: bool
    why: str
    policy_digest: str = ""
    tables_digest: str = ""
    current: bool = False
    premises: tuple[str, ...] = ()
    walls: tuple[Wall, ...] = ()


class WallSummary(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One line of a guardrail's proof status."""

    source: str
    rule: str
    status: str
    why: str


class LostProof(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One proof that the former draft had.

    proofs: which: `upgrade` (whatever the rule stopped is stopped still), `no-bypass` (no proved encoding hides the rule's words).
    text: the shortest text found that the former draft treated as `before` says and the new one as `after`; null where none was found.
    """

    source: str
    rule: str
    proofs: tuple[str, ...]
    says: str
    why: str
    text: str | None
    before: str | None
    after: str | None


class ProofsOfUpdate(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What an update does to the proofs that the former draft had. The update stands whatever is lost.

    outcome: `lost`; `unknown`, where no loss is known and something is undecided (`undecided`, `why`), which is no proof; `kept`.
    """

    outcome: str
    why: str
    kept: int
    lost: tuple[LostProof, ...]
    undecided: tuple[LostProof, ...]


def guardrail_proofs(status: ProofStatus) -> GuardrailProofsOutput:
    """Describe a guardrail's proof status."""
    found = status.standing
    if found is None:
        return GuardrailProofsOutput(guardrail_id=status.guardrail_id, version=status.version, known=False, why=status.why)
    return GuardrailProofsOutput(
        guardrail_id=status.guardrail_id,
        version=status.version,
        known=True,
        why=status.why,
        policy_digest=found.policy_digest,
        tables_digest=found.tables_digest,
        current=found.current,
        premises=found.premises,
        walls=tuple(map(_wall, found.walls)),
    )


def summaries(status: ProofStatus) -> tuple[WallSummary, ...]:
    """Describe a guardrail's proof status in a line per source and rule; one line without a rule where it is not known."""
    if status.standing is None:
        return (WallSummary(source="", rule="", status="unknown", why=status.why),)
    return tuple(WallSummary(source=each.source, rule=each.rule, status=each.status, why=each.why) for each in status.standing.walls)


def proofs_of_update(change: ProofChange) -> ProofsOfUpdate:
    """Describe what an update loses."""
    return ProofsOfUpdate(
        outcome=change.outcome,
        why=change.why,
        kept=change.kept,
        lost=tuple(map(_lost, change.lost)),
        undecided=tuple(map(_lost, change.undecided)),
    )


def _wall(wall: WallStatus) -> Wall:
    return Wall(
        source=wall.source,
        rule=wall.rule,
        status=wall.status,
        why=wall.why,
        words=wall.listed,
        acting=wall.acting,
        anywhere=wall.anywhere,
        automaton_digest=wall.automaton_digest,
        theorems=tuple(map(_theorem, wall.theorems)),
    )


def _theorem(theorem: TheoremStatus) -> TheoremOfGuardrail:
    chains = theorem.chains
    return TheoremOfGuardrail(
        id=theorem.id,
        status=theorem.status,
        words=theorem.words,
        premises=theorem.premises,
        chains=Chains(proved=chains.proved, premised=chains.premised, unknown=chains.unknown, not_claimed=chains.not_claimed),
    )


def _lost(loss: Loss) -> LostProof:
    return LostProof(
        source=loss.source,
        rule=loss.rule,
        proofs=loss.proofs,
        says=loss.says,
        why=loss.why,
        text=loss.text,
        before=loss.old,
        after=loss.new,
    )
