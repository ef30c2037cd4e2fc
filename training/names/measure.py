"""Figures of the finder: precision, recall and F1 per source and type, of whole spans and of spans that overlap; false alarms; speed."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ringwall.text.detectors import DetectorConfig, compile_detectors
from ringwall.watch.names import FOUND, Found, LearnedNameFinder
from training.names import corpus, texts
from training.names.labelled import Span, Text, lowered, merged

TEST = {"chat": 700, "prose": 700, "address": 900, "age": 500, "logins": 900, "negative": 900}
TEST_SEED = 7
DRAWS = 400
CALIBRATE = "arena_hard"
BENIGN = ("arena_hard", "ifeval", "humaneval")
PROMPTS, PROMPT = 600, 1_000  # texts, characters of each
CHOICES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
RATE = 0.005
OF_NAMES = 0.7  # the best for whole spans on fresh texts of the training's templates
Counts = tuple[int, int, int, int]  # right, found, found of those there, there


def held_out(datasets: Path) -> dict[str, list[Text]]:
    """Return what the finder is measured on: sources that nothing was trained on, once more in small letters, and our own test texts."""
    out = {}
    for name in corpus.MEASURE:
        out[name] = corpus.labelled(datasets, name, training=False)
        out[f"{name} (small letters)"] = [lowered(text) for text in out[name]]
    own = [text for family, count in TEST.items() for text in texts.generated("test", family, count, TEST_SEED)]
    return out | {"own": [replace(text, spans=tuple(merged(text.text, text.spans, " "))) for text in own]}


Finder = Callable[[Sequence[str]], Sequence[Sequence[Found]]]


def counts(given: Sequence[Text], found: Sequence[Sequence[Found]], kind: str, *, exact: bool) -> list[Counts]:
    """Return per text, of one type: spans found that are right, spans found, spans there that were found, spans there.

    A span is right where it is exactly one that is there, or, if not `exact`, where the two share a character.
    """
    out = []
    for text, spans in zip(given, found, strict=True):
        there = [span for span in text.spans if span.type == kind]
        unknown = [span for span in text.spans if span.type in ("ANY", "NONE")]
        said = [span for span in spans if span.type == kind and not any(_meet(span, other) for other in unknown)]
        same = _same if exact else _meet
        right = sum(any(same(span, other) for other in there) for span in said)
        met = sum(any(same(span, other) for other in said) for span in there)
        out.append((right, len(said), met, len(there)))
    return out


def _same(one: Span | Found, other: Span | Found) -> bool:
    return one.start == other.start and one.end == other.end


def _meet(one: Span | Found, other: Span | Found) -> bool:
    return one.start < other.end and other.start < one.end


def f1(rows: Sequence[Counts]) -> dict[str, float]:
    """Return precision, recall and F1 of counts; 0 where there is nothing to find."""
    right, said, met, there = (sum(column) for column in zip(*rows, strict=True))
    precision, recall = right / said if said else 0.0, met / there if there else 0.0
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / (precision + recall) if right else 0.0, "spans": there}


def interval(rows: Sequence[Counts], seed: int = 1) -> tuple[float, float]:
    """Return a 95 % bootstrap interval of F1 over texts."""
    rng = random.Random(seed)
    drawn = sorted(f1(rng.choices(rows, k=len(rows)))["f1"] for _ in range(DRAWS))
    return drawn[int(0.025 * DRAWS)], drawn[int(0.975 * DRAWS) - 1]


def figures(find: Finder, held: dict[str, list[Text]]) -> dict:
    """Return all figures by source and type; only types that a source has labels for."""
    out: dict = {}
    for source, given in held.items():
        found = find([text.text for text in given])
        types = FOUND if source == "own" else ("NAME",)
        out[source] = {kind: _figure(given, found, kind) for kind in types}
    return out


def _figure(given: Sequence[Text], found: Sequence[Sequence[Found]], kind: str) -> dict:
    exact, overlap = (counts(given, found, kind, exact=whole) for whole in (True, False))
    return {"exact": f1(exact) | {"interval": interval(exact)}, "overlap": f1(overlap) | {"interval": interval(overlap)}}


def rules(kinds: Sequence[str] = FOUND) -> Finder:
    """Return the rule detectors of the same types, as a finder, for comparison."""
    detectors = compile_detectors(DetectorConfig(pii=tuple(kinds)))

    def find(given: Sequence[str]) -> list[list[Found]]:
        return [
            _joined(
                [
                    Found(each.type, each.span.start, each.span.end, each.confidence)
                    for each in detectors.scan(text, readings="raw").findings
                ]
            )
            for text in given
        ]

    return find


def both(one: Finder, other: Finder) -> Finder:
    """Return what either finds, overlapping spans of one type as one: what a guardrail masks."""
    return lambda given: [_joined([*left, *right]) for left, right in zip(one(given), other(given), strict=True)]


def _joined(found: Iterable[Found]) -> list[Found]:
    out: list[Found] = []
    for span in sorted(found, key=lambda each: (each.type, each.start)):
        if out and out[-1].type == span.type and span.start < out[-1].end:
            out[-1] = Found(span.type, out[-1].start, max(out[-1].end, span.end), max(out[-1].confidence, span.confidence))
        else:
            out.append(span)
    return out


def benign(datasets: Path, name: str, limit: int) -> list[str]:
    """Return the beginnings of prompts of one benign source that nothing was trained on."""
    return [row["text"][:PROMPT] for row in corpus.rows(datasets, name, training=False)[:limit]]


def flagged(find: Finder, given: Sequence[str]) -> dict[str, float]:
    """Return per type the share of texts in which something is found."""
    found = find(given)
    return {kind: sum(any(span.type == kind for span in spans) for spans in found) / len(given) for kind in FOUND}


def thresholds(finder: LearnedNameFinder, datasets: Path) -> dict[str, float]:
    """Return per type the least threshold at which at most `RATE` of the prompts of `CALIBRATE` are flagged.

    Real prompts hold names of real people; the other types are rare there, and what is flagged is mostly wrong.
    """
    found = finder.find(benign(datasets, CALIBRATE, PROMPTS))
    out = {"NAME": OF_NAMES}
    for kind in FOUND[1:]:
        highest = [max((span.confidence for span in spans if span.type == kind), default=0.0) for spans in found]
        out[kind] = next((choice for choice in CHOICES if sum(one >= choice for one in highest) <= RATE * len(highest)), CHOICES[-1])
    return out


def speed(finder: LearnedNameFinder, given: Sequence[Text]) -> float:
    """Return the median of milliseconds for 1,000 characters of prose, one text at a time."""
    prose = " ".join(text.text for text in given[:400])
    spent = []
    for start in range(0, min(len(prose), 40_000), 1_000):
        started = time.perf_counter()
        finder.find([prose[start : start + 1_000]])
        spent.append(time.perf_counter() - started)
    return statistics.median(spent) * 1_000


def measure(finder: LearnedNameFinder, datasets: Path) -> dict:
    """Print and return the figures."""
    held = held_out(datasets)
    by_rule = rules()
    made = {}
    for name, find in (("model", finder.find), ("rules", by_rule), ("both", both(finder.find, by_rule))):
        made[name] = figures(find, held)
        for source, types in made[name].items():
            for kind, figure in types.items():
                said = "; ".join(
                    f"{way} F1 {values['f1']:.3f} P {values['precision']:.3f} R {values['recall']:.3f}" for way, values in figure.items()
                )
                print(f"{name:6s} {source:28s} {kind:9s} {said} of {figure['exact']['spans']}", flush=True)
    alarms = {name: flagged(finder.find, benign(datasets, name, PROMPTS)) for name in BENIGN}
    milliseconds = speed(finder, held["wikigold"])
    print(f"{alarms}\n{milliseconds:.1f} ms for 1,000 characters", flush=True)
    return {"figures": made, "flagged": alarms, "milliseconds_per_1000_characters": round(milliseconds, 1)}
