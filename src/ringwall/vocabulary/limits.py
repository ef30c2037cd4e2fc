"""Every bound on what comes in from outside, as data."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes that a request may have; over one of them it is refused whole, with nothing processed."""

    body_bytes: int = 16 * 1024 * 1024
    header_bytes: int = 64 * 1024
    header_count: int = 128
    json_depth: int = 64
    text_chars: int = 12_000_000  # one text to scan, all content blocks of a request together
    content_blocks: int = 1_000
    decode_depth: int = 4  # layers of encoding that views peel off
    decode_budget_factor: int = 384  # characters of views that one character of input may cost
    decode_budget_floor: int = 1_000_000  # and what a short text may cost all the same
    view_chars: int = 48_000_000  # characters of folded and decoded views of one text held at once, about 10 bytes each
