"""Request ids are version 4 UUIDs, as the standard library reads them."""

from __future__ import annotations

import uuid

from ringwall.api.request_id import new_uuid


def test_ids_are_random_uuids() -> None:
    made = [new_uuid() for _ in range(2000)]
    assert len(set(made)) == len(made)
    for text in made:
        read = uuid.UUID(text)
        assert (str(read), read.version, read.variant) == (text, 4, uuid.RFC_4122)
    assert {text[19] for text in made} == set("89ab")
