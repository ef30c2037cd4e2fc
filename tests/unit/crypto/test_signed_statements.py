"""Envelopes, statements and log bodies: what is signed is what is read, and whatever was changed is refused."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ringwall.crypto import sha256
from ringwall.crypto.dsse import ENVELOPE_BYTES, Envelope, EnvelopeSignature, pae, parse_envelope, sign_envelope, verify_envelope
from ringwall.crypto.rekor import BODY_BYTES, check_dsse, dsse_body, hashedrekord_body, parse_body, sign_and_log
from ringwall.crypto.statements import AUDIT_ENTRY, IN_TOTO, make_statement, parse_statement
from ringwall.crypto.verifier_keys import EnvelopeSigner, VerifierKey, ed25519_verifier_key, load_verifier_key
from ringwall.errors import Bug, IntegrityError, InvalidRequest

ADA, BOB = EnvelopeSigner(bytes(range(32))), EnvelopeSigner(bytes(range(1, 33)))
DIGEST = sha256(b"data set").hex()
STATEMENT = make_statement(AUDIT_ENTRY, {"credit-risk": DIGEST}, {"rows": 1000, "note": "été"})
ENVELOPE = sign_envelope(IN_TOTO, STATEMENT.to_json(), [ADA])
BODY = dsse_body(ENVELOPE, {ADA.key.id: ADA.key})
P256 = ec.derive_private_key(7, ec.SECP256R1())
P256_KEY = load_verifier_key(P256.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def changed(text: bytes, change: Callable[[dict], object]) -> bytes:
    value = json.loads(text)
    change(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_the_pre_authentication_encoding_is_the_specifications_example() -> None:
    assert pae("http://example.com/HelloWorld", b"hello world") == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae("é", b"") == b"DSSEv1 2 \xc3\xa9 0 "


def test_an_envelope_is_read_as_it_was_written_and_opens_with_its_key() -> None:
    read = parse_envelope(ENVELOPE.to_json())
    assert read == ENVELOPE
    statement = parse_statement(verify_envelope(read, [ADA.key], payload_type=IN_TOTO))
    assert statement == STATEMENT
    assert statement.subject[0].digest == {"sha256": DIGEST}


def test_an_envelope_written_by_another_program_opens_too() -> None:
    written = json.dumps(json.loads(ENVELOPE.to_json()), indent=2).encode()
    assert verify_envelope(parse_envelope(written), [BOB.key, ADA.key], payload_type=IN_TOTO) == STATEMENT.to_json()


@pytest.mark.parametrize(
    "envelope",
    {
        "another payload": Envelope(IN_TOTO, STATEMENT.to_json() + b" ", ENVELOPE.signatures),
        "a signature of somebody else": sign_envelope(IN_TOTO, STATEMENT.to_json(), [BOB]),
        "somebody else's signature under the key's name": Envelope(
            IN_TOTO, STATEMENT.to_json(), (EnvelopeSignature(BOB.sign(pae(IN_TOTO, STATEMENT.to_json())), ADA.key.id),)
        ),
        "the payload signed bare": Envelope(IN_TOTO, b"{}", (EnvelopeSignature(ADA.sign(b"{}"), ADA.key.id),)),
        "an empty signature": Envelope(IN_TOTO, STATEMENT.to_json(), (EnvelopeSignature(b""),)),
    }.items(),
    ids=lambda row: row[0],
)
def test_an_envelope_that_the_key_did_not_sign_stays_shut(envelope: tuple[str, Envelope]) -> None:
    with pytest.raises(IntegrityError, match="0 of the 1 keys"):
        verify_envelope(envelope[1], [ADA.key], payload_type=IN_TOTO)


def test_a_payload_does_not_pass_for_one_of_another_type() -> None:
    with pytest.raises(IntegrityError, match="not a `text/plain`"):
        verify_envelope(ENVELOPE, [ADA.key], payload_type="text/plain")
    relabelled = Envelope("text/plain", ENVELOPE.payload, ENVELOPE.signatures)
    with pytest.raises(IntegrityError, match="0 of the 1 keys"):
        verify_envelope(relabelled, [ADA.key], payload_type="text/plain")


def test_a_key_counts_once_towards_the_threshold() -> None:
    twice = Envelope(IN_TOTO, ENVELOPE.payload, ENVELOPE.signatures * 2)
    with pytest.raises(IntegrityError, match="1 of the 2 keys"):
        verify_envelope(twice, [ADA.key, BOB.key], payload_type=IN_TOTO, threshold=2)
    both = sign_envelope(IN_TOTO, ENVELOPE.payload, [BOB, ADA])
    assert verify_envelope(both, [ADA.key, BOB.key], payload_type=IN_TOTO, threshold=2) == ENVELOPE.payload
    for threshold, keys in {0: [ADA.key], 2: [ADA.key, ADA.key], 1: []}.items():
        with pytest.raises(Bug):
            verify_envelope(ENVELOPE, keys, payload_type=IN_TOTO, threshold=threshold)
    with pytest.raises(Bug):
        sign_envelope(IN_TOTO, b"", [])


FORMLESS_ENVELOPES = {
    "not JSON": b"envelope",
    "not UTF-8": b"\xff",
    "no signature": changed(ENVELOPE.to_json(), lambda e: e.update(signatures=[])),
    "an unknown member": changed(ENVELOPE.to_json(), lambda e: e.update(extra=1)),
    "padding cut off": changed(ENVELOPE.to_json(), lambda e: e["signatures"][0].update(sig=e["signatures"][0]["sig"].rstrip("="))),
    "base 64 of the other alphabet": changed(ENVELOPE.to_json(), lambda e: e.update(payload="_-==")),
    "bits that no encoder sets": changed(ENVELOPE.to_json(), lambda e: e.update(payload="QR==")),
    "not ASCII": changed(ENVELOPE.to_json(), lambda e: e.update(payload="é===")),
    "too large": b'{"payload":"' + b"A" * ENVELOPE_BYTES,
}


@pytest.mark.parametrize("text", FORMLESS_ENVELOPES.values(), ids=FORMLESS_ENVELOPES)
def test_what_is_no_envelope_is_refused(text: bytes) -> None:
    with pytest.raises(IntegrityError):
        parse_envelope(text)


FORMLESS_STATEMENTS = {
    "not JSON": b"{",
    "a list": b"[]",
    "another version": changed(STATEMENT.to_json(), lambda s: s.update(_type="https://in-toto.io/Statement/v0.1")),
    "no subject": changed(STATEMENT.to_json(), lambda s: s.update(subject=[])),
    "a subject without a digest": changed(STATEMENT.to_json(), lambda s: s["subject"][0].update(digest={})),
    "a digest in capitals": changed(STATEMENT.to_json(), lambda s: s["subject"][0].update(digest={"sha256": "AB" * 32})),
    "a predicate type that is no URI": changed(STATEMENT.to_json(), lambda s: s.update(predicateType="audit entry")),
    "an unknown member": changed(STATEMENT.to_json(), lambda s: s.update(more=1)),
}


@pytest.mark.parametrize("payload", FORMLESS_STATEMENTS.values(), ids=FORMLESS_STATEMENTS)
def test_what_is_no_statement_is_refused(payload: bytes) -> None:
    with pytest.raises(IntegrityError):
        parse_statement(payload)


def test_a_statement_names_things_by_whole_digests_and_says_what_has_a_canonical_form() -> None:
    with pytest.raises(IntegrityError, match="64 hexadecimal"):
        make_statement(AUDIT_ENTRY, {"x": "ab"}, {})
    with pytest.raises(InvalidRequest):
        make_statement(AUDIT_ENTRY, {"x": DIGEST}, {"n": float("nan")}).to_json()


def test_a_log_entry_is_about_its_envelope_and_holds_no_payload() -> None:
    entry = check_dsse(BODY, ENVELOPE)
    assert (entry.kind, entry.digest) == ("dsse", sha256(ENVELOPE.payload))
    assert entry.signatures[0].key == ADA.key
    assert b"credit-risk" not in BODY
    assert DIGEST.encode() not in BODY
    assert parse_body(BODY) == entry


def test_what_is_signed_and_logged_in_one_is_what_two_steps_make() -> None:
    envelope, body = sign_and_log(IN_TOTO, STATEMENT.to_json(), [ADA])
    assert (envelope, body) == (ENVELOPE, BODY)
    both, logged = sign_and_log(IN_TOTO, STATEMENT.to_json(), [ADA, BOB])
    assert [each.key for each in check_dsse(logged, both).signatures] == [ADA.key, BOB.key]


def test_an_envelope_is_logged_with_keys_that_signed_it_only() -> None:
    with pytest.raises(IntegrityError, match="no key"):
        dsse_body(ENVELOPE, {})
    with pytest.raises(IntegrityError, match="not this key's"):
        dsse_body(ENVELOPE, {ADA.key.id: BOB.key})


def test_a_log_entry_about_another_envelope_is_refused() -> None:
    others = {
        "payload": sign_envelope(IN_TOTO, b"{}", [ADA]),
        "signatures": sign_envelope(IN_TOTO, ENVELOPE.payload, [ADA, BOB]),
        "not this key's": Envelope("text/plain", ENVELOPE.payload, ENVELOPE.signatures),
    }
    for why, envelope in others.items():
        with pytest.raises(IntegrityError, match=why):
            check_dsse(BODY, envelope)


def _spec(body: dict) -> dict:
    return body["spec"]["dsseV002"]


FORMLESS_BODIES = {
    "not JSON": b"leaf",
    "white space": BODY + b" ",
    "another version": changed(BODY, lambda b: b.update(apiVersion="0.0.1")),
    "another kind": changed(BODY, lambda b: b.update(kind="intoto")),
    "an unknown member": changed(BODY, lambda b: b.update(more=1)),
    "no signature": changed(BODY, lambda b: _spec(b).update(signatures=[])),
    "another hash": changed(BODY, lambda b: _spec(b)["payloadHash"].update(algorithm="SHA2_512")),
    "half a digest": changed(BODY, lambda b: _spec(b)["payloadHash"].update(digest="AAAA")),
    "a key that is none": changed(BODY, lambda b: _spec(b)["signatures"][0]["verifier"]["publicKey"].update(rawBytes="AAAA")),
    "a key of another kind than it says": changed(
        BODY, lambda b: _spec(b)["signatures"][0]["verifier"].update(keyDetails="PKIX_ECDSA_P256_SHA_256")
    ),
    "too large": b'"' + b"A" * BODY_BYTES,
}


@pytest.mark.parametrize("body", FORMLESS_BODIES.values(), ids=FORMLESS_BODIES)
def test_what_is_no_log_entry_is_refused(body: bytes) -> None:
    with pytest.raises(IntegrityError):
        parse_body(body)


def test_a_signature_over_an_artifact_is_logged_by_its_digest() -> None:
    signature = P256.sign(b"weights", ec.ECDSA(hashes.SHA256()))
    P256_KEY.verify(signature, b"weights")
    body = hashedrekord_body(sha256(b"weights"), signature, P256_KEY)
    entry = parse_body(body)
    assert (entry.kind, entry.digest, entry.signatures[0].key) == ("hashedrekord", sha256(b"weights"), P256_KEY)
    with pytest.raises(IntegrityError, match="not about this envelope"):
        check_dsse(body, ENVELOPE)
    with pytest.raises(IntegrityError, match="data with this digest"):
        hashedrekord_body(sha256(b"other weights"), signature, P256_KEY)
    with pytest.raises(IntegrityError, match="data with this digest"):
        parse_body(body.replace(body.split(b'"digest":"')[1][:44], b"A" * 43 + b"="))
    with pytest.raises(IntegrityError, match="P-256 key"):
        hashedrekord_body(sha256(b"weights"), ADA.sign(sha256(b"weights")), ADA.key)


def test_keys_are_known_by_their_one_encoding() -> None:
    assert load_verifier_key(ADA.key.spki) == ADA.key
    assert ADA.key.details == "PKIX_ED25519"
    foreign = ed448.Ed448PrivateKey.generate().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for spki in (foreign, b"", ADA.key.spki + b"\0", b"\0" * 2000):
        with pytest.raises(IntegrityError):
            load_verifier_key(spki)
    for make in (EnvelopeSigner, ed25519_verifier_key):
        with pytest.raises(IntegrityError, match="32 bytes"):
            make(b"short")
    assert ADA.key.id[:16] in repr(ADA)
    assert bytes(range(32)).hex() not in repr(ADA)
    with pytest.raises(IntegrityError, match="not this key's"):
        VerifierKey(P256_KEY.details, P256_KEY.spki).verify(b"no signature", b"data")
