"""One pass over batches: what every fine-tuning of a body does, whatever its loss."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import torch
from torch import Tensor, nn

Batch = TypeVar("Batch")
REPORTED = 100  # batches between two lines of progress


class Rates(Protocol):
    """What a pass depends on besides its batches: learning rates of body and head, the share of the pass that warms up, weight decay."""

    rate: float
    head_rate: float
    warm: float
    decay: float


def cosine(done: float, warm: float) -> float:
    """Return the share of the learning rate after a share of the pass: up in a line, down in half a wave."""
    return done / warm if done < warm else 0.5 * (1 + math.cos(math.pi * (done - warm) / (1 - warm)))


def straight(done: float, warm: float) -> float:
    """Return the share of the learning rate after a share of the pass: up in a line, down in a line to a fiftieth."""
    return done / warm if done < warm else max(0.02, 1 - (done - warm) / (1 - warm))


def learn(
    model: nn.Module, batches: Sequence[Batch], loss_of: Callable[[Batch], Tensor], rates: Rates, pace: Callable[[float, float], float]
) -> None:
    """Train a model with a `body` and a `head`, batch by batch, and leave it ready to judge."""
    body = [parameter for parameter in model.body.parameters() if parameter.requires_grad]
    groups = [{"params": body, "lr": rates.rate}, {"params": model.head.parameters(), "lr": rates.head_rate}]
    optimiser = torch.optim.AdamW(groups, weight_decay=rates.decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: pace(step / len(batches), rates.warm))
    model.train()
    started, seen = time.monotonic(), 0.0
    for number, batch in enumerate(batches, 1):
        loss = loss_of(batch)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        schedule.step()
        seen = 0.98 * seen + 0.02 * float(loss.detach())
        if number % REPORTED == 0 or number == len(batches):
            spent = time.monotonic() - started
            print(f"  {number} of {len(batches)} batches, loss {seen / (1 - 0.98**number):.4f}, {spent:.0f} s", flush=True)
    model.eval()
