"""Whatever bytes arrive as a proof, a bundle, an envelope, an entry or a policy: they are read as one, or refused in our words; what is
read is written back the same; and a changed proof never holds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.crypto import inclusion_path, leaf_hash, root_hash
from ringwall.crypto.checkpoint import Checkpoint
from ringwall.crypto.dsse import parse_envelope, verify_envelope
from ringwall.crypto.log_policy import parse_policy, trust_logs
from ringwall.crypto.notes import Ed25519Signer, sign_note, vkey
from ringwall.crypto.rekor import check_dsse, parse_body, sign_and_log
from ringwall.crypto.sigstore_bundle import parse_bundle, verify_bundle
from ringwall.crypto.statements import AUDIT_ENTRY, IN_TOTO, make_statement, parse_statement
from ringwall.crypto.tlog_proof import TlogProof, parse_tlog_proof, verify_tlog_proof
from ringwall.crypto.verifier_keys import EnvelopeSigner, load_verifier_key
from ringwall.errors import IntegrityError, InvalidRequest

LOG = Ed25519Signer("log.example", bytes(32))
ADA = EnvelopeSigner(bytes(32))
TRUST = trust_logs([LOG.key])
ENVELOPE, BODY = sign_and_log(IN_TOTO, make_statement(AUDIT_ENTRY, {"x": "00" * 32}, {}).to_json(), [ADA])
POLICY = f"log {vkey(LOG.key)}\nquorum none\n".encode()

TEXTS = {
    "tlog-proof": (parse_tlog_proof, TlogProof(0, (bytes(32),), sign_note("log.example\n2\n" + "A" * 43 + "=\n", [LOG])).to_text()),
    "bundle": (parse_bundle, b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}'),
    "envelope": (parse_envelope, ENVELOPE.to_json()),
    "statement": (parse_statement, ENVELOPE.payload),
    "log entry": (parse_body, BODY),
    "key": (load_verifier_key, ADA.key.spki),
    "policy": (lambda text: parse_policy(text.decode("utf-8", "surrogateescape")), POLICY),
}


def spoiled(good: bytes) -> st.SearchStrategy[bytes]:
    """Bytes near a good text: one stretch of it replaced."""
    return st.builds(
        lambda start, end, middle: good[: min(start, end)] + middle + good[max(start, end) :],
        st.integers(0, len(good)),
        st.integers(0, len(good)),
        st.binary(max_size=20),
    )


@pytest.mark.parametrize(("parse", "good"), TEXTS.values(), ids=TEXTS)
def test_any_bytes_are_read_or_refused(parse: Callable[[bytes], object], good: bytes) -> None:
    @given(st.one_of(st.binary(max_size=400), spoiled(good)))
    def check(text: bytes) -> None:
        with suppress(IntegrityError, InvalidRequest):
            parse(text)

    check()


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=40), st.data())
def test_a_proof_holds_for_its_entry_and_for_no_other(entries: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    hashes = [leaf_hash(entry) for entry in entries]
    checkpoint = Checkpoint(origin="log.example", size=len(entries), root=root_hash(hashes))
    proof = TlogProof(index, tuple(inclusion_path(hashes, index)), sign_note(checkpoint.text(), [LOG]), data.draw(st.binary(max_size=9)))
    assert parse_tlog_proof(proof.to_text()) == proof
    assert verify_tlog_proof(proof, entries[index], TRUST) == checkpoint
    other = data.draw(st.binary(max_size=40).filter(lambda entry: entry != entries[index]))
    with pytest.raises(IntegrityError):
        verify_tlog_proof(proof, other, TRUST)


@given(st.data())
def test_a_proof_with_a_byte_changed_shows_nothing_or_the_same(data: st.DataObject) -> None:
    entries = [b"a", b"b", b"c", b"d", b"e"]
    hashes = [leaf_hash(entry) for entry in entries]
    checkpoint = Checkpoint(origin="log.example", size=5, root=root_hash(hashes))
    text = bytearray(TlogProof(2, tuple(inclusion_path(hashes, 2)), sign_note(checkpoint.text(), [LOG])).to_text())
    text[data.draw(st.integers(0, len(text) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        shown = verify_tlog_proof(parse_tlog_proof(bytes(text)), b"c", TRUST)
    except IntegrityError:
        return
    assert shown == checkpoint  # the last bits of a signature line's base 64 say nothing


@given(st.data())
def test_an_envelope_with_a_byte_changed_is_not_the_one_that_was_signed_and_logged(data: st.DataObject) -> None:
    text = bytearray(ENVELOPE.to_json())
    text[data.draw(st.integers(0, len(text) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        read = parse_envelope(bytes(text))
    except IntegrityError:
        return
    if (read.payload_type, read.payload, [each.signature for each in read.signatures]) == (
        ENVELOPE.payload_type,
        ENVELOPE.payload,
        [each.signature for each in ENVELOPE.signatures],
    ):
        return  # the key id is a hint, and decides nothing
    with pytest.raises(IntegrityError):
        verify_envelope(read, [ADA.key], payload_type=IN_TOTO)
    with pytest.raises(IntegrityError):
        check_dsse(BODY, read)


def test_a_bundle_is_never_verified_by_what_it_brings() -> None:
    with pytest.raises(IntegrityError):
        verify_bundle(parse_bundle(b"{}"), ADA.key, TRUST)
