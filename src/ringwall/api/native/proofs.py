"""The native API's proofs: what was proved of the shipped tables, and the record that somebody proved something of their own."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.native.operation import NativeOperation
from ringwall.api.native.shapes import NoInput, anything
from ringwall.reasoning.text.published import Published, Times, published, published_times

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Theorem(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One theorem about the tables, checked place by place."""

    id: str
    says: str
    places_checked: int
    digest: str


class Lemma(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One class of encodings: its decoder reads it back in any context. Digests are of the class's table and the proof's invariant.

    proved_s, rechecked_s: CPU seconds that the proof and the re-checker took when the certificate was made; null where not measured.
    """

    id: str
    decoder: str
    says: str
    context: str
    states_explored: int
    shortest_run: int
    premises: tuple[str, ...]
    class_version: int
    class_digest: str
    certificate_digest: str
    proved_s: float | None
    rechecked_s: float | None


class Cell(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One chain: `inner`, and `outer` written over it (empty at depth 1)."""

    inner: str
    outer: str
    depth: int
    status: str
    premises: tuple[str, ...]


class ProofsOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The committed proof that no encoding hides a listed phrase.

    current: whether the tables in use are those that were proved; if not, every status is `unknown`.
    premises: of every cell. not_claimed: what the proof says nothing about, and why.
    timed_on: the class of machine on which times were measured; empty where none are of these tables. theorems_s: all theorems together.
    """

    status: str
    current: bool
    tables_digest: str
    premises: tuple[str, ...]
    trusted_base: tuple[str, ...]
    theorems: tuple[Theorem, ...]
    lemmas: tuple[Lemma, ...]
    cells: tuple[Cell, ...]
    not_claimed: dict[str, str]
    timed_on: str
    theorems_s: float | None


class RecordProofInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What the caller says to have proved: digests of a report and its certificates, not the report itself."""

    kind: Literal["bypass", "streaming", "policy", "upgrade"]
    subject: Annotated[str, Meta(min_length=1, max_length=200)]
    outcome: Literal["proved", "refuted", "unknown"]
    report_digest: Digest
    certificate_digests: Annotated[tuple[Digest, ...], Meta(max_length=200)] = ()


class RecordProofOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The request id under which the record has it."""

    request_id: str


async def _get(call: Call, given: NoInput) -> ProofsOutput:  # noqa: ARG001 - a handler's shape
    return proofs(published(), published_times())


def proofs(found: Published, times: Times | None) -> ProofsOutput:
    """Return the committed proof, and what it took, in the API's words."""
    taken = times.lemmas if times is not None else {}
    return ProofsOutput(
        status=found.status,
        current=found.current,
        tables_digest=found.tables_sha256,
        premises=found.premises,
        trusted_base=found.trusted_base,
        theorems=tuple(Theorem(id=each.id, says=each.says, places_checked=each.checked, digest=each.digest) for each in found.theorems),
        lemmas=tuple(
            Lemma(
                id=each.encoder,
                decoder=each.decoder,
                says=each.says,
                context=each.context,
                states_explored=each.states,
                shortest_run=each.run_minimum,
                premises=tuple(premise for premise in each.premises if premise not in found.premises),
                class_version=each.encoder_version,
                class_digest=each.encoder_sha256,
                certificate_digest=each.invariant_sha256,
                proved_s=taken[each.encoder].proved_s if each.encoder in taken else None,
                rechecked_s=taken[each.encoder].rechecked_s if each.encoder in taken else None,
            )
            for each in found.lemmas
        ),
        cells=tuple(
            Cell(inner=each.inner, outer=each.outer, depth=each.depth, status=each.status, premises=each.premises) for each in found.cells
        ),
        not_claimed=found.not_claimed,
        timed_on=times.machine if times is not None else "",
        theorems_s=times.theorems_s if times is not None else None,
    )


async def _record(call: Call, given: RecordProofInput) -> RecordProofOutput:
    call.record["proof"] = msgspec.to_builtins(given)
    return RecordProofOutput(request_id=call.request_id)


OPERATIONS = (
    NativeOperation(
        Operation("ringwall", "GetProofs", "ringwall:GetProofs", _get, anything, read_only=True),
        "GET",
        "/proofs",
        "Show what was proved of the shipped decoders: theorems, a lemma per class of encodings, and the matrix of chains.",
        NoInput,
        ProofsOutput,
    ),
    NativeOperation(
        Operation("ringwall", "RecordProof", "ringwall:RecordProof", _record, anything),
        "POST",
        "/proofs/records",
        "Leave an audit record of a proof made elsewhere: who says so, its outcome and its digests. Nothing is checked.",
        RecordProofInput,
        RecordProofOutput,
        status=201,
    ),
)
