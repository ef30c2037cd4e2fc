"""What an account says of the learned content model, as it is stored and shown: a pinned version, and thresholds fitted on a sample."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

TEXTS_MAX: Final = 10_000_000

Level = Annotated[float, Meta(gt=0.0, le=1.0)]
Share = Annotated[float, Meta(gt=0.0, le=0.5)]
Count = Annotated[int, Meta(ge=0, le=TEXTS_MAX)]
Category = Annotated[str, Meta(pattern=r"^[A-Z][A-Z_]{0,39}\Z")]


class Sample(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What thresholds were fitted on, in numbers, as whoever fitted them states it.

    texts: different ones. unjudged: of them, those that could not be judged. rates: asked for at LOW, MEDIUM and HIGH.
    flagged: per category how many texts reach these levels.
    """

    texts: Count
    unjudged: Count = 0
    rates: tuple[Share, Share, Share]
    flagged: dict[Category, tuple[Count, Count, Count]]


class Fitted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Thresholds of an account. weaker: per category the levels at which they detect less than the model card's."""

    model: str
    thresholds: dict[str, tuple[float, float, float]]
    sample: Sample
    weaker: dict[str, tuple[str, ...]]
    fitted_at: datetime
    fitted_by: str


class Wishes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An account's document. pin: the name of a version; empty: the installation's own."""

    pin: str = ""
    pinned_at: datetime | None = None
    pinned_by: str = ""
    fitted: Fitted | None = None
