"""What is said about one rule of the old version, and about all of them. `unknown` is never a proof."""

from __future__ import annotations

from typing import Literal

import msgspec

from ringwall.guardrails.policy import Source
from ringwall.guardrails.verdict import Action

Outcome = Literal["proved", "refuted", "unknown"]

PREMISES = (
    "whole texts are judged, each by itself, under the same limits and by the same installation: its tables, detectors and models",
    "a rule that fails, and a text whose readings exceed a budget, is blocked by either version; that is not compared",
    "readings made only where a listed word is found in them differ where the words do: what other filters find there is left out",
    "words with scrambled letters are sought with a lexicon of the listed words, which differs where the words do, and are left out",
)


class Witness(msgspec.Struct, frozen=True, kw_only=True):
    """A text that the old version stops and the new one does not, judged by both before it is reported.

    old, new: what each does with it.
    """

    text: str
    source: Source
    old: Action
    new: Action


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of the old version on one source: whatever it stops, the new version stops.

    why: how that is known, or what was lost. witness: with `refuted`; None where a learned filter was weakened by its settings alone.
    premises: besides those of every claim.
    """

    source: Source
    rule: str
    says: str
    outcome: Outcome
    why: str
    witness: Witness | None = None
    premises: tuple[str, ...] = ()


class UpgradeReport(msgspec.Struct, frozen=True, kw_only=True):
    """All claims about a pair of versions. outcome: refuted if a claim is, else unknown if a claim is, else proved."""

    old: str
    new: str
    old_digest: str
    new_digest: str
    outcome: Outcome
    claims: tuple[Claim, ...]
    premises: tuple[str, ...] = PREMISES


def worst(outcomes: list[Outcome]) -> Outcome:
    """Return the outcome of claims taken together."""
    return "refuted" if "refuted" in outcomes else "unknown" if "unknown" in outcomes else "proved"
