"""What is done about signals: rows combine to the strictest, and confidences lose what they should and nothing else."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec
import pytest

from ringwall.api.native.monitors import OPERATIONS
from ringwall.errors import AccessDenied, InvalidRequest
from ringwall.inference.monitors import (
    ActionTable,
    BehaviourBlocked,
    Confidences,
    Response,
    Signal,
    respond,
)

ROWS: list[dict[str, Any]] = [
    {"kind": "close-queries", "atCount": 1, "action": {"type": "record"}},
    {"kind": "close-queries", "atCount": 2, "action": {"type": "slow_down", "ms": 500}},
    {"kind": "close-queries", "atCount": 5, "action": {"type": "slow_down", "ms": 2_000}},
    {"kind": "confidence-probing", "atCount": 1, "action": {"type": "round_confidences", "digits": 2}},
    {"kind": "leak-budget", "atCount": 1, "action": {"type": "round_confidences", "digits": 1}},
    {"kind": "leak-budget", "atCount": 50, "action": {"type": "withhold_confidences"}},
    {"kind": "near-duplicates", "atCount": 20, "action": {"type": "block"}},
]
TABLE = msgspec.convert({"rows": ROWS}, ActionTable)
PUT = next(each for each in OPERATIONS if each.row.name == "PutMonitorPolicy")


def signal(kind: Any, count: int) -> Signal:
    return Signal(kind=kind, first_query=1, count=count, strength=0.5)


CASES: dict[str, tuple[list[Signal], Response]] = {
    "nothing": ([], Response()),
    "below every row": ([signal("near-duplicates", 19), signal("burst", 1_000)], Response()),
    "recorded": ([signal("close-queries", 1)], Response()),
    "slowed": ([signal("close-queries", 4)], Response(slow_down_ms=500)),
    "slowed by the longer": ([signal("close-queries", 5)], Response(slow_down_ms=2_000)),
    "rounded to the fewer digits": ([signal("confidence-probing", 9), signal("leak-budget", 1)], Response(digits=1)),
    "withheld": ([signal("leak-budget", 50)], Response(digits=1, withhold=True)),
    "blocked": ([signal("near-duplicates", 20), signal("close-queries", 2)], Response(slow_down_ms=500, blocked_by=("near-duplicates",))),
}


@pytest.mark.parametrize(("signals", "wanted"), CASES.values(), ids=CASES)
def test_rows_that_apply_are_combined_in_any_order(signals: list[Signal], wanted: Response):
    for order in permutations(signals):
        assert respond(TABLE, list(order)) == wanted
    assert respond(ActionTable(TABLE.rows[::-1]), signals) == wanted


def test_unless_told_otherwise_everything_is_only_recorded():
    assert respond(ActionTable(), [signal("near-duplicates", 1_000)]) == Response()


def test_a_block_is_a_typed_error_that_names_the_monitor_and_no_numbers():
    respond(TABLE, [signal("near-duplicates", 19)]).check()
    with pytest.raises(BehaviourBlocked) as caught:
        respond(TABLE, [signal("near-duplicates", 20)]).check()
    assert isinstance(caught.value, AccessDenied)
    assert caught.value.facts == {"kinds": ["near-duplicates"]}
    assert not any(one.isdigit() for one in str(caught.value))


def test_confidences_are_rounded_or_withheld_and_the_class_stays():
    answer = Confidences(label=1, values=(0.4951, 0.5049))
    assert Response().soften(answer) == answer
    assert Response(digits=2).soften(answer) == Confidences(label=1, values=(0.5, 0.5))
    assert Response(digits=0).soften(Confidences(label=1, values=(0.5, 1.5))).values == (0.0, 2.0)
    assert Response(digits=2, withhold=True).soften(answer) == Confidences(label=1)


MALFORMED: dict[str, Any] = {
    "no rows but something else": {"row": []},
    "a structure for a list": {"rows": {}},
    "an unknown kind": {"rows": [{"kind": "mind-reading", "atCount": 1, "action": {"type": "block"}}]},
    "an unknown action": {"rows": [{"kind": "burst", "atCount": 1, "action": {"type": "explode"}}]},
    "an unknown member": {"rows": [{"kind": "burst", "atCount": 1, "action": {"type": "block", "ms": 1}}]},
    "never": {"rows": [{"kind": "burst", "atCount": 0, "action": {"type": "block"}}]},
    "more than the window": {"rows": [{"kind": "burst", "atCount": 1_001, "action": {"type": "block"}}]},
    "too slow": {"rows": [{"kind": "burst", "atCount": 1, "action": {"type": "slow_down", "ms": 60_001}}]},
    "too many rows": {"rows": [ROWS[0]] * 65},
}


@pytest.mark.parametrize("document", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_table_is_refused(document: Any):
    assert PUT.convert({"model": "m", "rows": ROWS}).rows == TABLE.rows
    with pytest.raises(InvalidRequest):
        PUT.convert({"model": "m", **document})
