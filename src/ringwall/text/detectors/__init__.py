"""Rule detectors over the readings of a text: personal data, secrets, prompt attacks, words, profanity, customers' regular expressions."""

from ringwall.text.detectors.config import DetectorConfig, Scan
from ringwall.text.detectors.detectors import Detectors, compile_detectors
from ringwall.text.detectors.engine import EngineFailed
from ringwall.text.detectors.mask import mask
from ringwall.text.detectors.registry import AWS_PII_TYPES, EXTRA_PII_TYPES, RULE_BASED_TYPES
from ringwall.text.detectors.unfinished import Unfinished, is_decoded, plain_end

__all__ = [
    "AWS_PII_TYPES",
    "EXTRA_PII_TYPES",
    "RULE_BASED_TYPES",
    "DetectorConfig",
    "Detectors",
    "EngineFailed",
    "Scan",
    "Unfinished",
    "compile_detectors",
    "is_decoded",
    "mask",
    "plain_end",
]
