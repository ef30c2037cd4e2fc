"""ringwall as `guardrail_worker.py` drives it: the policy that every product of the comparison gets, on our own detectors."""

from __future__ import annotations

from typing import Literal

import corpus  # of the shared folder, which the worker puts on the path

from ringwall.text.detectors import DetectorConfig, Detectors, compile_detectors

TYPES = {
    "EMAIL_ADDRESS": "EMAIL",
    "PHONE_NUMBER": "PHONE",
    "US_SSN": "US_SOCIAL_SECURITY_NUMBER",
    "CREDIT_CARD": "CREDIT_DEBIT_CARD_NUMBER",
    "IBAN_CODE": "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
    "IP_ADDRESS": "IP_ADDRESS",
    "URL": "URL",
    "CRYPTO": "CRYPTO",
    "US_PASSPORT": "US_PASSPORT_NUMBER",
    "US_DRIVER_LICENSE": "US_DRIVER_LICENSE",
    "US_BANK_NUMBER": "US_BANK_ACCOUNT_NUMBER",
    "US_ITIN": "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER",
    "MEDICAL_LICENSE": "MEDICAL_LICENSE",
    "UK_NHS": "UK_NATIONAL_HEALTH_SERVICE_NUMBER",
    "DATE_TIME": "DATE_TIME",
}
"""The comparison's names of personal data, and ours."""


class Ringwall:
    """The rule detectors over the text as it stands ("raw", as the other products read it), or over all its readings ("all")."""

    def __init__(self, *, readings: Literal["raw", "all"]) -> None:
        self._readings = readings
        self._detectors: Detectors

    def setup(self) -> None:
        self._detectors = compile_detectors(
            DetectorConfig(
                pii=tuple(TYPES[name] for name in corpus.ENTITIES),
                words=tuple(corpus.denylist()),
                regexes=tuple(corpus.REGEXES.items()),
                secrets=True,
                attacks=True,
            )
        )

    def scan(self, text: str) -> tuple[bool, int]:
        """Return whether the text is flagged, and the number of findings; text that was not read to its end is flagged."""
        seen = self._detectors.scan(text, readings=self._readings)
        return bool(seen.findings) or seen.exhausted, len(seen.findings)
