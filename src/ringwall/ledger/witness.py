"""Asking witnesses: others who check that our log only ever grew, and say so under each checkpoint.

Rules this file upholds: a cosignature is kept when it verifies under the key that the policy names, and from nobody else; a witness that
has seen more than we have is never answered with less: it is reported, because it means that our log was rolled back, or forked.

No socket here: whoever asks hands in how to post.

Source: C2SP tlog-witness, tlog-cosignature.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from ringwall.crypto.base64_text import encode_base64
from ringwall.crypto.checkpoint import Checkpoint, parse_checkpoint
from ringwall.crypto.log_policy import LogPolicy, Witness
from ringwall.crypto.notes import open_note, signature_line, split_note
from ringwall.errors import DependencyError, IntegrityError, LimitExceeded, NotFound, RingwallError
from ringwall.ledger.transparency import TransparencyLog

SIZE_TYPE: Final = "text/x.tlog.size"
ANSWER_BYTES: Final = 64 * 1024
KEPT_NOTE_BYTES: Final = 256 * 1024
_PROOF_LINES: Final = 63
_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


class Answer(msgspec.Struct, frozen=True):
    """What a witness answered; at most ANSWER_BYTES of its body are read."""

    status: int
    content_type: str
    body: bytes


Post = Callable[[str, bytes], Awaitable[Answer]]
"""Posts a body to a URL; DependencyError when nobody answers."""

Prove = Callable[[int, int], Awaitable[Sequence[bytes]]]
"""Gives the consistency proof between two sizes of the log (old > 0)."""


class WitnessRefused(DependencyError, code="witness-refused"):
    """A witness did not cosign."""


class WitnessAhead(IntegrityError, code="witness-ahead"):
    """A witness has cosigned a larger or different tree of this log than the log has."""

    remedy = "the log was rolled back or forked: restore its newest backup, and compare with the witness before you go on"


class Asked(msgspec.Struct, frozen=True):
    """What one witness did: the signature line it gave, or why there is none.

    alarm: it says that the log was rolled back or forked.
    """

    witness: str
    line: str = ""
    refusal: str = ""
    alarm: bool = False


class Cosigned(msgspec.Struct, frozen=True):
    """A checkpoint's note with the cosignatures that were got, and what every witness did."""

    note: bytes
    asked: tuple[Asked, ...]


def add_checkpoint_body(old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """Write the body of `add-checkpoint`.

    Raises:
        IntegrityError: more than 63 hashes, which no log needs.
    """
    if len(proof) > _PROOF_LINES:
        raise IntegrityError("a consistency proof has at most 63 hashes")
    lines = [f"old {old_size}", *(encode_base64(each) for each in proof), ""]
    return "\n".join(lines).encode() + b"\n" + note


async def ask(witness: Witness, note: bytes, prove: Prove, post: Post, *, known_size: int = 0) -> str:
    """Ask one witness for its cosignature, and return its verified signature line.

    1. Send the checkpoint with a proof from the size that the witness is believed to know.
    2. Where it knows another size (409), send the proof from that one, once.
    3. Verify what it gives under its key.

    Raises:
        WitnessAhead: it knows a larger tree, another one of this size, or one that this did not grow from.
        WitnessRefused: it said no, or something that is no answer.
        DependencyError: it did not answer.
    """
    checkpoint = parse_checkpoint(split_note(note)[0])
    answer = await _send(witness, note, checkpoint, min(known_size, checkpoint.size), prove, post)
    if answer.status == 409:
        size = _known_size(witness, answer)
        if size > checkpoint.size:
            raise WitnessAhead(f"the witness `{witness.name}` has cosigned {size} entries; the log has {checkpoint.size}")
        answer = await _send(witness, note, checkpoint, size, prove, post)
        if answer.status == 409 and _known_size(witness, answer) == checkpoint.size == size:
            raise WitnessAhead(f"the witness `{witness.name}` has cosigned another tree of {size} entries")
    if answer.status == 422:
        raise WitnessAhead(f"the witness `{witness.name}` has cosigned a tree that this one did not grow from")
    if answer.status != 200:
        raise WitnessRefused(f"the witness `{witness.name}` answered {answer.status}", status_code=answer.status)
    return _cosignature(witness, note, answer.body)


async def gather(policy: LogPolicy, note: bytes, prove: Prove, post: Post) -> Cosigned:
    """Ask every witness of a policy that has a URL, at once; one that refuses, or alarms, keeps nobody else from being heard."""
    asked = await asyncio.gather(*(_ask(witness, note, prove, post) for witness in policy.witnesses if witness.url))
    return Cosigned(with_lines(note, [each.line for each in asked if each.line]), tuple(asked))


def with_lines(note: bytes, lines: Sequence[str]) -> bytes:
    """Add signature lines to a note, those that it has already left out."""
    present = set(note.decode().split("\n"))
    return note + "".join(line for line in dict.fromkeys(lines) if line.rstrip("\n") not in present).encode()


async def keep_cosignatures(log: TransparencyLog, note: bytes) -> None:
    """Put the signature lines of a cosigned checkpoint under the same checkpoint in the log, from where everybody gets them.

    The lines are kept as they are: whose they are is for readers to judge, who bring the keys.

    Raises:
        NotFound: the log keeps no checkpoint of this size. IntegrityError: it is not the log's checkpoint.
        LimitExceeded: the note would be larger than 256 KiB. Conflict: the checkpoint changed meanwhile.
    """
    size = parse_checkpoint(split_note(note)[0]).size
    kept = [each.note for each in await log.checkpoints(after=size - 1, limit=1) if each.size == size]
    if not kept:
        newest = await log.checkpoint()
        if parse_checkpoint(split_note(newest)[0]).size != size:
            raise NotFound(f"the log keeps no checkpoint of {size} entries", remedy="cosign the newest one")
        kept = [newest]
    cosigned = with_lines(kept[0], [f"{line}\n" for line in split_note(note)[1]])
    if len(cosigned) > KEPT_NOTE_BYTES:
        raise LimitExceeded(f"a cosigned checkpoint has at most {KEPT_NOTE_BYTES} bytes")
    if split_note(cosigned)[0] != split_note(note)[0]:
        raise IntegrityError("the cosigned note is of another checkpoint")
    await log.add_signatures(size, kept[0], cosigned)


async def _ask(witness: Witness, note: bytes, prove: Prove, post: Post) -> Asked:
    try:
        return Asked(witness.name, line=await ask(witness, note, prove, post))
    except RingwallError as error:
        return Asked(witness.name, refusal=error.message, alarm=isinstance(error, WitnessAhead))


async def _send(witness: Witness, note: bytes, checkpoint: Checkpoint, old_size: int, prove: Prove, post: Post) -> Answer:
    proof = await prove(old_size, checkpoint.size) if 0 < old_size < checkpoint.size else ()
    return await post(witness.url.rstrip("/") + "/add-checkpoint", add_checkpoint_body(old_size, proof, note))


def _known_size(witness: Witness, answer: Answer) -> int:
    size = _SIZE.fullmatch(answer.body[:32])
    if size is None or answer.content_type.partition(";")[0].strip() != SIZE_TYPE:
        raise WitnessRefused(f"the witness `{witness.name}` answered 409 without its size", status_code=409)
    return int(size[1])


def _cosignature(witness: Witness, note: bytes, lines: bytes) -> str:
    """Return the witness's own line of an answer; lines of keys that the policy does not name are left where they are."""
    if len(lines) > ANSWER_BYTES:
        raise WitnessRefused(f"the witness `{witness.name}` answered more than {ANSWER_BYTES} bytes", status_code=200)
    text, _ = split_note(note)
    try:
        opened = open_note(text.encode() + b"\n" + lines, [witness.key])
    except IntegrityError as error:
        raise WitnessRefused(f"the witness `{witness.name}` gave no cosignature of its key: {error.message}", status_code=200) from None
    (given,) = opened.signatures
    return signature_line(witness.key, given.signature)
