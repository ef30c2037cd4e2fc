"""PHONE: North American numbers, international numbers with `+`, national numbers beside a word that says so."""

from __future__ import annotations

from ringwall.text.detectors.checksums import digits_of
from ringwall.text.detectors.rule import Detector, Pattern, alone


def _check(text: str, start: int, end: int) -> int:
    count = len(digits_of(text[start:end]))
    return end if 7 <= count <= 15 and alone(text, start, end) else 0


def _international(text: str, start: int, end: int) -> int:
    if start and text[start - 1].isalnum():
        return 0
    return _check(text, start, end)


_CONTEXT = (
    r"(?i)\b(?:phone|telephone|tel|mobile|cell|cellphone|fax|call(?: me| us)?(?: at| on)?|text(?: me| us)? at|"
    r"reach (?:me|us|him|her|them) (?:at|on)|whatsapp|dial|messages? (?:me |us )?(?:at|to|on)|answering at)"
)
_WORDS = r"(?:[\s.:#-]{1,3}(?:number|no|is|was|at|on|to))*[\s.:#-]{1,4}"

DETECTOR = Detector(
    type="PHONE",
    kind="pii",
    basis="format",
    patterns=(
        Pattern(
            regex=r"(?:\b(?:\+?0{0,2}1[ .-]?)?|\+1[ .-]?)(?:\(\.?[2-9][0-9]{2}\)[ .-]?|\b[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-]?[0-9]{4}"
            r"(?: ?(?:x|ext\.?) ?[0-9]{1,6})?\b",
            check=_check,
            confidence=0.85,
        ),
        Pattern(regex=r"(?:\(\.?[2-9][0-9]{2}\))[ .-]?[2-9][0-9]{2}[ .-]?[0-9]{4}\b", check=_check, confidence=0.85),
        Pattern(
            regex=r"\+[1-9][0-9]{0,2}[ .-]?(?:\(0?[0-9]{1,4}\)[ .-]?)?[0-9]{1,5}(?:[ .-]?[0-9]{2,5}){1,4}\b",
            check=_international,
            confidence=0.85,
        ),
        Pattern(regex=_CONTEXT + _WORDS + r"(\(?\+?[0-9](?:[ ()./-]{0,2}[0-9]){6,14})\b", check=_check, confidence=0.8),
        Pattern(regex=r"\b(0[1-9][0-9]{1,4}[ /-][0-9]{3,4}[ -]?[0-9]{3,5})\b", check=_check, confidence=0.5, reach="faithful"),
    ),
)
