"""Bypasses that a prover or an attacker found in filters of this kind (research of the formal group): each must be read."""

from __future__ import annotations

import base64

import pytest

from ringwall.text import PhraseAutomaton, interpreter_name, read_views

PHRASES = ["admin console", "abbreviated capitals", "drop the tables"]
AUTOMATON = PhraseAutomaton.compile(PHRASES)
A = PHRASES[0].encode()
B64 = base64.b64encode(A).decode()
HEX = A.hex()

BYPASSES = {
    "a character before shifts the phase of base64": "+" + B64,
    "padding before resets the phase": "=+" + B64,
    "padding inside, block by block": "".join(base64.b64encode(A[i : i + 1]).decode() for i in range(len(A))),
    "the alphabet of URLs": base64.urlsafe_b64encode(b"\xff\xfe admin console \xfb\xef").decode(),
    "a line end inside a quantum": B64[:2] + "\n" + B64[2:],
    "separators anywhere": "*".join(B64),
    "a partial last quantum": base64.b64encode(b"x admin console").decode().rstrip("="),
    "0x before hex swallows a digit": "..70x" + HEX,
    "00X before hex": "00X" + HEX,
    "hex behind an odd digit": "7" + HEX,
    "hex in pairs with 0x": "".join(f"0x{b:02x}" for b in A),
    "&#X with a capital": "".join(f"&#X{b:x};" for b in A),
    "leading zeros without end": "".join("&#" + "0" * 50 + f"{b};" for b in A),
    "references without semicolons": "".join(f"&#{b}" for b in A),
    "a truncated UTF-8 sequence before": base64.b64encode(b"\xc2" + A).decode(),
    "UTF-8 lead bytes between": base64.b64encode(b"\xe2\x82" + A + b"\xf0\x9f").decode(),
    "capital mu, before case": "ad\u039cin console",
    "word joiner inside": "a\u2060dmin con\u2060sole",
    "base64 in rot13": "QERtSU4gQ09OU09MRQ",
    "an escape that captures the payload's letters": "%abbrev%69%61ted capitals",
    "a backslash that captures": "\\xabbreviated cap%69tals",
    "an ampersand that captures": "&#97abbreviated capit%61ls",
    "an equals sign that captures": "=abbreviated=20capitals",
    "escapes of several kinds": "%64r&#111;p\\x20t&#x68;e \\u0074a%62les",
    "escapes in escapes": "".join(f"%25{b:02x}" for b in A),
}


@pytest.mark.parametrize("interpreter", ["python", "c"] if interpreter_name() == "c" else ["python"])
@pytest.mark.parametrize("case", BYPASSES)
def test_a_known_bypass_is_read(case: str, interpreter: str) -> None:
    views = read_views(BYPASSES[case], automaton=AUTOMATON, interpreter=interpreter)
    assert views.phrase_hits
    assert not views.exhausted
