"""Witnesses: a small one of our own, with C2SP's rules, and every way in which one may not be believed."""

from __future__ import annotations

import pytest

from ringwall.crypto.log_policy import LogPolicy, TrustedKey, Witness
from ringwall.crypto.notes import COSIGNATURE_V1, Ed25519Signer, open_note, sign_note, signature_line, split_note
from ringwall.crypto.tiles import consistency
from ringwall.errors import DependencyError, IntegrityError
from ringwall.ledger.witness import (
    ANSWER_BYTES,
    SIZE_TYPE,
    Answer,
    WitnessAhead,
    WitnessRefused,
    add_checkpoint_body,
    ask,
    gather,
    with_lines,
)
from tests.own_witness import OwnWitness
from tests.static_log import LOG, TIME, StaticLog

pytestmark = pytest.mark.anyio


def grown(size: int) -> StaticLog:
    log = StaticLog()
    log.add(*[b"%d" % number for number in range(size)])
    return log


def prover(log: StaticLog):
    class Reader:
        def read(self, path: str) -> bytes:
            return log.get(path)

    async def prove(old: int, new: int) -> list[bytes]:
        return consistency(Reader(), old, new)

    return prove


async def test_a_witness_follows_a_log_as_it_grows() -> None:
    log, own = grown(5), OwnWitness("w.example", 7, [LOG.key])
    for more in (0, 300, 0, 1000):
        log.add(*[b"more"] * more)
        line = await ask(own.witness, log.files["checkpoint"], prover(log), own.post)
        note = with_lines(log.files["checkpoint"], [line, line])
        assert len(split_note(note)[1]) == 2
        assert {each.key for each in open_note(note, [LOG.key, own.signer.key]).signatures} == {LOG.key, own.signer.key}
        assert own.latest == log.checkpoint
    assert own.requests[0][0] == "https://w.example/add-checkpoint"
    assert [body.partition(b"\n")[0] for _, body in own.requests] == [
        b"old 0",
        b"old 0",
        b"old 5",
        b"old 0",
        b"old 305",
        b"old 0",
        b"old 305",
    ]


async def test_a_size_that_is_known_saves_a_question() -> None:
    log, own = grown(5), OwnWitness("w.example", 7, [LOG.key])
    await ask(own.witness, log.files["checkpoint"], prover(log), own.post)
    log.add(b"6")
    await ask(own.witness, log.files["checkpoint"], prover(log), own.post, known_size=5)
    assert len(own.requests) == 2


async def test_a_log_that_went_back_or_forked_is_told_by_its_witness() -> None:
    own = OwnWitness("w.example", 7, [LOG.key])
    log = grown(300)
    await ask(own.witness, log.files["checkpoint"], prover(log), own.post)
    back = grown(299)
    with pytest.raises(WitnessAhead, match="cosigned 300 entries; the log has 299"):
        await ask(own.witness, back.files["checkpoint"], prover(back), own.post)
    fork = StaticLog()
    fork.add(*[b"fork"] * 300)
    with pytest.raises(WitnessAhead, match="another tree of 300"):
        await ask(own.witness, fork.files["checkpoint"], prover(fork), own.post)
    fork.add(b"and on")
    with pytest.raises(WitnessAhead, match="did not grow from"):
        await ask(own.witness, fork.files["checkpoint"], prover(fork), own.post)
    told = await gather(LogPolicy((TrustedKey(LOG.key),), (own.witness,)), back.files["checkpoint"], prover(back), own.post)
    assert [(each.alarm, each.line) for each in told.asked] == [(True, "")]
    assert told.note == back.files["checkpoint"]


NOTE = grown(5).files["checkpoint"]
STRANGER = Ed25519Signer("stranger.example", bytes([9]) * 32, COSIGNATURE_V1)
OWN = OwnWitness("w.example", 7, [LOG.key])
OTHER_TREE = StaticLog().checkpoint.text()

USELESS = {
    "an error": Answer(500, "text/plain", b""),
    "forbidden": Answer(403, "text/plain", b""),
    "unknown origin": Answer(404, "text/plain", b""),
    "a redirect": Answer(302, "text/plain", b""),
    "nothing": Answer(200, "text/plain", b""),
    "no signature line": Answer(200, "text/plain", b"thank you\n"),
    "a stranger's cosignature": Answer(200, "text/plain", signature_line(STRANGER.key, STRANGER.sign(split_note(NOTE)[0], TIME)).encode()),
    "a cosignature of another tree": Answer(200, "text/plain", signature_line(OWN.signer.key, OWN.signer.sign(OTHER_TREE, TIME)).encode()),
    "its name under a stranger's signature": Answer(
        200, "text/plain", signature_line(OWN.signer.key, STRANGER.sign(split_note(NOTE)[0], TIME)).encode()
    ),
    "too much": Answer(200, "text/plain", b"A" * (ANSWER_BYTES + 1)),
    "a text before its line": Answer(
        200, "text/plain", b"x\n\n" + signature_line(OWN.signer.key, OWN.signer.sign(split_note(NOTE)[0], TIME)).encode()
    ),
    "a conflict without a size": Answer(409, "text/plain", b"5\n"),
    "a conflict with a size that is none": Answer(409, SIZE_TYPE, b"-5\n"),
    "a conflict again and again": Answer(409, SIZE_TYPE, b"3\n"),
}


@pytest.mark.parametrize("answer", USELESS.values(), ids=USELESS)
async def test_an_answer_that_is_no_cosignature_of_the_witness_counts_as_a_refusal(answer: Answer) -> None:
    async def post(url: str, body: bytes) -> Answer:
        return answer

    with pytest.raises(WitnessRefused):
        await ask(OWN.witness, NOTE, prover(grown(5)), post)


async def test_one_that_refuses_keeps_nobody_else_from_being_heard() -> None:
    log, good = grown(40), OwnWitness("good.example", 7, [LOG.key])
    silent, mute = OwnWitness("silent.example", 8, []), OwnWitness("mute.example", 9, [])
    unasked = Witness("unasked", STRANGER.key)

    async def post(url: str, body: bytes) -> Answer:
        if "silent" in url:
            raise DependencyError("nobody answers")
        return await good.post(url, body) if "good" in url else Answer(403, "text/plain", b"")

    policy = LogPolicy((TrustedKey(LOG.key),), (silent.witness, good.witness, mute.witness, unasked), quorum="good")
    cosigned = await gather(policy, log.files["checkpoint"], prover(log), post)
    assert [(each.witness, each.refusal) for each in cosigned.asked if not each.alarm] == [
        ("silent", "nobody answers"),
        ("good", ""),
        ("mute", "the witness `mute` answered 403"),
    ]
    assert policy.open(cosigned.note) == log.checkpoint
    with pytest.raises(IntegrityError, match="quorum"):
        policy.open(sign_note(log.checkpoint.text(), [LOG]))


def test_a_question_is_written_as_the_specification_shows() -> None:
    body = add_checkpoint_body(3, [bytes(32)], b"note")
    assert body == b"old 3\n" + b"A" * 43 + b"=\n\nnote"
    assert add_checkpoint_body(0, [], b"note") == b"old 0\n\nnote"
    with pytest.raises(IntegrityError):
        add_checkpoint_body(3, [bytes(32)] * 64, b"note")
