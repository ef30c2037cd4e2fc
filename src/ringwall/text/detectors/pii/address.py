"""ADDRESS: house numbers with street words, post boxes, postcodes with their city: rule-based, so free forms are missed."""

from __future__ import annotations

from ringwall.text.detectors.letters import LETTER, UPPER
from ringwall.text.detectors.rule import Detector, Pattern, whole
from ringwall.text.detectors.wordlist import words

_STREET = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Ter|Way|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Crescent|Cres"
    r"|Close|Alley|Row|Trail|Trl|Gardens|Grove|Hill|Mews|Walk|Loop|Plaza|Quay|Wharf|Rise|Vale|Broadway)"
)
_STATE = r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])"
_UNIT = r"(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Fl|Room|Rm|#)\.? ?#?[A-Za-z0-9-]{1,6})?"
_WORD = UPPER + LETTER + "{1,20}"
_CITY = r"(?:[,\s]{1,3}" + _WORD + "(?:[ -]" + _WORD + "){0,2})?"
_REGION = r"(?:[,\s]{1,3}" + _STATE + r")?(?:[,\s]{1,3}[0-9]{5}(?:-[0-9]{4})?)?"
_POSTCODE_AREAS = words(
    """
    AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY G GL GU GY HA HD
    HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH
    RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE
    """
)


def _postcode(text: str) -> bool:
    return text[: 2 if text[1].isalpha() else 1] in _POSTCODE_AREAS


DETECTOR = Detector(
    type="ADDRESS",
    kind="pii",
    basis="rule-based",
    patterns=(
        Pattern(
            regex=r"\b[0-9]{1,6}[A-Za-z]?(?: [NSEW]\.?| North| South| East| West)?(?: (?:"
            + UPPER
            + r"(?:"
            + LETTER
            + r"|['.-]){0,20}|[0-9]{1,3}(?:st|nd|rd|th))){1,4} "
            + _STREET
            + r"\b\.?"
            + _UNIT
            + _CITY
            + _REGION,
            confidence=0.75,
            reach="faithful",
        ),
        Pattern(
            regex=r"\b[0-9]{1,6}(?: "
            + _WORD
            + r"){1,3}(?: [0-9]{1,4})?,?\s{1,2}(?:Apt|Apartment|Suite|Ste|Unit|Flat)\.? ?#?[0-9A-Za-z]{1,6}\b"
            + _CITY
            + _REGION,
            confidence=0.7,
            reach="faithful",
        ),
        Pattern(regex=r"(?i)\bP\.? ?O\.? ?Box [0-9]{1,6}\b", confidence=0.8, reach="faithful"),
        Pattern(
            regex=r"\b"
            + UPPER
            + LETTER
            + r"{2,24}(?:stra(?:\x{DF}|ss)e|str\.|weg|platz|gasse|allee|straat|laan|gatan|vej) [0-9]{1,4} ?[a-z]?\b"
            r"(?:, ?[0-9]{4,5} " + _WORD + ")?",
            confidence=0.75,
            reach="faithful",
        ),
        Pattern(
            regex=r"\b(?:rue|boulevard|calle|rua|avenida) (?:[a-z']{1,4} ){0,3}" + _WORD + r",? [0-9]{1,4}\b",
            confidence=0.6,
            reach="faithful",
        ),
        Pattern(
            regex=r"\b[0-9]{1,4},? (?:rue|avenue|boulevard|place|chemin|quai) (?:[a-z]{1,4}[ ']){0,3}" + _WORD,
            confidence=0.7,
            reach="faithful",
        ),
        Pattern(
            regex=r"\b" + _WORD + "(?: " + _WORD + "){0,2},? " + _STATE + r",? [0-9]{5}(?:-[0-9]{4})?\b", confidence=0.7, reach="faithful"
        ),
        Pattern(regex=r"\b[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][ABD-HJLNP-UW-Z]{2}\b", check=whole(_postcode), confidence=0.7, reach="faithful"),
    ),
)
