"""NAME: titles, introductions, and first names from a list of our own: rule-based, so names without any of these are missed."""

from __future__ import annotations

from importlib.resources import files

from ringwall.text.detectors.letters import NAME_LETTER, UPPER
from ringwall.text.detectors.rule import Detector, Pattern
from ringwall.text.detectors.wordlist import words

_FIRST_NAMES = frozenset((files(__package__) / "first_names.txt").read_text(encoding="utf-8").split())
_NOT_NAMES = words(
    """
    I The A An And Or But If In On At To For Of With My Your Our This That These Those We You He She They It There Here Not No Yes
    Please Thank Thanks Hello Hi Dear Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June
    July August September October November December Sir Madam Team All Customer Support Street Road Avenue Inc Ltd Corp
    """
)
_WORD = UPPER + NAME_LETTER + "{1,24}"
_MORE = r"(?: (?:(?:van|von|de|del|der|da|di|la|le|bin|al|dos|ter|zu)(?: de[nrl]?)? )?(?:" + UPPER + r"\.|" + _WORD + r")){0,3}"


def _named(text: str, start: int, end: int) -> int:
    """Drop words at the end that are no names, refuse a hit whose first word is none."""
    words = text[start:end].split(" ")
    if words[0] in _NOT_NAMES or words[0].isupper():
        return 0
    while len(words) > 1 and words[-1] in _NOT_NAMES:
        end -= len(words.pop()) + 1
    return end - 2 if words[-1].endswith(("'s", "\u2019s")) else end


def _listed(text: str, start: int, end: int) -> int:
    end = _named(text, start, end)
    words = text[start:end].split(" ")
    return end if len(words) > 1 and words[0] in _FIRST_NAMES else 0


DETECTOR = Detector(
    type="NAME",
    kind="pii",
    basis="rule-based",
    patterns=(
        Pattern(
            regex=r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Herr|Frau|Mme|Sra?|Se\x{F1}ora?)\.? (" + _WORD + _MORE + r")",
            check=_named,
            confidence=0.8,
            reach="decoded",
        ),
        Pattern(
            regex=r"(?i:\b(?:my name is|my name's|name is|i am called|they call me|"
            r"called|named|signed by|attn:?|attention:|full name:?|(?:first|last|sur|family) ?name(?: is|:)"
            r"|name:|kind regards,?|best regards,?|regards,|sincerely,|yours truly,|dear)\s{1,3})(" + _WORD + _MORE + r")",
            check=_named,
            confidence=0.7,
            reach="decoded",
        ),
        Pattern(
            regex=r"(" + _WORD + r" (?:(?:[A-Z]\.|van|von|de|del|der|da|di|la|le|bin|al) ){0,2}" + _WORD + r")",
            check=_listed,
            confidence=0.6,
            reach="faithful",
            overlapping=True,
        ),
    ),
)
