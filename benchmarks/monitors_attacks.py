"""The attacks that `monitors.py` runs, of the Adversarial Robustness Toolbox."""

from __future__ import annotations

from typing import Any


def make_attack(name: str, victim: Any) -> Any:
    from art.attacks.evasion import BoundaryAttack, HopSkipJump, SimBA, SquareAttack

    if name == "HopSkipJump":
        return HopSkipJump(victim, max_iter=8, max_eval=400, init_eval=20, init_size=50, verbose=False)
    if name == "Boundary":
        return BoundaryAttack(victim, targeted=False, max_iter=150, delta=0.05, epsilon=0.05, verbose=False)
    if name.startswith("Square"):
        return SquareAttack(victim, max_iter=300, eps=0.3 if name == "Square" else 0.1, verbose=False)
    return SimBA(victim, max_iter=300, epsilon=0.2, verbose=False)
