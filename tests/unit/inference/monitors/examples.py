"""Traffic for the monitors' tests: a model with sixteen numbers, of four classes that lie around four centres."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from ringwall.inference.monitors import Calibration, Confidences, Terms, calibrate

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SALT = bytes(range(16))
COMPONENTS = 16
CENTRES = [[random.Random(100 + label).uniform(20, 80) for _ in range(COMPONENTS)] for label in range(4)]


def benign(seed: int, count: int) -> list[tuple[float, ...]]:
    seeded = random.Random(seed)
    return [tuple(seeded.gauss(centre, 12.0) for centre in CENTRES[seeded.randrange(4)]) for _ in range(count)]


def label_of(vector: tuple[float, ...]) -> int:
    return min(range(4), key=lambda label: sum((one - other) ** 2 for one, other in zip(vector, CENTRES[label], strict=True)))


def answer_to(vector: tuple[float, ...], *, told: bool = True) -> Confidences:
    return Confidences(label=label_of(vector), values=(0.7, 0.1, 0.1, 0.1) if told else ())


def around(vector: tuple[float, ...], seed: int, width: float = 0.3) -> tuple[float, ...]:
    seeded = random.Random(seed)
    return tuple(one + seeded.gauss(0.0, width) for one in vector)


@lru_cache
def calibration(*, version: int = 1, count: int = 300, private: int = 60) -> Calibration:
    examples = tuple((vector, label_of(vector)) for vector in benign(2, private))
    terms = Terms(model_id="m", version=version, salt=SALT, shared_scale=True, private=examples)
    return calibrate(benign(1, count), terms)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)
