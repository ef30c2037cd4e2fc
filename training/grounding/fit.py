"""Train the network that says from the features of a claim's pieces how far the claim follows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ringwall.watch.alignment import FEATURES, Network
from training.grounding.features import Answer


@dataclass(frozen=True)
class Settings:
    """What the training depends on besides the answers."""

    hidden: int = 32
    gathered: int = 24
    dropout: float = 0.2
    rate: float = 3e-3
    decay: float = 0.02
    batch: int = 128  # answers
    epochs: int = 14
    seed: int = 1


class Alignment(nn.Module):
    """A layer a piece, attention, mean and maximum over pieces, a layer over these: `ringwall.watch.alignment.Network` while it learns."""

    def __init__(self, centre: Tensor, scale: Tensor, settings: Settings) -> None:
        super().__init__()
        self.centre, self.scale, self.dropout = centre, scale, settings.dropout
        self.piece = nn.Linear(len(FEATURES), settings.hidden)
        self.attend = nn.Linear(settings.hidden, 1, bias=False)
        self.gathered = nn.Linear(3 * settings.hidden, settings.gathered)
        self.out = nn.Linear(settings.gathered, 1)

    def forward(self, rows: Tensor, mask: Tensor) -> Tensor:
        """Return a logit a claim; rows (claims, pieces, features), mask (claims, pieces)."""
        hidden = functional.relu(self.piece((rows - self.centre) * self.scale))
        attention = self.attend(hidden).masked_fill(~mask[..., None], -1e9).softmax(1)
        kept = hidden * mask[..., None]
        pooled = torch.cat(((hidden * attention).sum(1), kept.sum(1) / mask.sum(1, keepdim=True), kept.max(1).values), -1)
        pooled = functional.dropout(pooled, self.dropout, self.training)
        return self.out(functional.relu(self.gathered(pooled)))[:, 0]

    def shipped(self) -> Network:
        """Return the weights as they ship, rounded to five digits."""

        def listed(part: Tensor) -> list:
            return [listed(one) for one in part] if part.ndim else round(float(part), 5)  # type: ignore[return-value]

        return Network(
            centre=listed(self.centre),
            scale=listed(self.scale),
            piece=listed(self.piece.weight.T),
            piece_bias=listed(self.piece.bias),
            attend=listed(self.attend.weight[0]),
            gathered=listed(self.gathered.weight.T),
            gathered_bias=listed(self.gathered.bias),
            out=listed(self.out.weight[0]),
            out_bias=listed(self.out.bias[0]),
        )


def train(answers: Sequence[Answer], settings: Settings) -> Network:
    """Train on answers, each as grounded as the claim that follows least."""
    torch.manual_seed(settings.seed)
    rows = [[laid.rows for laid in answer.laid if laid.rows is not None] for answer in answers]
    used = [(found, answer) for found, answer in zip(rows, answers, strict=True) if found]
    every = np.concatenate([part for found, _ in used for part in found])
    centre, scale = torch.from_numpy(every.mean(0)), torch.from_numpy(1 / np.maximum(every.std(0), 0.05))
    model = Alignment(centre.round(decimals=5), scale.round(decimals=5), settings)
    optimiser = torch.optim.AdamW(model.parameters(), lr=settings.rate, weight_decay=settings.decay)
    steps = settings.epochs * (-(-len(used) // settings.batch))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.rate, total_steps=steps)
    rng = random.Random(settings.seed)
    for epoch in range(settings.epochs):
        rng.shuffle(used)
        total = 0.0
        for at in range(0, len(used), settings.batch):
            loss = _loss(model, used[at : at + settings.batch])
            loss.backward()
            optimiser.step()
            optimiser.zero_grad()
            schedule.step()
            total += float(loss.detach())
        print(f"  epoch {epoch + 1}: {total / -(-len(used) // settings.batch):.4f}", flush=True)
    return model.eval().shipped()


def _loss(model: Alignment, batch: Sequence[tuple[list[np.ndarray], Answer]]) -> Tensor:
    claims = [part for found, _ in batch for part in found]
    longest = max(map(len, claims))
    padded = np.zeros((len(claims), longest, len(FEATURES)), np.float32)
    mask = np.zeros((len(claims), longest), np.bool_)
    for index, part in enumerate(claims):
        padded[index, : len(part)], mask[index, : len(part)] = part, True
    logits = model(torch.from_numpy(padded), torch.from_numpy(mask))
    least = torch.stack([part.min() for part in logits.split([len(found) for found, _ in batch])])
    target = torch.tensor([answer.target for _, answer in batch])
    weight = torch.tensor([answer.weight for _, answer in batch])
    return (functional.binary_cross_entropy_with_logits(least, target, reduction="none") * weight).sum() / weight.sum()
