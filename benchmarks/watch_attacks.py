"""How many detected texts stay detected when somebody changes words or letters until they are not: robust accuracy of the content filters.

Run: python -m benchmarks.watch_attacks --datasets FOLDER [--each 60] [--budget 200] [--scorers linear cascade] [--page FILE] [--json]
Texts are positives of the validation sources, which nothing was trained on: the first, in a seeded order, that are detected at LOW. They
are attacked one by one (`attack_moves.py`) through a whole guardrail with one filter: what is folded or decoded is read, and rules count. A
text counts for a confidence level if it reached the level before the attack, and is robust if what the attack made of it still does.
Intervals are Wilson's, 95 %. A second table changes every word of the same texts in one way.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.attack_moves import EVERY_WORD, Attacked, Characters, Words, all_changed, attack
from ringwall.guardrails import Block, ContentScorer, Guardrail, Scorers, compile_guardrail, evaluate, parse_config
from ringwall.vocabulary import Limits
from ringwall.watch import load_content_scorer
from ringwall.watch.cascade import load_cascade_scorer
from training.content.corpus import manifest, read
from training.content.sources import HEADS, MEASURE

SHORTEST, LONGEST = 20, 800
LEVELS = ("LOW", "MEDIUM", "HIGH")
SEED = 20261122
MARK = "watch-attacks"
SCORERS: dict[str, Callable[[], ContentScorer]] = {"linear": load_content_scorer, "cascade": load_cascade_scorer}


@dataclass(frozen=True)
class Figures:
    """What was measured of one scorer, category and attack, per confidence level: texts that reached it, and that still do."""

    scorer: str
    category: str
    attack: str
    reached: tuple[int, ...]
    robust: tuple[int, ...]
    asked: float


class Target:
    """One filter of a guardrail, as an attacker sees it: a score per text."""

    def __init__(self, category: str, scorer: ContentScorer) -> None:
        """Compile a guardrail with one filter."""
        self._guardrail: Guardrail = compile_guardrail(parse_config(filter_policy(category)), Scorers(content=scorer))
        self.thresholds = scorer.thresholds[category]

    def score(self, text: str) -> float:
        """Return the filter's score; 1 where a rule fired, whose confidence is HIGH."""
        (verdict,) = evaluate(self._guardrail, "INPUT", [Block(text)], Limits()).verdicts
        if verdict.failed:
            raise RuntimeError(f"the filter failed: {verdict.failed}")
        return 1.0 if verdict.hits else verdict.score or 0.0


def filter_policy(category: str) -> dict[str, object]:
    """Return a policy with one filter, of strength HIGH."""
    filter_ = {"type": category, "inputStrength": "HIGH", "outputStrength": "NONE"}
    return {
        "name": "attacked",
        "blockedInputMessaging": "no",
        "blockedOutputsMessaging": "no",
        "contentPolicyConfig": {"filtersConfig": [filter_]},
    }


def positives(datasets: Path, category: str) -> list[str]:
    """Return texts of a category in a seeded order, the validation sources in turn as long as they last."""
    entries = manifest(datasets)
    rng = random.Random(f"{SEED}/{category}")
    pools = []
    for name in MEASURE:
        texts = [row.text for row in read(datasets, entries[name], training=False) if category in row.labels]
        texts = [text for text in dict.fromkeys(texts) if SHORTEST <= len(text) <= LONGEST]
        rng.shuffle(texts)
        pools.append(texts)
    drawn: list[str] = []
    while any(pools):
        drawn += [pool.pop() for pool in pools if pool]
    return drawn


@dataclass(frozen=True)
class Disguised:
    """How many detected texts are still detected at LOW when all their words are changed in one way, by the way's name."""

    scorer: str
    category: str
    texts: int
    detected: dict[str, int]


def detected_texts(target: Target, texts: Sequence[str], each: int) -> list[str]:
    """Return the first `each` texts that reach LOW."""
    return list(itertools.islice((text for text in texts if target.score(text) >= target.thresholds[0]), each))


def disguise(name: str, category: str, target: Target, detected: Sequence[str]) -> Disguised:
    """Change all words of each text in every way."""
    still = {
        way: sum(target.score(all_changed(text, change)) >= target.thresholds[0] for text in detected) for way, change in EVERY_WORD.items()
    }
    return Disguised(name, category, len(detected), still)


def measure(name: str, category: str, target: Target, detected: Sequence[str], budget: int) -> list[Figures]:
    """Attack texts with both attacks."""
    found = []
    for moves in (Words(), Characters()):
        done = [
            attack(
                text, target.score, moves, budget=budget, rng=random.Random(f"{SEED}/{moves.name}/{text}"), stop_below=target.thresholds[0]
            )
            for text in detected
        ]
        found.append(_figures(name, category, moves.name, target.thresholds, done))
    return found


def _figures(scorer: str, category: str, moves: str, thresholds: Sequence[float], done: Sequence[Attacked]) -> Figures:
    reached = [[each for each in done if each.before >= threshold] for threshold in thresholds]
    robust = [sum(each.after >= threshold for each in some) for some, threshold in zip(reached, thresholds, strict=True)]
    asked = sum(each.asked for each in done) / max(len(done), 1)
    return Figures(scorer, category, moves, tuple(map(len, reached)), tuple(robust), asked)


def disguises_table(disguised: Sequence[Disguised]) -> list[str]:
    """Return what is left of detected texts when all their words are changed in one way, as lines of Markdown."""
    lines = [
        "The same texts with every word changed in one way, nothing asked: how many of 100 are still detected at LOW.",
        "",
        f"| scorer | category | texts | {' | '.join(EVERY_WORD)} |",
        "|---|---|---|" + "---|" * len(EVERY_WORD),
    ]
    for each in disguised:
        cells = (f"{100 * still / each.texts:.0f}" if each.texts else "no text" for still in each.detected.values())
        lines.append(f"| {each.scorer} | {each.category} | {each.texts} | {' | '.join(cells)} |")
    return lines


def put(page: str, lines: Sequence[str], mark: str = MARK) -> str:
    """Return a page with the table between its marks.

    Raises:
        ValueError: the page has no marks.
    """
    before, opened, rest = page.partition(f"<!-- {mark} -->\n")
    _, closed, after = rest.partition(f"<!-- /{mark} -->")
    if not (opened and closed):
        raise ValueError(f"the page has no `<!-- {mark} -->` and `<!-- /{mark} -->`")
    return "".join((before, opened, *(f"{line}\n" for line in lines), closed, after))


def wilson(successes: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    if count == 0:
        return 0.0, 1.0
    z = 1.959964
    share = successes / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def table(figures: Sequence[Figures], texts: int, budget: int) -> list[str]:
    """Return the figures as lines of Markdown."""
    lines = [
        f"{texts} texts a category at most, {budget} questions a text. Robust of those that reached the level before, with 95 % intervals.",
        "",
        "| scorer | category | attack | " + " | ".join(f"robust at {level}" for level in LEVELS) + " | questions a text |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in figures:
        cells = [_cell(robust, reached) for robust, reached in zip(each.robust, each.reached, strict=True)]
        lines.append(f"| {each.scorer} | {each.category} | {each.attack} | {' | '.join(cells)} | {each.asked:.0f} |")
    return lines


def _cell(robust: int, reached: int) -> str:
    if not reached:
        return "no text"
    low, high = wilson(robust, reached)
    return f"{robust}/{reached} ({low:.2f}-{high:.2f})"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=Path, required=True, help="folder with MANIFEST.json")
    parser.add_argument("--each", type=int, default=60, help="texts a category")
    parser.add_argument("--budget", type=int, default=200, help="questions a text")
    parser.add_argument("--categories", nargs="+", default=list(HEADS), choices=HEADS)
    parser.add_argument("--scorers", nargs="+", default=list(SCORERS), choices=SCORERS)
    parser.add_argument("--page", type=Path, help="put the table into this page, between its marks")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    figures: list[Figures] = []
    disguised: list[Disguised] = []
    for name in options.scorers:
        scorer = SCORERS[name]()
        for category in options.categories:
            started = time.perf_counter()
            target = Target(category, scorer)
            detected = detected_texts(target, positives(options.datasets, category), options.each)
            figures += measure(name, category, target, detected, options.budget)
            disguised.append(disguise(name, category, target, detected))
            print(f"{name} {category}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    lines = [*table(figures, options.each, options.budget), "", *disguises_table(disguised)]
    if options.page:
        options.page.write_text(put(options.page.read_text("utf-8"), lines), "utf-8")
    if options.json:
        print(json.dumps({"attacks": [vars(each) for each in figures], "disguises": [vars(each) for each in disguised]}))
    else:
        print("\n".join(lines))


if __name__ == "__main__":
    main()
