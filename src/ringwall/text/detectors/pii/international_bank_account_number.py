"""INTERNATIONAL_BANK_ACCOUNT_NUMBER: ISO 13616 numbers: the length of their country and MOD 97-10, also with letters written as digits."""

from __future__ import annotations

from itertools import product

from ringwall.text.detectors.checksums import mod97
from ringwall.text.detectors.leet import LETTERS
from ringwall.text.detectors.rule import Detector, Pattern

# Country: length, and how many letters the account part starts with. Source: SWIFT's IBAN registry (facts, typed by hand).
_COUNTRIES = {
    "AD": (24, 0), "AE": (23, 0), "AL": (28, 0), "AT": (20, 0), "AZ": (28, 4), "BA": (20, 0), "BE": (16, 0), "BG": (22, 4),
    "BH": (22, 4), "BI": (27, 0), "BR": (29, 0), "BY": (28, 0), "CH": (21, 0), "CR": (22, 0), "CY": (28, 0), "CZ": (24, 0),
    "DE": (22, 0), "DJ": (27, 0), "DK": (18, 0), "DO": (28, 0), "EE": (20, 0), "EG": (29, 0), "ES": (24, 0), "FI": (18, 0),
    "FK": (18, 2), "FO": (18, 0), "FR": (27, 0), "GB": (22, 4), "GE": (22, 2), "GI": (23, 4), "GL": (18, 0), "GR": (27, 0),
    "GT": (28, 0), "HN": (28, 4), "HR": (21, 0), "HU": (28, 0), "IE": (22, 4), "IL": (23, 0), "IQ": (23, 4), "IS": (26, 0),
    "IT": (27, 1), "JO": (30, 4), "KW": (30, 4), "KZ": (20, 0), "LB": (28, 0), "LC": (32, 4), "LI": (21, 0), "LT": (20, 0),
    "LU": (20, 0), "LV": (21, 4), "LY": (25, 0), "MC": (27, 0), "MD": (24, 0), "ME": (22, 0), "MK": (19, 0), "MN": (20, 0),
    "MR": (27, 0), "MT": (31, 4), "MU": (30, 4), "NI": (28, 4), "NL": (18, 4), "NO": (15, 0), "OM": (23, 0), "PK": (24, 4),
    "PL": (28, 0), "PS": (29, 4), "PT": (25, 0), "QA": (29, 4), "RO": (24, 4), "RS": (22, 0), "RU": (33, 0), "SA": (24, 0),
    "SC": (31, 4), "SD": (18, 0), "SE": (24, 0), "SI": (19, 0), "SK": (24, 0), "SM": (27, 1), "SO": (23, 0), "ST": (25, 0),
    "SV": (28, 4), "TL": (23, 0), "TN": (24, 0), "TR": (26, 0), "UA": (29, 0), "VA": (22, 0), "VG": (24, 4), "XK": (20, 0),
    "YE": (30, 4),
}  # fmt: skip


_SEPARATORS = str.maketrans("", "", " .-")
_LEETED = {
    first + second: tuple(
        code for code in map("".join, product(LETTERS.get(first, first), LETTERS.get(second, second))) if code in _COUNTRIES
    )
    for first, second in product("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", repeat=2)
}
"""Two characters at the start of a number: the countries they can mean."""


def _readings(compact: str, country: str) -> list[str]:
    """Undo digits for letters where letters must stand: the country, and the bank code of countries that spell it in letters."""
    length, letters = _COUNTRIES[country]
    if len(compact) < length:
        return []
    bank = compact[4 : 4 + letters]
    codes = [bank] if not letters or bank.isalpha() else map("".join, product(*(LETTERS.get(c, c) for c in bank)))
    return [country + compact[2:4] + code + compact[4 + letters : length] for code in codes]


def _check(text: str, start: int, end: int) -> int:
    countries = _LEETED.get(text[start : start + 2].upper(), ())
    if not countries:
        return 0
    compact = text[start:end].translate(_SEPARATORS).upper()
    for country in countries:
        for number in _readings(compact, country):
            if mod97(number[4:] + number[:4]) == 1:
                return end if len(number) == len(compact) else _end_of(text, start, len(number))
    return 0


def _end_of(text: str, start: int, count: int) -> int:
    """Return where the first `count` letters and digits from `start` on end."""
    position = start
    while count:
        count -= text[position].isalnum()
        position += 1
    return position


DETECTOR = Detector(
    type="INTERNATIONAL_BANK_ACCOUNT_NUMBER",
    kind="pii",
    basis="checksum",
    patterns=(
        Pattern(
            regex=r"\b(?:[A-Za-z][A-Za-z0-9]|[0-9][A-Za-z])[0-9]{2}(?:[ .-]?[A-Za-z0-9]{4}){2,7}(?:[ .-]?[A-Za-z0-9]{1,4})?\b",
            check=_check,
            confidence=1.0,
            overlapping=True,
        ),
        Pattern(
            regex=r"\b[0-7][0-9]{3}(?:[ .-]?[A-Za-z0-9]{4}){4,7}(?:[ .-]?[A-Za-z0-9]{1,4})?\b",
            check=_check,
            confidence=0.8,
            reach="faithful",
            overlapping=True,
        ),
    ),
)
