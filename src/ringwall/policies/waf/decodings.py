"""The text transformations of AWS WAF that decode: base64, hexadecimal, URL, HTML, C, CSS and JavaScript escapes, UTF-8.

Each is a function from bytes to bytes that takes any input; what is not validly encoded stays as it is.
Source: AWS WAF Developer Guide, "Using text transformations in AWS WAF". Where the guide says what is decoded but not how broken input is
treated, these follow the functions of the same names of ModSecurity (Reference Manual v3, "Transformation functions"), which AWS's are
named after; docs/operations/waf.md lists these places.
"""

from __future__ import annotations

import base64
import binascii
import re

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_HEX_PAIRS = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
_SQL_HEX = re.compile(rb"0[xX]((?:[0-9A-Fa-f]{2})+)")
_URL = re.compile(rb"\+|%([0-9A-Fa-f]{2})")
_URL_UNI = re.compile(rb"\+|%[uU]([0-9A-Fa-f]{4})|%([0-9A-Fa-f]{2})")
_ENTITY = re.compile(rb"&(?:#[xX]([0-9A-Fa-f]{1,8})|#([0-9]{1,10})|([A-Za-z]{2,32}));")
_C_ESCAPE = re.compile(rb"\\(?:([abfnrtv\\?'\"])|[xX]([0-9A-Fa-f]{2})|0?([0-7]{1,3}))")
_CSS_ESCAPE = re.compile(rb"\\(?:([0-9A-Fa-f]{1,6})(?:\r\n|[ \t\r\n\f\v])?|(\r\n|\n)|(.)|\Z)", re.DOTALL)
_JS_ESCAPE = re.compile(rb"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([0-3]?[0-7]{1,2})|(.))", re.DOTALL)
_JS_ESCAPE_EXT = re.compile(rb"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([\\/'\"]))")

_C_CONTROLS = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}

_ENTITIES: dict[bytes, bytes] = {
    b"quot": b'"', b"amp": b"&", b"lt": b"<", b"gt": b">", b"nbsp": b"\xa0", b"nonbreakingspace": b"\xa0", b"newline": b"\n",
    b"tab": b"\t", b"lcub": b"{", b"lbrace": b"{", b"rcub": b"}", b"rbrace": b"}", b"verbar": b"|", b"vert": b"|",
    b"verticalline": b"|", b"excl": b"!", b"num": b"#", b"dollar": b"$", b"percent": b"%", b"percnt": b"%", b"apos": b"'",
    b"lpar": b"(", b"rpar": b")", b"ast": b"*", b"midast": b"*", b"plus": b"+", b"comma": b",", b"period": b".", b"sol": b"/",
    b"colon": b":", b"semi": b";", b"equals": b"=", b"quest": b"?", b"tilde": b"~", b"diacriticaltilde": b"~", b"minus": b"-",
    b"lsqb": b"[", b"lbrack": b"[", b"rsqb": b"]", b"rbrack": b"]", b"bsol": b"\\", b"hat": b"^", b"lowbar": b"_",
    b"underbar": b"_", b"grave": b"`", b"diacriticalgrave": b"`",
}  # fmt: skip
"""Names of HTML entities that AWS WAF decodes, without regard to case."""


def base64_decode(value: bytes) -> bytes:
    """Decode a whole base64 text, standard alphabet; what is none stays."""
    text = value.strip()
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return value


def base64_decode_ext(value: bytes) -> bytes:
    """Decode base64 and leave out every character that is not of its alphabet; a last single character, which has no byte, too."""
    text = _NOT_BASE64.sub(b"", value.translate(bytes.maketrans(b"-_", b"+/")))
    text = text[:-1] if len(text) % 4 == 1 else text
    return base64.b64decode(text + b"=" * (-len(text) % 4))


def hex_decode(value: bytes) -> bytes:
    """Decode a whole text of pairs of hexadecimal digits; what is none stays."""
    text = value.strip()
    return bytes.fromhex(text.decode("ascii")) if _HEX_PAIRS.fullmatch(text) else value


def sql_hex_decode(value: bytes) -> bytes:
    """Decode SQL's hexadecimal literals (`0x414243` is `ABC`), wherever they stand."""
    return _SQL_HEX.sub(lambda found: bytes.fromhex(found[1].decode("ascii")), value)


def url_decode(value: bytes) -> bytes:
    """Decode percent-encoding, and a plus sign to a space."""
    return _URL.sub(lambda found: bytes([int(found[1], 16)]) if found[1] else b" ", value)


def url_decode_uni(value: bytes) -> bytes:
    """Decode as `url_decode`, and Microsoft's `%uHHHH` by its lower byte (full-width letters as their ASCII ones)."""

    def decoded(found: re.Match[bytes]) -> bytes:
        if found[1]:
            return _lower_byte(int(found[1], 16))
        return bytes([int(found[2], 16)]) if found[2] else b" "

    return _URL_UNI.sub(decoded, value)


def html_entity_decode(value: bytes) -> bytes:
    """Decode HTML entities, numeric and named: a code up to 255 to that byte, one above to its UTF-8."""

    def decoded(found: re.Match[bytes]) -> bytes:
        if found[3]:
            return _ENTITIES.get(found[3].lower(), found[0])
        code = int(found[1], 16) if found[1] else int(found[2])
        if code > 0x10FFFF:
            return found[0]
        return bytes([code]) if code < 256 else chr(code).encode("utf-8", "surrogatepass")

    return _ENTITY.sub(decoded, value)


def escape_seq_decode(value: bytes) -> bytes:
    """Decode ANSI C escape sequences."""

    def decoded(found: re.Match[bytes]) -> bytes:
        if found[1]:
            return _C_CONTROLS.get(found[1], found[1])
        return bytes([int(found[2], 16)]) if found[2] else bytes([int(found[3], 8) & 0xFF])

    return _C_ESCAPE.sub(decoded, value)


def css_decode(value: bytes) -> bytes:
    """Decode CSS 2 escapes to one byte each; any other backslash is removed, and a line break right after it too."""

    def decoded(found: re.Match[bytes]) -> bytes:
        if found[1]:
            return _lower_byte(int(found[1], 16))
        return found[3] or b""

    return _CSS_ESCAPE.sub(decoded, value)


def js_decode(value: bytes) -> bytes:
    """Decode JavaScript escapes; a backslash before any other character is removed."""

    def decoded(found: re.Match[bytes]) -> bytes:
        if found[3]:
            return bytes([int(found[3], 8)])
        return _js_code(found) or _C_CONTROLS.get(found[4], found[4])

    return _JS_ESCAPE.sub(decoded, value)


def js_decode_ext(value: bytes) -> bytes:
    r"""Decode JavaScript's numeric escapes and the escaped characters `\ / ' "`; any other backslash stays, as in a Windows path."""
    return _JS_ESCAPE_EXT.sub(lambda found: _js_code(found) or found[3], value)


def utf8_to_unicode(value: bytes) -> bytes:
    """Write every UTF-8 sequence of two bytes or more as `%uHHHH`; bytes that are no UTF-8 stay."""
    text = value.decode("utf-8", "surrogateescape")
    if text.isascii():
        return value
    return b"".join(_unicode_escape(character) for character in text)


def _unicode_escape(character: str) -> bytes:
    code = ord(character)
    if code < 128 or 0xDC80 <= code <= 0xDCFF:  # ASCII, or a byte that was no UTF-8
        return character.encode("utf-8", "surrogateescape")
    return b"%%u%04x" % code


def _js_code(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return _lower_byte(int(found[1], 16))
    return bytes([int(found[2], 16)]) if found[2] else b""


def _lower_byte(code: int) -> bytes:
    """Return a code's lower byte; for full-width forms (FF01 to FF5E) their ASCII twin's."""
    return bytes([code - 0xFEE0 if 0xFF01 <= code <= 0xFF5E else code & 0xFF])
