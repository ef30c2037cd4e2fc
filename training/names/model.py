"""Train the token classifier: a body of four layers and one linear map per piece, one pass over shuffled batches of like length."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ringwall.watch.encoder import Encoder, WordTable
from ringwall.watch.encoder.runs import runs
from ringwall.watch.names import LONGEST, STRIDE, capitalised
from training.encoder.body import WIDTH, Body
from training.encoder.epoch import cosine, learn
from training.encoder.graph import INPUTS, Graph, encoded
from training.encoder.pretrained import Base
from training.names.labelled import ANYTHING, LABELS, Text, targets

POSITIONS = LONGEST + 2  # all that a run needs of the base model's positions


@dataclass(frozen=True)
class Settings:
    """What the training depends on besides the data."""

    layers: int = 4
    rate: float = 1.2e-4
    head_rate: float = 1e-3
    warm: float = 0.06
    decay: float = 0.01
    dropout: float = 0.1
    batch_pieces: int = 2_048
    epochs: int = 1
    seed: int = 1


@dataclass(frozen=True)
class Item:
    """One run: ids, capitals, and which labels are right for each piece (as bits)."""

    ids: tuple[int, ...]
    capitals: tuple[int, ...]
    allowed: tuple[int, ...]


class NameTagger(nn.Module):
    """A body and one logit per label and piece."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        body.positions = nn.Embedding.from_pretrained(body.positions.weight[:POSITIONS].detach().clone(), freeze=False)
        self.body = body
        self.head = nn.Linear(WIDTH, len(LABELS))

    def forward(self, words: Tensor, mask: Tensor, capitals: Tensor) -> Tensor:
        """Return logits, (batch, pieces, labels)."""
        return self.head(functional.dropout(self.body(words, mask, capitals), self.body.dropout, self.training))

    def onnx(self) -> bytes:
        """Return the file that ships."""
        graph = Graph()
        logits = graph.linear(encoded(graph, self.body), self.head.weight.detach().numpy(), self.head.bias.detach().numpy())
        return graph.bytes(INPUTS, {"logits": (logits, ["batch", "tokens", len(LABELS)])})


def items_of(encoder: Encoder, texts: Sequence[Text]) -> list[Item]:
    """Cut texts into runs, as the finder does."""
    out = []
    for text in texts:
        pieces = encoder.pieces.pieces(text.text)
        capitals, allowed = capitalised(text.text, pieces), targets(text, pieces)
        for run in runs(encoder.pieces, pieces.ids, longest=LONGEST, stride=STRIDE):
            if run.last > run.first:
                part = slice(run.first, run.last)
                out.append(Item(tuple(run.ids), (0, *capitals[part], 0), (ANYTHING, *allowed[part], ANYTHING)))
    return out


def train(base: Base, table: WordTable, pad: int, items: Sequence[Item], settings: Settings) -> NameTagger:
    """Train."""
    torch.manual_seed(settings.seed)
    model = NameTagger(base.body(settings.layers, settings.dropout))
    embeddings = torch.from_numpy(table.vectors(np.arange(table.rows)))
    batches = [batch for epoch in range(settings.epochs) for batch in _batches(items, settings, epoch)]
    learn(model, batches, lambda batch: _loss(model, embeddings, pad, batch), settings, cosine)
    return model


def _batches(items: Sequence[Item], settings: Settings, epoch: int) -> list[list[Item]]:
    rng = random.Random(f"{settings.seed}/{epoch}")
    order = sorted(items, key=lambda item: (len(item.ids) // 4, rng.random()))
    out: list[list[Item]] = [[]]
    for item in order:
        if (len(out[-1]) + 1) * len(item.ids) > settings.batch_pieces:
            out.append([])
        out[-1].append(item)
    rng.shuffle(out)
    return out


_BITS = torch.tensor([1 << index for index in range(len(LABELS))])


def _loss(model: NameTagger, embeddings: Tensor, pad: int, batch: Sequence[Item]) -> Tensor:
    """Return the mean of -log(probability of the labels that are right) over the pieces of which something is known."""
    longest = max(len(item.ids) for item in batch)
    ids = torch.tensor([[*item.ids, *[pad] * (longest - len(item.ids))] for item in batch])
    capitals = torch.tensor([[*item.capitals, *[0] * (longest - len(item.ids))] for item in batch])
    allowed = torch.tensor([[*item.allowed, *[ANYTHING] * (longest - len(item.ids))] for item in batch])
    mask = torch.tensor([[1.0] * len(item.ids) + [0.0] * (longest - len(item.ids)) for item in batch])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(embeddings[ids], mask, capitals)
    known = allowed != ANYTHING
    chosen, right = logits.float()[known], (allowed[known].unsqueeze(-1) & _BITS) != 0
    chances = functional.log_softmax(chosen, -1)
    return -chances.masked_fill(~right, float("-inf")).logsumexp(-1).mean()
