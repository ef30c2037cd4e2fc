"""Text traffic, generated, before the behavioural monitors: honest days and misuses. Used by `monitors.py`."""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, tzinfo=UTC)

MISUSES = {
    "burst": (0.2, 0.02, "usual"),
    "refusal-probing": (300.0, 0.4, "usual"),
    "novelty": (300.0, 0.02, "random"),
    "novelty, another subject": (300.0, 0.02, "other"),
}
"""Mean pause in seconds, share of interventions, words."""


def some_text(seeded: random.Random, words: str) -> str:
    ranks = [int(seeded.paretovariate(1.0)) % 20_000 for _ in range(40)]
    if words == "random":
        return " ".join(f"x{seeded.getrandbits(40)}" for _ in ranks)
    return " ".join(f"{words}{rank}" for rank in ranks)


def traffic() -> None:
    print("## Text traffic, generated: honest days (Poisson, day and night, 2 % interventions, Zipf words), then each misuse")
    flagged, spent = Counter(), []
    firsts = {misuse: [one for seed in range(10) if (one := misused_at(misuse, seed, flagged, spent)) is not None] for misuse in MISUSES}
    print(f"honest: {len(spent)} queries, flagged {dict(flagged)}; {statistics.mean(spent) * 1e6:.0f} us a query")
    for misuse, found in firsts.items():
        print(f"{misuse:26s} {len(found)}/10 at {statistics.median(found) if found else '-'}")


def misused_at(misuse: str, seed: int, flagged: Counter[str], spent: list[float]) -> int | None:
    """Return at which of 200 queries a misuse is flagged as such, after 1,000 honest ones."""
    from ringwall.inference.monitors import Monitors, Query

    pause_s, refused, words = MISUSES[misuse]
    monitors, now, seeded = Monitors(salt=bytes(range(16))), START, random.Random(seed)
    for number in range(1, 1_201):
        honestly = number <= 1_000
        now += timedelta(seconds=seeded.expovariate(1.0 / ((300.0 + 2_700.0 * (now.hour < 7)) if honestly else pause_s)))
        query = Query(text=some_text(seeded, "usual" if honestly else words), intervened=seeded.random() < (0.02 if honestly else refused))
        began = time.process_time()
        kinds = {one.kind for one in monitors.see("a", "m", query, None, now)}
        if honestly:
            spent.append(time.process_time() - began)
            flagged.update(kinds)
        elif misuse.partition(",")[0] in kinds:
            return number - 1_000
    return None
