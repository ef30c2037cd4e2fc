"""Fine-tune the body of the content encoder: nine heads over runs of pieces, one epoch, the word embeddings frozen as they are shipped.

A window is a bag of runs. The highest logit of its runs is the window's; of a harmless window every run is harmless.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ringwall.watch.encoder import WordPiece, WordTable
from ringwall.watch.encoder.runs import runs
from training.content.kinds import LONGEST, OUTPUTS, STRIDE
from training.encoder.body import WIDTH, Body, mean_of
from training.encoder.epoch import cosine, learn
from training.encoder.graph import INPUTS, Graph, encoded, mean
from training.encoder.pretrained import Base


@dataclass(frozen=True)
class Settings:
    """What the fine-tuning depends on besides the data."""

    rate: float = 4e-5
    head_rate: float = 4e-4
    warm: float = 0.06
    decay: float = 0.01
    dropout: float = 0.1
    batch_pieces: int = 2_048
    positive_share: float = 0.25  # of the total weight of a head, at least
    layers: int = 6
    seed: int = 1


@dataclass(frozen=True)
class Bag:
    """One window: its runs, and a target and a weight per output (weight 0: not judged)."""

    runs: tuple[tuple[int, ...], ...]
    target: tuple[int, ...]
    weight: tuple[float, ...]


class ContentEncoder(nn.Module):
    """A body, the mean of its states, a hidden layer and one logit per output."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Linear(WIDTH, len(OUTPUTS))

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        """Return logits, (batch, outputs)."""
        states = self.body(words, mask, torch.zeros(mask.shape, dtype=torch.long))
        return self.head(functional.dropout(mean_of(states, mask), self.body.dropout, self.training))

    def onnx(self) -> bytes:
        """Return the file that ships."""
        graph = Graph()
        logits = graph.linear(mean(graph, encoded(graph, self.body)), self.head.weight.detach().numpy(), self.head.bias.detach().numpy())
        return graph.bytes(INPUTS, {"logits": (logits, ["batch", len(OUTPUTS)])})


def bag_of(pieces: WordPiece, text: str, target: tuple[int, ...], weight: tuple[float, ...]) -> Bag:
    """Cut one window into runs, as the scorer does."""
    cut = runs(pieces, pieces.pieces(text).ids, longest=LONGEST, stride=STRIDE)
    return Bag(tuple(tuple(run.ids) for run in cut), target, weight)


def begun(base: Base, settings: Settings) -> ContentEncoder:
    """Return an encoder that starts from the base model."""
    torch.manual_seed(settings.seed)
    return ContentEncoder(base.body(settings.layers, settings.dropout))


def mean_of_models(models: Sequence[ContentEncoder]) -> ContentEncoder:
    """Return the first model with the mean of the weights of all; they began alike, so that the mean is a model as well."""
    states = [model.state_dict() for model in models]
    models[0].load_state_dict({name: sum(state[name] for state in states) / len(states) for name in states[0]})
    return models[0]


def fine_tune(model: ContentEncoder, table: WordTable, pad: int, bags: Sequence[Bag], settings: Settings) -> ContentEncoder:
    """Train for one epoch."""
    torch.manual_seed(settings.seed)
    embeddings = torch.from_numpy(table.vectors(np.arange(table.rows)))
    boost = _boosts(bags, settings.positive_share)
    batches = _batches(bags, settings)
    learn(model, batches, lambda batch: _loss(model, embeddings, pad, batch, boost), settings, cosine)
    return model


def _boosts(bags: Sequence[Bag], share: float) -> Tensor:
    """Return what a positive counts per output, so that positives hold at least `share` of the total weight."""
    target = np.array([bag.target for bag in bags], np.float32)
    weight = np.array([bag.weight for bag in bags], np.float32)
    positive, negative = (target * weight).sum(0), ((1 - target) * weight).sum(0)
    wanted = share / (1 - share) * negative / np.maximum(positive, 1.0)
    return torch.from_numpy(np.clip(wanted, 1.0, 20.0))


def _batches(bags: Sequence[Bag], settings: Settings) -> list[list[Bag]]:
    """Group bags of like length, so that little is padding, and shuffle the groups."""
    rng = random.Random(settings.seed)
    order = sorted(range(len(bags)), key=lambda i: (max(map(len, bags[i].runs)) // 8, rng.random()))
    out: list[list[Bag]] = [[]]
    size = longest = 0
    for index in order:
        bag = bags[index]
        longest = max(longest, *map(len, bag.runs))
        size += len(bag.runs)
        if out[-1] and size * longest > settings.batch_pieces:
            out.append([])
            size, longest = len(bag.runs), max(map(len, bag.runs))
        out[-1].append(bag)
    rng.shuffle(out)
    return out


def _loss(model: ContentEncoder, embeddings: Tensor, pad: int, batch: Sequence[Bag], boost: Tensor) -> Tensor:
    texts = [run for bag in batch for run in bag.runs]
    longest = max(map(len, texts))
    ids = torch.tensor([[*run, *[pad] * (longest - len(run))] for run in texts])
    mask = torch.tensor([[1.0] * len(run) + [0.0] * (longest - len(run)) for run in texts])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(embeddings[ids], mask)
    highest = torch.stack([part.max(0).values for part in logits.float().split([len(bag.runs) for bag in batch])])
    target = torch.tensor([bag.target for bag in batch], dtype=torch.float32)
    weight = torch.tensor([bag.weight for bag in batch]) * torch.where(target > 0, boost, torch.ones(()))
    losses = functional.binary_cross_entropy_with_logits(highest, target, reduction="none")
    return (losses * weight).sum() / weight.sum().clamp(min=1.0) * len(OUTPUTS)
