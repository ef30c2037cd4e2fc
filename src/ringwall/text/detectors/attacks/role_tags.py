"""Marks of chat templates, which a user's text has no reason to hold (PROMPT_INJECTION)."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="PROMPT_INJECTION",
    kind="attack",
    basis="format",
    patterns=(
        Pattern(
            regex=r"(?i)<\|? ?(?:im_start|im_end|im_sep|endoftext|endofprompt|"
            r"start_header_id|end_header_id|eot_id|begin_of_text|system|end_of_turn) ?\|?>",
            confidence=0.95,
        ),
        Pattern(regex=r"(?i)\[/?inst\]|<</?sys>>|<start_of_turn>|</?s>\s{0,3}\[inst\]", confidence=0.95),
        Pattern(
            regex=r"(?i)</?(?:system|system_prompt|system-prompt|instructions?|admin|developer)>\s{0,4}[a-z]",
            confidence=0.6,
            reach="faithful",
        ),
        Pattern(
            regex=r"(?i)(?:^|\n)\s{0,4}(?:#{1,4} ?|\*\*)?(?:system|developer)(?: message| prompt)?(?:\*\*)? ?: ?"
            r"(?:you|ignore|disregard|the user|new|override|forget|from now)",
            confidence=0.85,
        ),
        Pattern(regex=r"(?i)\{\s{0,4}[\"']role[\"']\s{0,4}:\s{0,4}[\"'](?:system|developer)[\"']", confidence=0.8),
    ),
)
