"""GITLAB_TOKEN: personal, pipeline, runner and deploy tokens."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="GITLAB_TOKEN",
    kind="secret",
    basis="format",
    patterns=(Pattern(regex=r"\bgl(?:pat|ptt|rt|dt|ft|cbt|soat)-[A-Za-z0-9_-]{20,64}\b", confidence=1.0),),
)
