"""Make ledger_proofs.json: one log of thirteen entries, and every file that proves the twelfth.

    .venv/bin/python -m tests.conformance.vectors.make_ledger_proofs > tests/conformance/vectors/ledger_proofs.json

All keys are made from bytes that stand here, so that the same files come out each time. What the files say is checked by
tests/conformance/test_ledger_vectors.py with nothing of ours, and by @sigstore/verify in tests/acceptance/ledger.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from ringwall.crypto import inclusion_path, leaf_hash, root_hash, sha256
from ringwall.crypto.base64_text import encode_base64
from ringwall.crypto.checkpoint import Checkpoint
from ringwall.crypto.log_policy import Group, LogPolicy, TrustedKey, Witness, log_id
from ringwall.crypto.notes import COSIGNATURE_V1, Ed25519Signer, sign_note, vkey
from ringwall.crypto.rekor import sign_and_log
from ringwall.crypto.sigstore_bundle import Bundle, LoggedAt, TrustedLog, write_bundle, write_trusted_root
from ringwall.crypto.statements import DATASET_COMMITMENT, IN_TOTO, make_statement
from ringwall.crypto.tlog_proof import TlogProof
from ringwall.crypto.verifier_keys import EnvelopeSigner

ORIGIN = "vectors.example/statements"
INDEX = 11
TIME = 1_767_225_600


def make() -> dict[str, Any]:
    """Return the vectors."""
    log = Ed25519Signer(ORIGIN, bytes(range(32)))
    witnesses = [Ed25519Signer(f"w{number}.example", bytes([number]) * 32, COSIGNATURE_V1) for number in (1, 2)]
    signer = EnvelopeSigner(bytes(range(32, 64)))
    said = {"rows": 1000, "recordedAt": "2026-01-01T00:00:00.000Z", "salt": "00" * 16}
    statement = make_statement(DATASET_COMMITMENT, {"credit-risk": sha256(b"data").hex()}, said)
    envelope, body = sign_and_log(IN_TOTO, statement.to_json(), [signer])
    entries = [*(b"entry %d" % number for number in range(INDEX)), body, b"the last"]
    hashes = [leaf_hash(entry) for entry in entries]
    checkpoint = Checkpoint(origin=ORIGIN, size=len(entries), root=root_hash(hashes))
    note = sign_note(checkpoint.text(), [log, *witnesses], timestamp=TIME)
    path = tuple(inclusion_path(hashes, INDEX))
    logged = LoggedAt(
        log_id=log_id(ORIGIN, log.key.public),
        index=INDEX,
        size=checkpoint.size,
        root=checkpoint.root,
        path=path,
        checkpoint=note,
        body=body,
    )
    policy = LogPolicy(
        (TrustedKey(log.key, f"https://{ORIGIN}"),),
        tuple(Witness(f"W{number}", each.key) for number, each in enumerate(witnesses)),
        (Group("both", 2, ("W0", "W1")),),
        "both",
    )
    trusted = TrustedLog(origin=ORIGIN, public=log.key.public, base_url=f"https://{ORIGIN}", valid_from="2026-01-01T00:00:00Z")
    return {
        "source": "made by make_ledger_proofs.py; C2SP tlog-proof, tlog-policy, signed-note; in-toto Statement v1; DSSE v1; Rekor v2; "
        "sigstore bundle v0.3",
        "vkey": vkey(log.key),
        "entries": [encode_base64(entry) for entry in entries],
        "index": INDEX,
        "tlogProof": TlogProof(INDEX, path, note).to_text().decode(),
        "policy": policy.to_text(),
        "statement": statement.to_json().decode(),
        "envelope": envelope.to_json().decode(),
        "body": body.decode(),
        "key": encode_base64(signer.key.spki),
        "bundle": write_bundle(Bundle(envelope, signer.key.id, logged)).decode(),
        "trustedRoot": write_trusted_root([trusted]).decode(),
    }


if __name__ == "__main__":
    json.dump(make(), sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
