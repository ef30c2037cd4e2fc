"""Check digits and closed registers: what tells an identifier from any number of the same length."""

from __future__ import annotations

import hashlib

_LUHN_DOUBLED = bytes.maketrans(b"0123456789", bytes([0, 2, 4, 6, 8, 1, 3, 5, 7, 9]))


_KEPT = str.maketrans("", "", " -./()#,:")


def digits_of(text: str) -> str:
    """Drop the separators that stand between digits, then all else that is no ASCII digit."""
    digits = text.translate(_KEPT)
    return digits if digits.isascii() and digits.isdigit() else "".join(c for c in text if "0" <= c <= "9")


def luhn(digits: str) -> bool:
    """Check the last digit by ISO/IEC 7812-1 annex B; a row of one digit is never a number in use."""
    values = digits.encode("ascii")[::-1]
    single = values[::2]
    total = sum(single) - 48 * len(single) + sum(values[1::2].translate(_LUHN_DOUBLED))
    return total % 10 == 0 and digits.count(digits[0]) < len(digits)


def weighted(digits: str, weights: tuple[int, ...]) -> int:
    """Sum digits by weights."""
    return sum((ord(digit) - 48) * weight for digit, weight in zip(digits, weights, strict=True))


_BASE36 = {ord(c): str(int(c, 36)) for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def mod97(text: str) -> int:
    """Return ISO 7064 MOD 97-10 of a string of 0-9A-Z (A = 10 ... Z = 35)."""
    return int(text.translate(_BASE36)) % 97


_BASE58 = {c: i for i, c in enumerate("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")}


def base58check(text: str) -> bool:
    """Check a Base58Check string: the last four bytes are the start of the double SHA-256 of the rest."""
    number = 0
    for c in text:
        if c not in _BASE58:
            return False
        number = number * 58 + _BASE58[c]
    leading = len(text) - len(text.lstrip("1"))
    raw = b"\x00" * leading + number.to_bytes((number.bit_length() + 7) // 8, "big")
    return len(raw) == 25 and hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]


_BECH32 = {c: i for i, c in enumerate("qpzry9x8gf2tvdw0s3jn54khce6mua7l")}
_BECH32_STEPS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def bech32(text: str) -> bool:
    """Check a segwit address's checksum (BIP 173, and BIP 350 for version 1 and up)."""
    lower = text.lower()
    prefix, _, data = lower.rpartition("1")
    if not prefix or len(data) < 6 or any(c not in _BECH32 for c in data):
        return False
    state = 1
    values = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + [_BECH32[c] for c in data]
    for value in values:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for bit, step in enumerate(_BECH32_STEPS):
            if top >> bit & 1:
                state ^= step
    return state in (1, 0x2BC830A3)
