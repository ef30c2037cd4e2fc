"""IP_ADDRESS: IPv4 and IPv6 addresses that parse, not version numbers or object identifiers."""

from __future__ import annotations

import ipaddress

from ringwall.text.detectors.rule import Detector, Pattern, alone


def _ipv4(text: str, start: int, end: int) -> int:
    octets = text[start:end].split(".")
    if any(int(octet) > 255 or (len(octet) > 1 and octet[0] == "0") for octet in octets):
        return 0
    if (octets[0] == "0" and any(octet != "0" for octet in octets)) or (start and text[start - 1] == "."):
        return 0
    return end if alone(text, start, end) else 0


def _ipv6(text: str, start: int, end: int) -> int:
    if start and (text[start - 1].isalnum() or text[start - 1] == ":"):
        return 0
    if end < len(text) and (text[end].isalnum() or text[end] in ":_"):
        return 0
    address = text[start:end]
    if not any(c.isdigit() for c in address):  # `abc::def` is C++ more often than an address
        return 0
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return 0
    return end


DETECTOR = Detector(
    type="IP_ADDRESS",
    kind="pii",
    basis="format",
    patterns=(
        Pattern(regex=r"\b[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\b", check=_ipv4, confidence=0.95),
        Pattern(
            regex=r"(?:[0-9A-Fa-f]{1,4}:|::)(?:[0-9A-Fa-f]{0,4}:){0,7}(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9A-Fa-f]{1,4})?",
            check=_ipv6,
            confidence=0.95,
            reach="faithful",
            overlapping=True,
        ),
    ),
)
