"""The UTF-8 automaton: well-formed sequences only, and never a byte swallowed after a truncated one.

Source: Unicode 14 table 3-7. On REJECT the pending bytes are malformed and the byte at hand is read afresh from START, so a payload keeps
every byte that stands behind garbage (a decoder that skips the offending byte is a bypass).
"""

from __future__ import annotations

START = 0
REJECT = 8
STATE_COUNT = 8
_TAIL = range(0x80, 0xC0)
# state -> (bytes accepted, next state); 1, 2 and 6 await one, two and three tail bytes, the others are the restricted second bytes.
_NEXT = {
    1: (_TAIL, START), 2: (_TAIL, 1), 3: (range(0xA0, 0xC0), 1), 4: (range(0x80, 0xA0), 1),
    5: (range(0x90, 0xC0), 2), 6: (_TAIL, 2), 7: (range(0x80, 0x90), 2),
}  # fmt: skip
_LEADS = (
    (range(0x80), START, 0x7F),
    (range(0xC2, 0xE0), 1, 0x1F),
    (range(0xE0, 0xE1), 3, 0x0F),
    (range(0xE1, 0xED), 2, 0x0F),
    (range(0xED, 0xEE), 4, 0x0F),
    (range(0xEE, 0xF0), 2, 0x0F),
    (range(0xF0, 0xF1), 5, 0x07),
    (range(0xF1, 0xF4), 6, 0x07),
    (range(0xF4, 0xF5), 7, 0x07),
)


def transitions() -> bytes:
    """Return uint8[STATE_COUNT * 256]: state x byte -> state or REJECT."""
    table = bytearray([REJECT] * (STATE_COUNT * 256))
    for leads, state, _ in _LEADS:
        for byte in leads:
            table[byte] = state
    for state, (accepted, following) in _NEXT.items():
        for byte in accepted:
            table[state * 256 + byte] = following
    return bytes(table)


def lead_masks() -> bytes:
    """Return uint8[256]: the payload bits of a lead byte."""
    table = bytearray(256)
    for leads, _, mask in _LEADS:
        for byte in leads:
            table[byte] = mask
    return bytes(table)
