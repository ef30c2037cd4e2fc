"""The generation cache: bounded, and empty when the storage has changed."""

from __future__ import annotations

from ringwall.identity.cache import GenerationCache


def test_keeps_the_most_recently_used() -> None:
    cache: GenerationCache[str, int] = GenerationCache(2)
    assert cache.get(1, "a") is None
    cache.put(1, "a", 1)
    cache.put(1, "b", 2)
    assert cache.get(1, "a") == 1
    cache.put(1, "c", 3)
    assert (cache.get(1, "a"), cache.get(1, "b"), cache.get(1, "c")) == (1, None, 3)


def test_a_new_generation_empties_it() -> None:
    cache: GenerationCache[str, int] = GenerationCache(2)
    cache.get(1, "a")
    cache.put(1, "a", 1)
    cache.put(1, "b", 2)
    assert cache.get(2, "a") is None
    assert cache.get(2, "b") is None, "what was not asked for first is gone too"
    assert cache.get(1, "a") is None, "an older generation is another one too"


def test_what_was_read_in_a_generation_that_is_over_is_not_kept() -> None:
    """A slow reader that began before a change must not put back what it read."""
    cache: GenerationCache[str, int] = GenerationCache(2)
    cache.get(1, "a")
    cache.get(2, "a")
    cache.put(1, "a", 1)
    assert cache.get(2, "a") is None
