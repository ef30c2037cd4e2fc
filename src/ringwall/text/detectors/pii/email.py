"""EMAIL: an address of RFC 5321 shape, also where letters are written as digits (`j0hn@3x4mpl3.c0m`)."""

from __future__ import annotations

from ringwall.text.detectors.leet import spellings
from ringwall.text.detectors.rule import Detector, Pattern
from ringwall.text.detectors.wordlist import words

_LEETED_TLDS = words(
    """
    com org net edu gov mil int info biz io co me us uk ca au de fr es it nl eu ch at be se no dk fi pl pt ie in jp cn ru br mx za
    dev app ai
    """
)


_LONGEST = max(map(len, _LEETED_TLDS))
_SPELLINGS = frozenset(spelling for word in _LEETED_TLDS for spelling in spellings(word))


def _check(text: str, start: int, end: int) -> int:
    domain = text[text.index("@", start, end) + 1 : end]
    host, _, top = domain.rpartition(".")
    if not top.isalpha() and not (any(c.isalpha() for c in host) and top.lower() in _SPELLINGS):
        return 0
    return 0 if ".." in text[start:end] else end


def _known(text: str, start: int, end: int) -> int:
    """Accept an address up to a common top-level domain, without what a decoder glued behind it."""
    at = text.index("@", start, end)
    if text[start] in "._%+'-" or ".." in text[start:end]:
        return 0
    labels = text[at + 1 : end].split(".")
    for shortest in (0, 2):  # a whole label first, then the start of one
        for count in range(len(labels) - 1, 0, -1):
            size = _top_length(labels[count].lower(), shortest)
            host = ".".join(labels[:count])
            if size and any(map(str.isalpha, host)):
                return at + 1 + len(host) + 1 + size
    return 0


def _top_length(label: str, shortest: int) -> int:
    """Return how many characters at the start of a label are a top-level domain: all of them, or at least `shortest` if that is not 0."""
    if not shortest:
        return len(label) if label in _SPELLINGS else 0
    return next((size for size in range(min(len(label), _LONGEST), shortest - 1, -1) if label[:size] in _SPELLINGS), 0)


DETECTOR = Detector(
    type="EMAIL",
    kind="pii",
    basis="format",
    patterns=(
        Pattern(
            regex=r"[A-Za-z0-9_][A-Za-z0-9._%+'-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z0-9]{2,24}\b",
            check=_check,
            confidence=0.95,
            reach="faithful",
        ),
        Pattern(
            regex=r"[A-Za-z0-9_][A-Za-z0-9._%+'-]{2,63}@(?:[A-Za-z0-9-]{2,63}\.){1,8}[A-Za-z0-9]{2,24}",
            check=_known,
            confidence=0.9,
            faithful=False,
        ),
        Pattern(
            regex=r"[A-Za-z0-9_.%+-]*[\x{80}-\x{10FFFF}][A-Za-z0-9_.%+\x{80}-\x{10FFFF}-]*@(?:[A-Za-z0-9\x{80}-\x{10FFFF}-]+\.)+[A-Za-z\x{80}-\x{10FFFF}]{2,24}",
            confidence=0.6,
            reach="faithful",
        ),
    ),
)
