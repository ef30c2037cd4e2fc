"""The monitors of any traffic, text too: bursts, novelty, probing of refusals. All are counts that fade, so their size is fixed."""

from __future__ import annotations

import hashlib
import math
import re
from typing import Final

import msgspec

from ringwall.inference.monitors.fading import Fading
from ringwall.inference.monitors.query import Kind, Query

Raised = tuple[Kind, float]

BURST_FACTOR: Final = 8.0
"""A burst: this many times as fast, over seconds, as the account was over the last hours,"""
BURST_QUERIES: Final = 30.0
"""and at least about so many queries at once,"""
BURST_AGE_S: Final = 600.0
"""and only when the account has been seen for so long."""
REFUSALS: Final = 5.0
"""Refusals are probed: at least about so many interventions within a day or two,"""
REFUSED_SHARE: Final = 0.1
"""and surely (at 99.5 %, one-sided) more than this share of the queries."""
NOVELTY_QUERIES: Final = 200
"""Texts before an account has a habit."""
NOVELTY_SHARE: Final = 0.5
"""Novelty: over about ten texts more than this share of the words is new to the account,"""
NOVELTY_SIGMAS: Final = 4.0
"""and by this many standard deviations, or this much, more than it is used to."""
NOVELTY_MARGIN: Final = 0.1
WORDS_MAX: Final = 64
_FAST, _SLOW = 0.1, 0.005
_Z: Final = 2.5758
_FILTER_BYTES: Final = 2_048
_FILTER_WORDS: Final = 2_000
_WORD: Final = re.compile(r"\w{1,64}")
_TEXT_CHARS: Final = 4_096


class Traffic(msgspec.Struct, kw_only=True):
    """One account's counts for one model; stored as they are, sealed. `filters` hold salted hashes of words, two generations of them."""

    first_s: float | None = None
    lately: Fading = msgspec.field(default_factory=lambda: Fading(10.0))
    usually: Fading = msgspec.field(default_factory=lambda: Fading(3_600.0))
    asked: Fading = msgspec.field(default_factory=lambda: Fading(86_400.0))
    refused: Fading = msgspec.field(default_factory=lambda: Fading(86_400.0))
    texts: int = 0
    new_lately: float = 0.0
    new_usually: float = 0.0
    new_variance: float = 0.0
    words: int = 0
    filters: tuple[bytearray, bytearray] = msgspec.field(default_factory=lambda: (bytearray(_FILTER_BYTES), bytearray(_FILTER_BYTES)))

    def see(self, query: Query, now_s: float, salt: bytes) -> list[Raised]:
        """Count a query, and say what it sets off."""
        return [*self._burst(now_s), *self._refusals(now_s, intervened=query.intervened), *self._novelty(query.text, salt)]

    def _burst(self, now_s: float) -> list[Raised]:
        self.first_s = now_s if self.first_s is None else min(self.first_s, now_s)
        age_s = self.usually.at_s - self.first_s
        usual = self.usually.rate(now_s, age_s)  # before this query, so that a burst is not its own habit at once
        lately, rate = self.lately.add(1.0, now_s), self.lately.rate(now_s, math.inf)
        self.usually.add(1.0, now_s)
        if age_s < BURST_AGE_S or lately < BURST_QUERIES or rate < BURST_FACTOR * usual:
            return []
        return [("burst", 1.0 - BURST_FACTOR * usual / (2.0 * rate))]

    def _refusals(self, now_s: float, *, intervened: bool) -> list[Raised]:
        asked, refused = self.asked.add(1.0, now_s), self.refused.add(float(intervened), now_s)
        share = lower_bound(refused, asked)
        return [("refusal-probing", share)] if intervened and refused >= REFUSALS and share > REFUSED_SHARE else []

    def _novelty(self, text: str | None, salt: bytes) -> list[Raised]:
        words = _words(text)
        if not words:
            return []
        new = self._new_words(words, salt) / len(words)
        self.texts += 1
        usual, deviation = self.new_usually, math.sqrt(self.new_variance * _FAST / (2.0 - _FAST))
        self.new_lately += max(_FAST, 1.0 / self.texts) * (new - self.new_lately)
        step = max(_SLOW, 1.0 / self.texts)
        self.new_usually += step * (new - usual)
        self.new_variance += step * ((new - usual) * (new - self.new_usually) - self.new_variance)
        limit = max(NOVELTY_SHARE, usual + max(NOVELTY_MARGIN, NOVELTY_SIGMAS * deviation))
        return [("novelty", self.new_lately)] if self.texts > NOVELTY_QUERIES and self.new_lately > limit else []

    def _new_words(self, words: list[str], salt: bytes) -> int:
        new = 0
        young, old = self.filters
        for word in words:
            places = _places(word, salt)
            known = _holds(young, places)
            if not known:
                new += not _holds(old, places)
                for place in places:
                    young[place >> 3] |= 1 << (place & 7)
                self.words += 1
        if self.words >= _FILTER_WORDS:  # the older half of what was seen is forgotten; what is used goes on into the younger
            self.filters, self.words = (bytearray(_FILTER_BYTES), young), 0
        return new


def lower_bound(events: float, trials: float) -> float:
    """Return the lower end of Wilson's interval for a share, at 99.5 % one-sided (Wilson 1927)."""
    if trials <= 0.0:
        return 0.0
    share, z2 = min(1.0, events / trials), _Z * _Z
    middle = share + z2 / (2 * trials)
    spread = _Z * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    return max(0.0, (middle - spread) / (1 + z2 / trials))


def _words(text: str | None) -> list[str]:
    """Return the first 64 different words of a text's first 4,096 characters."""
    if not text:
        return []
    return list(dict.fromkeys(_WORD.findall(text[:_TEXT_CHARS].casefold())))[:WORDS_MAX]


def _places(word: str, salt: bytes) -> tuple[int, int, int]:
    digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), key=salt, digest_size=6).digest()
    size = _FILTER_BYTES * 8
    return (
        int.from_bytes(digest[:2], "little") % size,
        int.from_bytes(digest[2:4], "little") % size,
        int.from_bytes(digest[4:], "little") % size,
    )


def _holds(filled: bytearray, places: tuple[int, int, int]) -> bool:
    return all(filled[place >> 3] >> (place & 7) & 1 for place in places)
