"""Fit the matcher: a logistic regression over likenesses, every topic counting the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ringwall.guardrails.ports import AskedTopic
from ringwall.watch import topics
from ringwall.watch.topic_matcher import FEATURES, Read, Topic, compiled, features, likeness, packed, unpacked
from training.topics.pairs import Pair
from training.topics.reading import Reader

PENALTY = 1e-3
NEAR = 0.5
RISING = frozenset(FEATURES) - {"common", "length"}  # what may only speak for a topic, so that more likeness never lowers a score


@dataclass(frozen=True)
class Table:
    """Features of units, with the text and the topic that each belongs to."""

    values: np.ndarray
    owner: np.ndarray


def bank_of(pairs: list[Pair], reader: Reader) -> tuple[np.ndarray, str]:
    """Return the bank of statements, rounded as it ships, and packed."""
    said = [statement for pair in pairs for statement in (f"{pair.topic.name}: {pair.topic.definition}", *pair.topic.examples)]
    data = packed(np.stack([reader.encoder.of(statement) for statement in said]))
    return unpacked(data, len(said)), data


def prepared(topic: AskedTopic, bank: np.ndarray, reader: Reader) -> Topic:
    """Prepare a topic as the matcher does."""
    said = [topic.name, f"{topic.name}: {topic.definition}", *topic.examples]
    return compiled(said, topics.compile_topic(*topic), reader.encoder, bank, NEAR)


def table(texts: tuple[str, ...] | list[str], topic: Topic, bank: np.ndarray, reader: Reader) -> Table:
    """Return the features of every unit of some texts; a text without a word has none."""
    owned = [(unit, at) for at, text in enumerate(texts) for unit in reader.units(text)]
    units = [unit for unit, _ in owned]
    vectors = reader.vectors(units)
    read = Read(units, vectors, likeness(vectors, bank), [reader.stems(unit) for unit in units])
    return Table(features(topic, read), np.array([at for _, at in owned]))


def highest(margins: np.ndarray, owner: np.ndarray, texts: int) -> np.ndarray:
    """Return the highest margin of each text."""
    out = np.full(texts, -30.0)
    np.maximum.at(out, owner, margins)
    return out


def fit(tables: list[tuple[Table, Table]], rounds: int = 3) -> tuple[np.ndarray, float]:
    """Return weights and bias; of a text about a topic only the unit that fits best counts, found anew in each round."""
    weights, bias = np.array([float(name == "closest") for name in FEATURES]), 0.0
    for _ in range(rounds):
        values, target, share = [], [], []
        for about, unrelated in tables:
            best = _best(about, about.values @ weights)
            values += [about.values[best], unrelated.values]
            target += [np.ones(len(best)), -np.ones(len(unrelated.values))]
            share += [np.full(len(best), 0.5 / len(best)), np.full(len(unrelated.values), 0.5 / len(unrelated.values))]
        weights, bias = _bounded(np.concatenate(values), np.concatenate(target), np.concatenate(share) / len(tables))
    return weights, bias


def _best(about: Table, margins: np.ndarray) -> np.ndarray:
    order = np.lexsort((-margins, about.owner))
    first = np.unique(about.owner[order], return_index=True)[1]
    return order[first]


def _bounded(values: np.ndarray, target: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, float]:
    from scipy.optimize import minimize  # whoever only measures needs no scipy

    scale = values.std(0) + 1e-9
    scaled = values / scale

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        margin = target * (scaled @ point[:-1] + point[-1])
        pull = -target * share / (1 + np.exp(margin))
        gradient = np.append(scaled.T @ pull + PENALTY * point[:-1], pull.sum())
        return float(share @ np.logaddexp(0, -margin)) + PENALTY / 2 * float(point[:-1] @ point[:-1]), gradient

    bounds = [(0, None) if name in RISING else (None, None) for name in FEATURES]
    found = minimize(loss, np.zeros(len(FEATURES) + 1), jac=True, bounds=[*bounds, (None, None)], method="L-BFGS-B")
    return found.x[:-1] / scale, float(found.x[-1])
