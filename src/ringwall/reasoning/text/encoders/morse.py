"""Morse signals. Source: ITU-R M.1677-1 s.1.1; letters apart by one or two blanks, words by three or more, a line end, `/` or `|`.

The table of signals is written down here a second time on purpose: a wrong signal in the decoder's is then refuted.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringwall.reasoning.text.encoder import Encoder, Move, State, all_but

_SIGNALS = {
    "e": ".", "t": "-", "i": "..", "a": ".-", "n": "-.", "m": "--", "s": "...", "u": "..-", "r": ".-.", "w": ".--", "d": "-..",
    "k": "-.-", "g": "--.", "o": "---", "h": "....", "v": "...-", "f": "..-.", "l": ".-..", "p": ".--.", "j": ".---", "b": "-...",
    "x": "-..-", "c": "-.-.", "y": "-.--", "z": "--..", "q": "--.-", "1": ".----", "2": "..---", "3": "...--", "4": "....-",
    "5": ".....", "6": "-....", "7": "--...", "8": "---..", "9": "----.", "0": "-----", ".": ".-.-.-", ",": "--..--", "?": "..--..",
}  # fmt: skip
_WORD_GAPS = (" / ", "/", " | ", "|", "   ", "       ", "\n", " /\n")
_LETTER_GAPS = (" ", "  ")
_FORMS = (str.maketrans("", ""), str.maketrans(".-", "*_"))
_NO_MARK = all_but(map(ord, ".-*_"))


def morse() -> Encoder:
    """Letters, digits and the commonest marks; the payload in small letters, one space between words."""

    def moves(state: State) -> Iterator[Move]:
        if state == "letter":
            for gap in _LETTER_GAPS:
                yield (), gap, "next"
            for gap in _WORD_GAPS:
                yield (ord(" "),), gap, "next"
            return
        for letter, signal in _SIGNALS.items():
            for form in _FORMS:
                yield (ord(letter),), signal.translate(form), "letter"

    return Encoder(
        id="morse",
        says="Morse signals in dots and dashes (or stars and underscores)",
        machine="morse",
        payload="lowercase",
        start="start",
        moves=moves,
        finishes=lambda state: [""] if state == "letter" else [],
        before=_NO_MARK - set(map(ord, " \t\r\n/|")) | {ord("\n")},
        after=_NO_MARK,
        premises=(
            "in the folded text no dot, dash, star or underscore stands beside the span, no blank, `/` or `|` before it (line ends may)",
            "the payload is in small letters (Morse has one case), with single spaces between words",
        ),
    )


MORSE = (morse,)
