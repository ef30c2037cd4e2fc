"""UK_NATIONAL_INSURANCE_NUMBER: prefixes that HMRC assigns, six digits, a suffix."""

from __future__ import annotations

from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern, whole

_UNASSIGNED = frozenset(("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"))


def _assigned(text: str) -> bool:
    return text[:2].upper() not in _UNASSIGNED


DETECTOR = Detector(
    type="UK_NATIONAL_INSURANCE_NUMBER",
    kind="pii",
    basis="format",
    patterns=(
        Pattern(
            regex=r"\b[ABCEGHJ-PR-TW-Z][ABCEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]\b",
            check=whole(_assigned),
            confidence=0.95,
            reach="decoded",
        ),
        Pattern(
            regex=beside(r"nino|national insurance|ni", r"[abceghj-pr-tw-z][abceghj-npr-tw-z](?:[ -]?[0-9]{2}){3}[ -]?[a-d]?"),
            check=whole(_assigned),
            confidence=0.95,
        ),
    ),
)
