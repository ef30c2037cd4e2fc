"""SWIFT_CODE: ISO 9362 codes with a country in them, and a digit or a word for banks beside them."""

from __future__ import annotations

from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern, whole
from ringwall.text.detectors.wordlist import words

_COUNTRIES = words(
    """
    AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA CD CF CG CH CI CK CL
    CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU
    GW GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA
    MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
    PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW
    TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
    """
)


def _country(text: str) -> bool:
    return text[4:6].upper() in _COUNTRIES


def _with_digit(text: str) -> bool:
    return _country(text) and any(c.isdigit() for c in text[6:])


DETECTOR = Detector(
    type="SWIFT_CODE",
    kind="pii",
    basis="format",
    patterns=(
        Pattern(
            regex=beside(r"swift|bic", r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", r"swift|bic", plain_case=True),
            check=whole(_country),
            confidence=0.95,
        ),
        Pattern(regex=r"\b[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?\b", check=whole(_with_digit), confidence=0.6, reach="faithful"),
    ),
)
