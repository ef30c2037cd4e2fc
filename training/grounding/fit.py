"""Fine-tune one body with two outputs: a claim follows from a passage, an answer answers a query. The word embeddings stay as they ship."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ringwall.watch.claims import Passages, cut
from ringwall.watch.encoder import WordPiece, WordTable
from ringwall.watch.pairs import PairInput, answer_windows, claim_input, relevance_input
from training.encoder.body import LAYERS, WIDTH, Body, mean_of
from training.encoder.epoch import learn, straight
from training.encoder.graph import INPUTS, Graph, encoded, mean
from training.encoder.pretrained import Base
from training.grounding.examples import GROUNDED, Pair

HEADS = 2


@dataclass(frozen=True)
class Settings:
    """What the fine-tuning depends on besides the data."""

    rate: float = 8e-5
    head_rate: float = 5e-4
    warm: float = 0.06
    decay: float = 0.01
    dropout: float = 0.1
    batch_pieces: int = 3_072
    layers: int = LAYERS
    frozen: int = 2  # lowest layers that stay as they are in the base model
    seed: int = 1


@dataclass(frozen=True)
class Encoded:
    """One input as the model reads it, with its target."""

    input: PairInput
    head: int
    target: float
    weight: float


class GroundingModel(nn.Module):
    """A body, the mean of its states beside the first one's, and one logit per output."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Linear(2 * WIDTH, HEADS)

    def forward(self, words: Tensor, mask: Tensor, segments: Tensor) -> Tensor:
        """Return logits, (batch, outputs)."""
        states = self.body(words, mask, segments)
        pooled = torch.cat((mean_of(states, mask), states[:, 0]), -1)
        return self.head(functional.dropout(pooled, self.body.dropout, self.training))

    def onnx(self) -> bytes:
        """Return the file that ships."""
        graph = Graph()
        states = encoded(graph, self.body)
        first = graph.add("Gather", states, graph.constant(np.array(0, np.int64)), axis=1)
        pooled = graph.add("Concat", mean(graph, states), first, axis=-1)
        logits = graph.linear(pooled, self.head.weight.detach().numpy(), self.head.bias.detach().numpy())
        return graph.bytes(INPUTS, {"logits": (logits, ["batch", HEADS])})


def encode(pieces: WordPiece, pairs: Sequence[Pair]) -> list[Encoded]:
    """Make the inputs by the code that makes them at run time."""
    kept: dict[str, Passages] = {}
    out = []
    for pair in pairs:
        if pair.head != GROUNDED:
            first = answer_windows(pieces, pair.claim)[0]
            out.append(Encoded(relevance_input(pieces, pieces.pieces(pair.query).ids, first), pair.head, pair.target, pair.weight))
            continue
        if pair.context not in kept:
            kept[pair.context] = Passages(pair.context, pieces)
        claim, query = pieces.pieces(pair.claim).ids, pieces.pieces(pair.query).ids
        stems = frozenset().union(*(sentence.stems for sentence in cut(pair.claim, pieces)))
        passages = kept[pair.context].about(stems)
        if passages:
            out.append(Encoded(claim_input(pieces, passages[0], query, claim), pair.head, pair.target, pair.weight))
    return out


def fine_tune(base: Base, table: WordTable, pad: int, examples: Sequence[Encoded], settings: Settings) -> GroundingModel:
    """Train for one epoch."""
    torch.manual_seed(settings.seed)
    model = GroundingModel(base.body(settings.layers, settings.dropout))
    embeddings = torch.from_numpy(table.vectors(np.arange(table.rows)))
    batches = _batches(examples, settings)
    for layer in model.body.layers[: settings.frozen]:
        layer.requires_grad_(requires_grad=False)
    if settings.frozen:
        for part in (model.body.positions, model.body.segments, model.body.entered):
            part.requires_grad_(requires_grad=False)
    learn(model, batches, lambda batch: _loss(model, embeddings, pad, batch), settings, straight)
    return model


def _batches(examples: Sequence[Encoded], settings: Settings) -> list[list[Encoded]]:
    """Group inputs of like length, so that little is padding, and shuffle the groups."""
    rng = random.Random(settings.seed)
    order = sorted(range(len(examples)), key=lambda i: (len(examples[i].input.ids) // 6, rng.random()))
    out: list[list[Encoded]] = [[]]
    longest = 0
    for index in order:
        longest = max(longest, len(examples[index].input.ids))
        if out[-1] and (len(out[-1]) + 1) * longest > settings.batch_pieces:
            out.append([])
            longest = len(examples[index].input.ids)
        out[-1].append(examples[index])
    rng.shuffle(out)
    return out


def _loss(model: GroundingModel, embeddings: Tensor, pad: int, batch: Sequence[Encoded]) -> Tensor:
    longest = max(len(one.input.ids) for one in batch)
    ids = torch.tensor([[*one.input.ids, *[pad] * (longest - len(one.input.ids))] for one in batch])
    mask = torch.tensor([[1.0] * len(one.input.ids) + [0.0] * (longest - len(one.input.ids)) for one in batch])
    segments = torch.tensor([[*one.input.segments, *[0] * (longest - len(one.input.ids))] for one in batch])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(embeddings[ids], mask, segments)
    chosen = logits.float()[torch.arange(len(batch)), torch.tensor([one.head for one in batch])]
    target = torch.tensor([one.target for one in batch])
    weight = torch.tensor([one.weight for one in batch])
    losses = functional.binary_cross_entropy_with_logits(chosen, target * 0.96 + 0.02, reduction="none")
    return (losses * weight).sum() / weight.sum()
