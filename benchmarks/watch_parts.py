"""What the watch room's scorers cost: the content model in both interpreters, one topic, one grounding check.

Run: python benchmarks/watch_parts.py [--json]
Figures are thread CPU time in milliseconds per 1,000 characters: the fastest of twenty repetitions per text, the median over
texts. Growth goes up to the longest window.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable

from ringwall.watch import LexicalGroundingScorer, LexicalTopicScorer, LinearContentScorer, load_content_scorer
from ringwall.watch.features import MAX_CHARACTERS

NOUNS = (
    "river",
    "engine",
    "summer",
    "garden",
    "team",
    "budget",
    "orange",
    "music",
    "market",
    "future",
    "city",
    "coffee",
    "bridge",
    "contract",
)
VERBS = ("moves", "changes", "asks", "writes", "brings", "keeps", "opens", "counts", "follows", "finds", "sells", "paints")
TEXTS = 30
REPEATS = 20


def prose(characters: int, seed: int) -> str:
    """Return made-up sentences of the given length."""
    rng = random.Random(seed)
    out = ""
    while len(out) < characters:
        first, second, third = rng.sample(NOUNS, 3)
        out += f"The {first} {rng.choice(VERBS)} a {second}{rng.randrange(1000)} and the {third}, {rng.choice(VERBS)} it. "
    return out[:characters]


def cost(work: Callable[[], object]) -> float:
    """Return the fastest run's thread CPU time in milliseconds."""
    best = float("inf")
    for _ in range(REPEATS):
        started = time.thread_time_ns()
        work()
        best = min(best, (time.thread_time_ns() - started) / 1e6)
    return best


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    texts = [prose(1_000, seed) for seed in range(TEXTS)]
    scorers: dict[str, LinearContentScorer] = {"python": load_content_scorer(interpreter="python")}
    if load_content_scorer().interpreter == "c":
        scorers["c"] = load_content_scorer(interpreter="c")
    figures: dict[str, float] = {}
    for name, scorer in scorers.items():
        figures[f"content, {name}"] = statistics.median(cost(lambda text=text, scorer=scorer: scorer.score(text)) for text in texts)
    topics = LexicalTopicScorer()
    topic = {
        "name": "Investment advice",
        "definition": "Stocks, funds and how to invest money.",
        "examples": ("Which shares should I buy?",),
    }
    figures["one topic"] = statistics.median(cost(lambda text=text: topics.score(text, **topic)) for text in texts)
    grounding = LexicalGroundingScorer()
    figures["grounding, 200 characters against 1,000"] = statistics.median(
        cost(lambda text=text: grounding.grounding(source=text, answer=text[300:500])) for text in texts
    )
    fastest = scorers.get("c", scorers["python"])
    long_texts = {size: prose(size, 1) for size in (1_000, 4_000, 16_000, MAX_CHARACTERS)}
    growth = {size: cost(lambda text=text: fastest.score(text)) * 1_000 / size for size, text in long_texts.items()}
    if options.json:
        print(json.dumps({"ms_per_1000_characters": figures, "growth": growth}))
        return
    for name, value in figures.items():
        print(f"{name:42s} {value:8.4f} ms per 1,000 characters")
    if "c" in scorers:
        print(f"{'python / c':42s} {figures['content, python'] / figures['content, c']:8.1f} x")
    print("growth, ms per 1,000 characters:", ", ".join(f"{size}: {value:.4f}" for size, value in growth.items()))


if __name__ == "__main__":
    main()
