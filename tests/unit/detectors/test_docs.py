"""Every detector has its heading in docs/filters."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ringwall.text.detectors.registry import ATTACKS, AWS_PII, EXTRA_PII, SECRETS

FILTERS = Path(__file__).resolve().parents[3] / "docs" / "filters"
PAGES = {
    "personal-data.md": {detector.type for detector in (*AWS_PII, *EXTRA_PII)},
    "secrets.md": {detector.type for detector in SECRETS},
    "prompt-attacks.md": {rule.id for rule in ATTACKS} | {"role-tags"},
    "words-and-patterns.md": {"PROFANITY"},
}


@pytest.mark.parametrize(("page", "names"), PAGES.items())
def test_every_detector_has_a_heading(page: str, names: set[str]) -> None:
    headings = set(re.findall(r"^#{2,3} (\S+)$", (FILTERS / page).read_text(encoding="utf-8"), re.MULTILINE))
    assert names <= headings
    assert {heading for heading in headings if heading.isupper()} <= names | {"JAILBREAK", "PROMPT_INJECTION", "PROMPT_LEAKAGE"}
