"""Every class that is claimed, in the order of the report. A class is one function in one file and one line here."""

from __future__ import annotations

from collections.abc import Callable

from ringwall.reasoning.text.encoder import Encoder
from ringwall.reasoning.text.encoders.bit_codes import BIT_CODES
from ringwall.reasoning.text.encoders.escapes import ESCAPES
from ringwall.reasoning.text.encoders.morse import MORSE
from ringwall.reasoning.text.encoders.numbers import NUMBERS

ENCODERS: tuple[Callable[[], Encoder], ...] = (*BIT_CODES, *NUMBERS, *MORSE, *ESCAPES)
