"""Pages over what a listing found: each entry on one page, whatever it is sorted by."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringwall.data.listing import page
from ringwall.keys import PageTokens

Item = tuple[str, str]
KINDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=3)


class Digests:
    """Digests under no key: what a token looks like is tested here, not who may make it."""

    def digest(self, account_id: str, data: bytes) -> str:
        return f"{account_id}:{hash(data)}"


@pytest.mark.parametrize("descending", [False, True])
@given(kinds=st.lists(KINDS, max_size=8), limit=st.integers(1, 3))
@example(kinds=["a\x1fz"] * 3, limit=1)
@example(kinds=["a\0z", "a"], limit=1)
@example(kinds=['"', "\\"], limit=1)
def test_the_pages_together_are_the_listing_and_come_through_a_token(kinds: list[str], limit: int, descending: bool) -> None:
    items = [(kind, str(number)) for number, kind in enumerate(kinds)]
    tokens, found, after = PageTokens(Digests()), [], ""
    for _ in range(len(items) + 1):
        shown, following = page(items, tuple, descending=descending, after=after, limit=limit)
        found += shown
        if not following:
            break
        after = tokens.read("1", "list", tokens.make("1", "list", following))
    assert found == sorted(items, reverse=descending)
