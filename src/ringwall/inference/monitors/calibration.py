"""What a model's benign traffic looks like, as numbers that the vector monitors compare with.

Every benign vector is compared with up to 1,000 others, without itself: what an account that has used the model for long would
see. The thresholds lie beyond the most suspicious of them but for the share of false alarms that is allowed, half of it for each
detector. No account keeps a longer history than was compared here: with more neighbours, benign queries would lie closer.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ringwall.inference.monitors.encoding import CODE_BYTES, COMPONENTS_MAX, FOLDED_MAX, Encoder, Range, Shape, distances, matches, range_of
from ringwall.inference.monitors.errors import InvalidCalibration
from ringwall.inference.monitors.query import Kind

HISTORY_MAX: Final = 1_000
VECTORS_MIN: Final = 100
VECTORS_MAX: Final = 5_000
PRIVATE_MAX: Final = 256
SALT_BYTES: Final = 16
RECENT: Final = 8
"""How many of the last queries the `lately` scale looks at: attacks ask alike in a row, honest users mostly do not."""

_QUANTA: Final = (0.35, 0.2, 0.1, 0.05, 0.02)
_COMPONENTS_MIN: Final = 4
_FEW: Final = 8
_SCALES: Final = 3
_LATELY: Final = 2  # neighbours among the last RECENT: one may be chance, more come too late for short attacks
_WINDOW_MAX: Final = 10  # half of Blacklight's: attacks that change few components at once leave more windows as they were


class Private(msgspec.Struct, frozen=True):
    """One example of a model's private set: a vector's code, and the class the model gives it."""

    code: bytes
    label: int


class Scale(msgspec.Struct, frozen=True):
    """Too close: the sum of the distances to this many nearest is below the total; 0 tells nothing."""

    neighbours: int
    total: int


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """The monitors' numbers for one model. It holds secrets (the salt, the private set): it is stored sealed, and never logged.

    version: 1 for a model's first; what accounts did under another version is not compared with.
    matches: equal windows from which on two vectors are near-duplicates; 0: the benign traffic itself repeats too much to tell.
    scales: a query is close when it is at one of these; few neighbours find short attacks, many find scattered ones.
    lately: the same among the last RECENT queries only: it finds short attacks whose jitter hides them among all.
    near: a distance that two different benign vectors are not below.
    history: how many queries of an account are kept; vectors: how many it was calibrated from; false_alarms: the share that was allowed.
    private: examples for the leak budget, none where there is none.
    """

    model_id: str
    version: int
    shape: Shape
    matches: int
    scales: tuple[Scale, ...]
    near: int
    history: int
    vectors: int
    false_alarms: float
    private: tuple[Private, ...] = ()
    lately: Scale = Scale(_LATELY, 0)

    @property
    def silent(self) -> tuple[Kind, ...]:
        """The monitors that cannot tell anything for this model: its benign traffic is too much alike, or there is no private set."""
        works: tuple[tuple[Kind, object], ...] = (
            ("near-duplicates", self.matches),
            ("close-queries", any(scale.total for scale in (*self.scales, self.lately))),
            ("confidence-probing", self.near),
            ("leak-budget", self.private),
        )
        return tuple(kind for kind, number in works if not number)


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How to calibrate.

    salt: 16 secret random bytes.
    shared_scale: all components are in one unit (pixels); otherwise each has a range of its own (columns of a table).
    false_alarms: share of benign queries that the two detectors together may flag.
    private: vectors that no account is given, with the model's own answers, for the leak budget.
    """

    model_id: str
    version: int
    salt: bytes
    shared_scale: bool
    false_alarms: float = 0.002
    private: tuple[tuple[tuple[float, ...], int], ...] = ()


def calibrate(vectors: Sequence[Sequence[float]], terms: Terms) -> Calibration:
    """Measure benign traffic.

    Args:
        vectors: 100 to 5,000 benign queries of one length, 4 to 4,096 numbers, in the order in which they came; at least 1,000 make the
            best use of the monitors.
        terms: how.

    Returns:
        what `Monitors` needs to watch the model.

    Raises:
        InvalidCalibration: too few different vectors, too many, or malformed ones.

    Cost: a second or so for 1,000 vectors.
    """
    rows = list(dict.fromkeys(map(tuple, vectors)))  # an exact repeat is not judged, so it must not set thresholds
    _check(rows, vectors, terms)
    base = _shape(rows, terms)
    encoder = Encoder(base)
    history = min(HISTORY_MAX, len(rows) - 1)
    allowed = int(terms.false_alarms / 2 * len(rows))
    codes = [encoder.encode(row).code for row in rows]
    scales, lately = _scales(codes, history, allowed), _lately(codes, history, allowed, terms.salt)
    quantum, needed = _quantum(encoder, [encoder.parts(row) for row in rows], history, allowed)
    return Calibration(
        model_id=terms.model_id,
        version=terms.version,
        shape=msgspec.structs.replace(base, quantum=quantum),
        matches=needed,
        scales=scales,
        lately=lately,
        near=scales[0].total,
        history=history,
        vectors=len(rows),
        false_alarms=terms.false_alarms,
        private=tuple(Private(encoder.encode(row).code.to_bytes(CODE_BYTES, "little"), label) for row, label in terms.private),
    )


def _check(rows: list[tuple[float, ...]], given: Sequence[Sequence[float]], terms: Terms) -> None:
    lengths = {len(row) for row in rows}
    problems = (
        (len(terms.salt) != SALT_BYTES, f"the salt is not {SALT_BYTES} bytes"),
        (terms.version < 1, "versions count from 1"),
        (not 0 <= terms.false_alarms <= 0.2, "the share of false alarms is not from 0 to 0.2"),
        (len(given) > VECTORS_MAX, f"there are more than {VECTORS_MAX} vectors"),
        (len(rows) < VECTORS_MIN, f"there are fewer than {VECTORS_MIN} different vectors"),
        (len(lengths) != 1, "the vectors have different lengths"),
        (
            not all(_COMPONENTS_MIN <= length <= COMPONENTS_MAX for length in lengths),
            f"a vector has {_COMPONENTS_MIN} to {COMPONENTS_MAX} numbers",
        ),
        (not all(map(math.isfinite, (value for row in rows for value in row))), "a number is not finite"),
        (len(terms.private) > PRIVATE_MAX, f"the private set has more than {PRIVATE_MAX} examples"),
        (not lengths.issuperset(len(row) for row, _ in terms.private), "a private example has another length"),
        (any(not 0 <= label < 2**31 for _, label in terms.private), "a private example's class is not a number from 0"),
    )
    for wrong, problem in problems:
        if wrong:
            raise InvalidCalibration(problem)


def _shape(rows: list[tuple[float, ...]], terms: Terms) -> Shape:
    components = len(rows[0])
    shape = Shape(
        salt=terms.salt,
        components=components,
        range=range_of(rows, shared=terms.shared_scale),
        folded=None,
        quantum=_QUANTA[0],
        window=max(2, min(_WINDOW_MAX, components // 3)),
    )
    if components <= FOLDED_MAX:
        return shape
    encoder = Encoder(shape)
    folded: Range = range_of([encoder.fold(encoder.parts(row)) for row in rows], shared=False)
    return msgspec.structs.replace(shape, folded=folded)


def _scales(codes: list[int], history: int, allowed: int) -> tuple[Scale, ...]:
    """Return how close benign vectors come, at each of three numbers of neighbours, but for those that are allowed to come closer."""
    counts = (1, _FEW, max(_FEW, min(50, history // 20)))
    totals: list[list[int]] = [[] for _ in counts]
    for found in _apart(codes, history):
        for count, all_totals in zip(counts, totals, strict=True):
            all_totals.append(sum(found[:count]))
    return tuple(Scale(count, sorted(all_totals)[allowed // (_SCALES + 1)]) for count, all_totals in zip(counts, totals, strict=True))


def _lately(codes: list[int], history: int, allowed: int, salt: bytes) -> Scale:
    """Return how close benign vectors come to the last few, but for those that are allowed to come closer.

    The smaller of two: in the order in which they came; and for accounts that ask about one sort of thing only, which is tried with a
    random few of the tenth of the traffic that lies nearest to each vector.
    """
    in_order = [sorted(distances(code, codes[max(0, at - RECENT) : at])) for at, code in enumerate(codes) if at >= _LATELY]
    chance = random.Random(salt)  # noqa: S311 - which benign vectors stand for an account is no secret
    narrow = [sorted(chance.sample(found[: max(2 * RECENT, history // 10)], RECENT)) for found in _apart(codes, history)]
    totals = [sorted(sum(found[:_LATELY]) for found in all_found) for all_found in (in_order, narrow)]
    return Scale(_LATELY, min(each[allowed // (_SCALES + 1)] for each in totals))


def _apart(codes: list[int], history: int) -> Iterator[list[int]]:
    """Yield each vector's distances to the others, nearest first."""
    for index, code in enumerate(codes):
        yield sorted(distances(code, _without(codes, index, history)))


def _quantum(encoder: Encoder, parts: list[list[float]], history: int, allowed: int) -> tuple[float, int]:
    """Return the coarsest step at which benign vectors share fewer than half of their windows, and the matches that are one too many.

    Where no step is fine enough, the finest is used with as many matches as it takes, and 0 where even all windows are not enough.
    """
    needed = 0
    for quantum in _QUANTA:
        marks = [encoder.mark(part, quantum) for part in parts]
        most = sorted((max(matches(mark, _without(marks, index, history))) for index, mark in enumerate(marks)), reverse=True)
        needed = most[allowed] + 1
        if needed <= encoder.windows // 2:
            return quantum, encoder.windows // 2
    return _QUANTA[-1], needed if needed <= encoder.windows else 0


def _without(values: list[int], index: int, history: int) -> list[int]:
    """Return `history` values without the one at an index."""
    return values[:index] + values[index + 1 : history + 1] if index < history else values[:history]
