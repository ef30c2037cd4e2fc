"""AGE: a number of years beside words for age."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern, whole


def _human(text: str) -> bool:
    digits = "".join(c for c in text if c.isdigit())
    return 0 < int(digits[:4]) <= 125


DETECTOR = Detector(
    type="AGE",
    kind="pii",
    basis="context",
    patterns=(
        Pattern(
            regex=r"(?i)\b[0-9]{1,3}[ -]?(?:years?|yrs?)[ -](?:old|of age)\b|\b[0-9]{1,3} ?(?:y/o|yo)\b",
            check=whole(_human),
            confidence=0.85,
            reach="faithful",
        ),
        Pattern(
            regex=r"(?i)\b(?:aged|age(?: is|:| of)?|turn(?:s|ed|ing)|(?:will|'ll) turn|when (?:i|he|she|they) (?:was|were)) ([0-9]{1,3})\b",
            check=whole(_human),
            confidence=0.8,
            reach="faithful",
        ),
        Pattern(
            regex=r"\b(?:I am|I'm|[Hh]e is|[Ss]he is|[Hh]e's|[Ss]he's) (?:only |just |already |now )?"
            r"([0-9]{1,3})(?:[.,;!?]| and\b| years?\b|$)",
            check=whole(_human),
            confidence=0.6,
            reach="faithful",
        ),
    ),
)
