"""Single values to text: for headers and XML."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from ringwall.errors import Bug
from ringwall.wire.body_encoder import base64_text, float_word
from ringwall.wire.model import Ref, Shape
from ringwall.wire.timestamp import form_of, text_from_moment


def words_of(value: Any, shape: Shape, ref: Ref, timestamp_default: str) -> str:
    """Write one value as text, as the shape's type has it."""
    if shape.type == "timestamp":
        if not isinstance(value, datetime):
            raise Bug("a handler answered with something else where the model has a timestamp")
        return text_from_moment(value, form_of(ref.timestamp_format or shape.timestamp_format, timestamp_default))
    if shape.type == "boolean":
        return "true" if value else "false"
    if shape.type == "blob":
        return base64_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return float_word(value)
    return str(value)
