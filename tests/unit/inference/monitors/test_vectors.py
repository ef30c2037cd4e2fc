"""What sets the vector monitors off, what does not, and that what is flagged is counted over the last queries only."""

from __future__ import annotations

import tracemalloc

import msgspec
import pytest

from ringwall.inference.monitors import Confidences, Monitors, Query, Signal, Snapshot
from ringwall.inference.monitors.calibration import HISTORY_MAX
from ringwall.inference.monitors.flags import FLAGS_WINDOW, Flags
from tests.unit.inference.monitors.examples import NOW, SALT, answer_to, around, at, benign, calibration


def watched() -> Monitors:
    monitors = Monitors(salt=SALT)
    monitors.calibrate("a", calibration())
    return monitors


def ask(monitors: Monitors, vectors: list[tuple[float, ...]], *, account: str = "a", told: bool = True) -> list[list[Signal]]:
    return [monitors.see(account, "m", Query(vector=one), answer_to(one, told=told), at(60 * number)) for number, one in enumerate(vectors)]


def kinds(seen: list[list[Signal]]) -> set[str]:
    return {one.kind for signals in seen for one in signals}


def test_queries_around_one_point_are_near_duplicates_and_close_at_the_second():
    monitors, target = watched(), benign(9, 1)[0]
    seen = ask(monitors, [around(target, seed) for seed in range(30)])
    assert seen[0] == []
    assert {"near-duplicates", "close-queries"} <= kinds(seen[1:2])
    assert [one.first_query for one in seen[-1] if one.kind == "close-queries"] == [2]
    assert [one.count for one in seen[-1] if one.kind == "close-queries"] == [29]
    assert all(0.0 <= one.strength <= 1.0 for signals in seen for one in signals)


def test_attack_queries_are_found_among_honest_ones():
    monitors, target, honest = watched(), benign(9, 1)[0], benign(8, 300)
    mixed = [vector for number, one in enumerate(honest) for vector in (one, *([around(target, number)] if number % 10 == 0 else []))]
    assert {"near-duplicates", "close-queries", "confidence-probing"} <= kinds(ask(monitors, mixed))


def test_an_exact_repeat_tells_nothing_and_is_passed_over():
    monitors, target = watched(), benign(9, 1)[0]
    assert kinds(ask(monitors, [target] * 200)) == set()
    snapshot = monitors.snapshot("a", "m")
    assert snapshot is not None
    assert snapshot.vectors is not None
    assert len(snapshot.vectors.told) == 1


def test_probing_needs_confidences_to_be_told():
    target = benign(9, 1)[0]
    vectors = [around(target, seed) for seed in range(40)]
    assert "confidence-probing" in kinds(ask(watched(), vectors))
    assert "confidence-probing" not in kinds(ask(watched(), vectors, told=False))


def test_a_query_that_is_told_the_class_only_is_not_probing_whatever_came_before():
    monitors, target = watched(), benign(9, 1)[0]
    assert "confidence-probing" in kinds(ask(monitors, [around(target, seed) for seed in range(20)]))
    untold = kinds(ask(monitors, [around(target, 21)], told=False))
    assert "close-queries" in untold
    assert "confidence-probing" not in untold


def test_who_asks_about_everything_spends_the_leak_budget_and_who_asks_about_one_class_does_not():
    honest = benign(8, 400)
    assert "leak-budget" in kinds(ask(watched(), honest))
    narrow = [one for one in honest if answer_to(one).label == 0]
    assert "leak-budget" not in kinds(ask(watched(), narrow))


def test_the_leak_budget_that_was_spent_is_spent_after_a_restart():
    monitors, later, honest = watched(), watched(), benign(8, 400)
    ask(monitors, honest[:399])
    snapshot = monitors.snapshot("a", "m")
    assert snapshot is not None
    later.restore("a", "m", msgspec.msgpack.decode(msgspec.msgpack.encode(snapshot), type=Snapshot))
    [before], [after] = ([one for one in ask(each, honest[399:])[0] if one.kind == "leak-budget"] for each in (monitors, later))
    assert before == after


def test_the_leak_budget_counts_agreement_with_the_model_not_queries():
    monitors = watched()
    seen = [monitors.see("a", "m", Query(vector=one), Confidences(label=0), NOW) for one in benign(8, 400)]
    assert "leak-budget" not in kinds(seen)


def test_without_answers_nothing_is_leaked():
    monitors = watched()
    assert "leak-budget" not in kinds([monitors.see("a", "m", Query(vector=one), None, NOW) for one in benign(8, 400)])


def test_a_model_that_is_not_calibrated_says_so_and_flags_no_vectors():
    monitors, target = Monitors(salt=SALT), benign(9, 1)[0]
    assert monitors.calibration("a", "m") is None
    assert kinds(ask(monitors, [around(target, seed) for seed in range(50)])) == set()
    assert watched().calibration("a", "m") == calibration()


def test_a_new_calibration_starts_the_history_anew_and_keeps_the_flags():
    monitors, target = watched(), benign(9, 1)[0]
    ask(monitors, [around(target, seed) for seed in range(20)])
    before = {one.kind for one in monitors.standing("a", "m")}
    monitors.calibrate("a", calibration(version=2))
    assert monitors.see("a", "m", Query(vector=around(target, 21)), answer_to(target), NOW) == []
    assert {one.kind for one in monitors.standing("a", "m")} == before


def test_a_history_that_was_stored_under_another_calibration_is_not_taken_up():
    monitors, later, target = watched(), Monitors(salt=SALT), benign(9, 1)[0]
    ask(monitors, [around(target, seed) for seed in range(20)])
    snapshot = monitors.snapshot("a", "m")
    assert snapshot is not None
    later.calibrate("a", calibration(version=2))
    later.restore("a", "m", snapshot)
    assert kinds(ask(later, [around(target, 21)])) == set()
    assert kinds(ask(later, [around(target, 22)])) != set()


def test_the_same_calibration_again_forgets_nothing():
    monitors, target = watched(), benign(9, 1)[0]
    ask(monitors, [target])
    monitors.calibrate("a", msgspec.structs.replace(calibration()))
    assert kinds(ask(monitors, [around(target, 1)])) >= {"close-queries"}


def test_the_pair_that_was_not_used_for_longest_makes_room():
    monitors = Monitors(salt=SALT, pairs_max=2)
    for account in "abac":
        monitors.see(account, "m", Query(), None, NOW)
    assert monitors.pairs == (("a", "m"), ("c", "m"))


def test_flags_count_over_the_last_thousand_queries():
    flags = Flags()
    for number in (1, 2, 900):
        flags.mark(number)
    assert [flags.count(number) for number in (900, 1_000, 1_001, 1_002, 1_899, 1_900, 10_000)] == [3, 3, 2, 1, 1, 0, 0]
    assert flags.first == 1
    flags.mark(5_000)
    assert (flags.count(5_000), flags.first) == (1, 1)
    assert Flags.restored(flags.snapshot()).count(5_000 + FLAGS_WINDOW - 1) == 1


@pytest.mark.slow
def test_one_pair_takes_no_more_than_half_a_megabyte_however_many_vectors_come():
    monitors = Monitors(salt=SALT)
    monitors.calibrate("a", msgspec.structs.replace(calibration(private=256), history=HISTORY_MAX))
    vectors = benign(11, 1_300)
    tracemalloc.start()
    try:
        ask(monitors, vectors[:1_050])
        full, _ = tracemalloc.get_traced_memory()
        ask(monitors, vectors[1_050:])
        later, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert full < 500_000
    assert later < full + 20_000
