"""A phrase table with a planted defect."""

from __future__ import annotations

from array import array

import msgspec

from ringwall.text.phrases import Side


def forgetful(side: Side) -> Side:
    """Return a side whose table goes nowhere from its start on forty columns, as if no phrase began with them."""
    transitions = array("i", side.table.transitions)
    transitions[0:40] = transitions[0:1] * 40
    return Side(side.patterns, msgspec.structs.replace(side.table, transitions=memoryview(transitions)))
