"""What a pattern of a signed or stored thing accepts ends where the text ends: no line break follows it."""

from __future__ import annotations

import json

import pytest

from ringwall.crypto.statements import AUDIT_ENTRY, make_statement, parse_statement
from ringwall.errors import IntegrityError

DIGEST = "ab" * 32


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", " "])
def test_a_digest_and_its_algorithm_have_nothing_after_them(end: str) -> None:
    good = json.loads(make_statement(AUDIT_ENTRY, {"x": DIGEST}, {}).to_json())
    assert parse_statement(json.dumps(good).encode()).subject[0].digest == {"sha256": DIGEST}
    for digest in ({"sha256": DIGEST + end}, {"sha256" + end: DIGEST}):
        changed = {**good, "subject": [{"name": "x", "digest": digest}]}
        with pytest.raises(IntegrityError, match="in-toto"):
            parse_statement(json.dumps(changed).encode())
    with pytest.raises(IntegrityError, match="in-toto"):
        make_statement(AUDIT_ENTRY, {"x": DIGEST[: 64 - len(end)] + end}, {})
