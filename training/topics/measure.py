"""What the matcher does on topics and texts that nothing was fitted on, beside the lexical scorer."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ringwall.watch import lexical
from ringwall.watch.topics import compile_topic, raw_score
from training.content import corpus
from training.content.measure import auroc, interval
from training.lexical import measure_topics
from training.topics import pairs
from training.topics.fit import highest, prepared, table
from training.topics.pairs import MOST_CHARACTERS, Pair
from training.topics.reading import Reader

CALIBRATE = ("arena_hard", "writingbench_en")
CHECK = ("ifeval", "nq_open", "notinject")
DRAWN = 300
RATE = 0.01  # of harmless texts that a topic may flag where its threshold is set, on average; some of them are about it
CLOSE = {  # topics that many texts of a source are about, so that they say nothing of its false alarms
    "Programming": ("arena_hard", "ifeval", "notinject"),
    "Shell commands": ("arena_hard", "notinject"),
}

Score = Callable[[Pair, tuple[str, ...]], np.ndarray]


def ten(datasets: Path, seed: int = 1) -> list[Pair]:
    """Return the topics of training/lexical/topics.toml with their texts, drawn as the lexical scorer's figures draw them."""
    pools = measure_topics.texts(datasets)
    rng = random.Random(f"topics/{seed}")
    drawn = {name: rng.sample(pool, min(measure_topics.MOST_POSITIVE, len(pool))) for name, pool in sorted(pools.items())}
    out = []
    for topic in measure_topics.topics():
        skipped = {*topic["positive"], *topic["near"]}
        about = [text for name in topic["positive"] for text in drawn[name]]
        unrelated = [
            text
            for name, pool in drawn.items()
            if name not in skipped
            for text in pool[: 20 if "/" in name else measure_topics.MOST_NEGATIVE]
        ]
        cut = [tuple(text[:MOST_CHARACTERS] for text in part) for part in (about, unrelated)]
        out.append(Pair(pairs.asked(topic), *cut))
    return out


def harmless(datasets: Path, names: tuple[str, ...], seed: int = 1) -> dict[str, tuple[str, ...]]:
    """Return drawn texts of sources that nobody trained on, as far as one window of a guardrail reads them."""
    entries = corpus.manifest(datasets)
    out = {}
    for name in names:
        rows = corpus.read(datasets, entries[name], training=False)
        chosen = random.Random(f"topics/harmless/{seed}/{name}").sample(rows, min(DRAWN, len(rows)))
        out[name] = tuple(row.text[:MOST_CHARACTERS] for row in chosen)
    return out


def by_meaning(bank: np.ndarray, reader: Reader, weights: np.ndarray, bias: float) -> Score:
    """Return the matcher's margins of texts."""

    def margins(pair: Pair, texts: tuple[str, ...]) -> np.ndarray:
        found = table(texts, prepared(pair.topic, bank, reader), bank, reader)
        return highest(found.values @ weights + bias, found.owner, len(texts))

    return margins


def by_words(pair: Pair, texts: tuple[str, ...]) -> np.ndarray:
    """Return the lexical scorer's raw scores of texts."""
    topic = compile_topic(*pair.topic)
    return np.array([raw_score(text, topic) for text in texts])


def lexical_cut() -> float:
    """Return the raw score that is the lexical scorer's threshold."""
    return lexical.parameters().topic_cut


def cut_of(score: Score, topics: list[Pair], sources: dict[str, tuple[str, ...]]) -> float:
    """Return the margin that `RATE` of the texts exceed, on average over topics and sources."""
    found = [np.sort(score(pair, texts))[::-1] for pair in topics for name, texts in sources.items() if name not in _close(pair)]
    low, high = -20.0, 20.0
    for _ in range(40):
        middle = (low + high) / 2
        if np.mean([(margins >= middle).mean() for margins in found]) > RATE:
            low = middle
        else:
            high = middle
    return round(high, 4)


def _close(pair: Pair) -> tuple[str, ...]:
    return CLOSE.get(pair.topic.name, ())


def report(score: Score, topics: list[Pair], cut: float, sources: dict[str, tuple[str, ...]]) -> dict:
    """Return per topic AUROC, recall at the cut, and what share of unrelated and of harmless texts is flagged."""
    rng = np.random.default_rng(1)
    out, every = {}, []
    for pair in topics:
        about, unrelated = score(pair, pair.about), score(pair, pair.unrelated)
        flagged = {name: (score(pair, texts) >= cut) for name, texts in sources.items() if name not in _close(pair)}
        every.append(flagged)
        out[pair.topic.name] = {
            "texts": len(about),
            "unrelated": len(unrelated),
            "auroc": round(auroc(about, unrelated), 3),
            "auroc_interval": interval(about, unrelated, auroc, rng),
            "recall": round(float((about >= cut).mean()), 3),
            "unrelated_flagged": round(float((unrelated >= cut).mean()), 4),
            "harmless_flagged": round(float(np.mean([flags.mean() for flags in flagged.values()])), 4) if flagged else None,
        }
    means = {key: _mean([figure[key] for figure in out.values()]) for key in ("auroc", "recall", "unrelated_flagged", "harmless_flagged")}
    by_source = {name: round(float(np.mean([flags[name].mean() for flags in every if name in flags])), 4) for name in sources}
    means["auroc_interval"] = _interval([figure["auroc"] for figure in out.values()], rng)
    return {"mean": means, "harmless": by_source, "topics": out}


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(float(np.mean(known)), 4) if known else None


def _interval(values: list[float], rng: np.random.Generator) -> list[float]:
    """Return the 95 % bootstrap interval of a mean over topics."""
    means = np.array(values)[rng.integers(len(values), size=(2_000, len(values)))].mean(1)
    return [round(float(value), 3) for value in np.quantile(means, (0.025, 0.975))]
