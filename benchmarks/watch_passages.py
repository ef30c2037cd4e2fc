"""How well a guardrail says where in a document an injection stands: of detected documents, what the passages hit and what they take along.

Run: python -m benchmarks.watch_passages --datasets FOLDER [--each 200] [--scorers linear cascade] [--page FILE] [--json]
Documents are those of bipia_test, which nothing was trained on, with origin DOCUMENT, at strength HIGH. Each is there clean and with an
injection, so the injection's place is where the two differ. A document counts where the score detects it; that a filter also fires on clean
documents is in the model's card, not here.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.watch_attacks import SCORERS, SEED, filter_policy, put
from ringwall.guardrails import Block, ContentScorer, Scorers, compile_guardrail, evaluate, parse_config
from ringwall.vocabulary import Limits, Span
from training.content.corpus import Row, manifest, read

SOURCE = "bipia_test"
MARK = "watch-passages"
KIND = "PROMPT_ATTACK"


@dataclass(frozen=True)
class Figures:
    """What was found by one scorer.

    documents: with an injection. detected: by the learned score. hit: of these, where a passage shares a character with the injection.
    covered: of the injections' characters, how many stand in passages. taken_along: of the other characters of detected documents.
    median: characters of a passage.
    """

    scorer: str
    documents: int
    detected: int
    hit: int
    covered: float
    taken_along: float
    median: int


def injected(rows: Sequence[Row]) -> list[tuple[str, Span]]:
    """Return the documents with an injection, and where it stands: those that are a clean one with characters put in at one place."""
    clean: dict[str, list[str]] = {}
    for row in rows:
        if KIND not in row.labels:
            for key in {row.text[:_KEY], row.text[-_KEY:]}:
                clean.setdefault(key, []).append(row.text)
    found = []
    for row in rows:
        if KIND in row.labels:
            spans = [
                span
                for key in (row.text[:_KEY], row.text[-_KEY:])
                for text in clean.get(key, ())
                if (span := _inserted(text.strip(), row.text)) is not None
            ]
            if spans:
                found.append((row.text, min(spans, key=lambda each: each.end - each.start)))
    return found


_KEY = 20  # characters that a clean document and its twin share at one end


def _inserted(clean: str, text: str) -> Span | None:
    """Return what has to be taken out of a text to make it a clean one, white space aside."""
    start = _shared(clean, text)
    behind = _shared(clean[start:][::-1], text[start:][::-1])
    if clean[start : len(clean) - behind].strip():
        return None
    end = len(text) - behind
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if start < end else None


def _shared(left: str, right: str) -> int:
    """Return how many characters two texts begin with in common."""
    both = min(len(left), len(right))
    return next((at for at in range(both) if left[at] != right[at]), both)


def measure(name: str, scorer: ContentScorer, documents: Sequence[tuple[str, Span]]) -> Figures:
    """Judge the documents and compare passages with injections."""
    guardrail = compile_guardrail(parse_config(filter_policy(KIND)), Scorers(content=scorer))
    detected = hit = inside = injection = outside = other = 0
    lengths: list[int] = []
    for text, place in documents:
        (verdict,) = evaluate(guardrail, "INPUT", [Block(text, frozenset(), "DOCUMENT")], Limits()).verdicts
        if verdict.failed:
            raise RuntimeError(f"the filter failed: {verdict.failed}")
        if not verdict.passages:
            continue
        marked = {at for each in verdict.passages for at in range(each.span.start, each.span.end)}
        own = len(marked & set(range(place.start, place.end)))
        detected += 1
        hit += own > 0
        inside += own
        outside += len(marked) - own
        injection += place.end - place.start
        other += len(text) - (place.end - place.start)
        lengths += [each.span.end - each.span.start for each in verdict.passages]
    lengths.sort()
    return Figures(
        name,
        len(documents),
        detected,
        hit,
        inside / max(injection, 1),
        outside / max(other, 1),
        lengths[len(lengths) // 2] if lengths else 0,
    )


def table(figures: Sequence[Figures]) -> list[str]:
    """Return the figures as lines of Markdown."""
    lines = [
        "| scorer | documents | detected by score | a passage hits it | injections in passages | other text in passages | median passage |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {each.scorer} | {each.documents} | {each.detected} | {each.hit} ({100 * each.hit / max(each.detected, 1):.0f} %) | "
        f"{100 * each.covered:.0f} % | {100 * each.taken_along:.1f} % | {each.median} characters |"
        for each in figures
    ]
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=Path, required=True, help="folder with MANIFEST.json")
    parser.add_argument("--each", type=int, default=200, help="documents at most")
    parser.add_argument("--scorers", nargs="+", default=list(SCORERS), choices=SCORERS)
    parser.add_argument("--page", type=Path, help="put the table into this page, between its marks")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    documents = injected(read(options.datasets, manifest(options.datasets)[SOURCE], training=False))
    random.Random(SEED).shuffle(documents)
    figures = [measure(name, SCORERS[name](), documents[: options.each]) for name in options.scorers]
    lines = table(figures)
    if options.page:
        options.page.write_text(put(options.page.read_text("utf-8"), lines, MARK), "utf-8")
    print(json.dumps([vars(each) for each in figures]) if options.json else "\n".join(lines))


if __name__ == "__main__":
    main()
