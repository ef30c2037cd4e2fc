"""Figures of the finder: precision, recall and F1 per source and type, of whole spans and of spans that overlap; false alarms; speed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

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
# The least is the best for whole names on fresh texts of the training's templates; a block by mistake costs more than a miss beside rules.
CHOICES = (0.7, 0.8, 0.9, 0.95)
RATE = 0.005
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
    return {"precision": precision, "recall": recall, "f1": _f1(precision, recall), "spans": there}


def interval(rows: Sequence[Counts], seed: int = 1) -> tuple[float, float]:
    """Return a 95 % bootstrap interval of F1 over texts."""
    table, rng = np.array(rows, np.int64), np.random.default_rng(seed)
    drawn = []
    for _ in range(DRAWS):
        right, said, met, there = table[rng.integers(0, len(table), len(table))].sum(0).tolist()
        drawn.append(_f1(right / said if said else 0.0, met / there if there else 0.0))
    low, high = np.quantile(drawn, (0.025, 0.975)).tolist()
    return low, high


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision and recall else 0.0


Finds = dict[str, Sequence[Sequence[Found]]]


def figures(finds: Finds, held: dict[str, list[Text]]) -> dict:
    """Return all figures by source and type, of what was found in each source's texts; only types that a source has labels for."""
    return {
        source: {kind: _figure(given, finds[source], kind) for kind in (FOUND if source == "own" else ("NAME",))}
        for source, given in held.items()
    }


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
    out = {"NAME": CHOICES[0]}
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
    learned, by_rule = ({source: find([text.text for text in given]) for source, given in held.items()} for find in (finder.find, rules()))
    both = {source: [_joined([*one, *other]) for one, other in zip(learned[source], by_rule[source], strict=True)] for source in held}
    made = {}
    for name, finds in (("model", learned), ("rules", by_rule), ("both", both)):
        made[name] = figures(finds, held)
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
