"""The lemma that joins bytes to characters: whatever bytes stand before, a well-formed payload comes out whole.

Sound because a payload's characters begin with a byte that no pending character accepts, so they are read from the start state: checked
for every pair of state and lead byte, and for every scalar value from the start state.
"""

from __future__ import annotations

import hashlib

from ringwall.reasoning.text.folding import Theorem
from ringwall.text.tables import Tables
from ringwall.text.tables.utf8 import REJECT, START, STATE_COUNT

_SURROGATES = range(0xD800, 0xE000)


def utf8_theorem(tables: Tables) -> Theorem:
    """Check the UTF-8 automaton over all states, lead bytes and scalar values."""
    witness = _leads(tables) or _values(tables)
    says = "after any bytes whatever, a well-formed payload's characters come out whole, one after the other"
    checked = STATE_COUNT * 256 + 0x110000 - len(_SURROGATES)
    digest = hashlib.sha256(f"{says}\n{checked}\n{witness}\n{tables.digest}".encode()).hexdigest()
    return Theorem("utf8-keeps-payload", says, checked, witness, digest)


def _leads(tables: Tables) -> str:
    for state in range(STATE_COUNT):
        for lead in (*range(0x80), *range(0xC2, 0xF5)):
            following = tables.utf8_transitions[state * 256 + lead]
            if state != START and following != REJECT:
                return f"state {state} swallows byte {lead:#x}"
            if state == START and following == REJECT:
                return f"byte {lead:#x} begins nothing"
    return ""


def _values(tables: Tables) -> str:
    """Walk every scalar value; values with all but their last byte in common share the walk."""
    transitions, leads = tables.utf8_transitions, tables.utf8_leads
    for first in range(0, 0x110000, 0x40):
        if first in _SURROGATES:
            continue
        encoded = chr(first).encode()
        if first < 0x80:
            if any(transitions[c] != START or c & leads[c] != c for c in range(first, first + 0x40)):
                return f"U+{first:04X}"
            continue
        state = transitions[encoded[0]]
        value = encoded[0] & leads[encoded[0]]
        for byte in encoded[1:-1]:
            if state in (REJECT, START):
                return f"U+{first:04X}"
            state = transitions[state * 256 + byte]
            value = value << 6 | byte & 0x3F
        if state in (REJECT, START) or value << 6 != first:
            return f"U+{first:04X}"
        if any(transitions[state * 256 + byte] != START for byte in range(0x80, 0xC0)):
            return f"U+{first:04X}"
    return ""
