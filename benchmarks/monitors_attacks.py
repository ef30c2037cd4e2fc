"""The attacks that `monitors.py` runs, of the Adversarial Robustness Toolbox, and what is printed of them."""

from __future__ import annotations

import statistics
from typing import Any

DETECTORS = ("near-duplicates", "close-queries")
SHORT = ("Square", "Square of small steps", "SimBA")
"""Attacks of few queries, which are run five times as often: whether one is over before it is seen is a matter of its path."""
EVASIONS = {"digits": (*SHORT, "HopSkipJump", "Boundary"), "breast_cancer": (*SHORT, "HopSkipJump", "Boundary")}
IMAGES = {"digits": (1, 8, 8), "breast_cancer": (1, 6, 6)}
"""How vectors are laid out for the attacks that know images only, with empty places at the end that no model is asked about."""


def make_attack(name: str, victim: Any) -> Any:
    from art.attacks.evasion import BoundaryAttack, HopSkipJump, SimBA, SquareAttack

    if name == "HopSkipJump":
        return HopSkipJump(victim, max_iter=8, max_eval=400, init_eval=20, init_size=50, verbose=False)
    if name == "Boundary":
        return BoundaryAttack(victim, targeted=False, max_iter=150, delta=0.05, epsilon=0.05, verbose=False)
    if name.startswith("Square"):
        return SquareAttack(victim, max_iter=300, eps=0.3 if name == "Square" else 0.1, verbose=False)
    return SimBA(victim, max_iter=300, epsilon=0.2, verbose=False)


def print_evasion(name: str, attack: str, jitter: float, runs: list[dict[str, Any]]) -> None:
    found = [one for one in runs if set(DETECTORS) & set(one["first"])]
    either = [min(one["first"].get(kind, one["asked"]) for kind in DETECTORS) for one in found]
    repeated = [one["repeated"] for one in runs if one["repeated"]]
    missed = [one["asked"] for one in runs if one not in found]
    asked = sum(one["asked"] for one in runs)
    print(
        f"{name:14s} {attack:21s} jitter {jitter:.1f}: success {sum(one['success'] for one in runs)}/{len(runs)}, "
        f"{statistics.median(one['asked'] for one in runs):.0f} queries | either {len(found)}/{len(runs)} at {middle(either)}, "
        f"{sum(one['both'] for one in runs) / asked:.0%} flagged, lengths of those missed {missed}"
    )
    for kind in (*DETECTORS, "confidence-probing"):
        firsts = [one["first"][kind] for one in runs if kind in one["first"]]
        print(f"    {kind} {len(firsts)}/{len(runs)} at {middle(firsts)}")
    print(f"    exact repeats, which are passed over: in {len(repeated)}/{len(runs)} from {middle(repeated)}", flush=True)


def middle(numbers: list[int]) -> str:
    return f"{statistics.median(numbers):.0f}" if numbers else "-"
