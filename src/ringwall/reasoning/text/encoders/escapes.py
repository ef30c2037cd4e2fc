"""Escapes that stand for one character each: percent, HTML references, backslashes, U+ notation, quoted-printable.

Sources: RFC 3986 s.2.1, RFC 2045 s.6.7, HTML living standard s.13.2.5.72-80, ECMAScript s.12.9.4, C11 s.6.4.4.4. The "full" classes
escape every character of the span and hold in any context. The "mixed" ones leave letters, digits and spaces as they are where they
like, so that an unfinished escape before the span could swallow its first characters: they need a clean context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from ringwall.reasoning.text.encoder import Encoder, Move, State, all_but
from ringwall.reasoning.text.encoders.payloads import BYTES, LETTERS, PRINTABLE

_CLEAN = (
    "no escape is unfinished where the span begins (the folded text before it does not end in `%`, `&#1`, `\\`, `u+`, `=4` and the like)"
)
_NO_PLUS = "the character behind the span is no `+` in the folded text"
_ZEROS = ("", "0", "000")
_HEX_DIGITS = "0123456789abcdefABCDEF"


def percent(byte: int) -> Iterator[str]:
    """Write `%41`."""
    yield from dict.fromkeys((f"%{byte:02x}", f"%{byte:02X}"))


def percent_u(code: int) -> Iterator[str]:
    """Write `%u0041`."""
    yield from dict.fromkeys(f"%{u}{code:{form}}" for u in "uU" for form in ("04x", "04X"))


def decimal_reference(code: int) -> Iterator[str]:
    """Write `&#65;` with leading zeros."""
    yield from (f"&#{zeros}{code};" for zeros in _ZEROS)


def hex_reference(code: int) -> Iterator[str]:
    """Write `&#x41;` with leading zeros."""
    yield from (f"&#{x}{zeros}{code:x};" for x in "xX" for zeros in _ZEROS)


def backslash_x(byte: int) -> Iterator[str]:
    r"""Write `\x41`."""
    yield from dict.fromkeys((f"\\x{byte:02x}", f"\\x{byte:02X}"))


def backslash_u(code: int) -> Iterator[str]:
    r"""Write `\u0041`, `\u{41}`, `\x{41}` or `\U00000041`."""
    yield from (f"\\u{code:04x}", f"\\u{code:04X}", f"\\u{{{code:x}}}", f"\\u{{00{code:X}}}", f"\\x{{{code:x}}}", f"\\U{code:08x}")


def backslash_octal(byte: int) -> Iterator[str]:
    r"""Write `\101`, three digits."""
    yield f"\\{byte:03o}"


def u_plus(code: int) -> Iterator[str]:
    """Write `U+0041`."""
    yield from dict.fromkeys((f"U+{code:04X}", f"u+{code:04x}"))


def equals(byte: int) -> Iterator[str]:
    """Write `=41`."""
    yield from dict.fromkeys((f"={byte:02X}", f"={byte:02x}"))


Writer = Callable[[int], Iterable[str]]
_BYTEWISE: frozenset[Writer] = frozenset({percent, backslash_x, backslash_octal, equals})


def _full(name: str, says: str, writers: tuple[Writer, ...], machine: str = "escapes", **more: object) -> Encoder:
    """Define a class in which every character is escaped."""
    units = BYTES if set(writers) <= _BYTEWISE else PRINTABLE
    options = [((unit,), text) for unit in units for writer in writers for text in writer(unit)]

    def moves(state: State) -> Iterator[Move]:
        del state
        for read, text in options:
            yield read, text, "on"

    fields = {
        "id": name,
        "says": says,
        "machine": machine,
        "payload": "bytes" if units is BYTES else "ascii",
        "start": "start",
        "moves": moves,
        "finishes": lambda state: [""] if state == "on" else [],
    }
    return Encoder(**(fields | more))  # type: ignore[arg-type]


def _mixed(name: str, says: str, writers: tuple[Writer, ...], machine: str = "escapes") -> Encoder:
    """Define a class in which every character is escaped or, if it is a letter, a digit or a space, left alone."""
    full = _full(name, says, writers, machine)
    plain = (*LETTERS, ord(" "))
    ambiguous = "u+" in name  # a plain hex digit behind `U+0041` is one more digit of it

    def moves(state: State) -> Iterator[Move]:
        yield from full.moves(state)
        for unit in plain:
            if not (ambiguous and chr(unit) in _HEX_DIGITS):
                yield (unit,), chr(unit), "on"

    premises = (_CLEAN,) if machine == "quoted_printable" else (_CLEAN, _NO_PLUS)
    return Encoder(
        id=name,
        says=says,
        machine=machine,
        payload="ascii",
        start="start",
        moves=moves,
        finishes=lambda state: [""] if state == "on" else [],
        context="clean",
        after=None if machine == "quoted_printable" else all_but({ord("+")}),
        premises=premises,
    )


_EVERY = (percent, percent_u, decimal_reference, hex_reference, backslash_x, backslash_u, backslash_octal)


def percent_full() -> Encoder:
    """Every byte as `%XX`."""
    return _full("percent", "every byte as `%XX`", (percent,))


def references_full() -> Encoder:
    """Every character as a numeric HTML reference."""
    return _full("html-references", "every character as `&#d;` or `&#xh;`, leading zeros", (decimal_reference, hex_reference))


def backslashes_full() -> Encoder:
    """Every character as a backslash escape."""
    return _full(
        "backslash-escapes",
        r"every character as `\xHH`, `\uHHHH`, `\u{h}`, `\x{h}`, `\UHHHHHHHH` or `\ooo`",
        (backslash_x, backslash_u, backslash_octal),
    )


def backslash_bytes_full() -> Encoder:
    """Every byte as a backslash escape."""
    return _full("backslash-bytes", r"every byte as `\xHH` or `\ooo`", (backslash_x, backslash_octal))


def u_plus_full() -> Encoder:
    """Every character as `U+HHHH`, one after the other."""
    no_hex = all_but(map(ord, _HEX_DIGITS))
    return _full(
        "u-plus",
        "every character as `U+HHHH`",
        (u_plus,),
        after=no_hex,
        premises=("no hex digit stands behind the span in the folded text",),
    )


def escapes_full() -> Encoder:
    """Every character as any escape, in any order."""
    return _full("escapes", "every character as any percent, HTML or backslash escape, in any order", _EVERY)


def quoted_printable_full() -> Encoder:
    """Every byte as `=XX`."""
    return _full("quoted-printable", "every byte as `=XX`", (equals,), "quoted_printable")


def percent_mixed() -> Encoder:
    """What URLs hold."""
    return _mixed("percent-mixed", "bytes as `%XX`, letters, digits and spaces escaped or not", (percent,))


def escapes_mixed() -> Encoder:
    """Any mixture."""
    return _mixed("escapes-mixed", "any percent, HTML or backslash escape, letters, digits and spaces escaped or not", _EVERY)


def quoted_printable_mixed() -> Encoder:
    """What mail holds."""
    base = _mixed("quoted-printable-mixed", "bytes as `=XX`, letters, digits and spaces escaped or not", (equals,), "quoted_printable")

    def moves(state: State) -> Iterator[Move]:
        yield from base.moves(state)
        if state == "on":
            yield (), "=\r\n", "on"
            yield (), "=\n", "on"

    return Encoder(
        id=base.id, says=base.says + ", soft line ends", machine=base.machine, payload="ascii", start="start", moves=moves,
        finishes=base.finishes, context="clean", premises=base.premises,
    )  # fmt: skip


def _leaf(encoder: Encoder) -> Encoder:
    """Drop a mixed class's premises where phrases are sought at once: every choice of what is an escape is tried there."""
    return msgspec.structs.replace(
        encoder, id=encoder.id + "-leaf", says=encoder.says + "; as the last layer, in any context", context="leaf", after=None, premises=()
    )


def percent_mixed_leaf() -> Encoder:
    """What URLs hold, in any context."""
    return _leaf(percent_mixed())


def escapes_mixed_leaf() -> Encoder:
    """Any mixture, in any context."""
    return _leaf(escapes_mixed())


def quoted_printable_mixed_leaf() -> Encoder:
    """What mail holds, in any context."""
    return _leaf(quoted_printable_mixed())


ESCAPES = (
    percent_full, references_full, backslashes_full, backslash_bytes_full, u_plus_full, escapes_full, quoted_printable_full,
    percent_mixed, escapes_mixed, quoted_printable_mixed,
    percent_mixed_leaf, escapes_mixed_leaf, quoted_printable_mixed_leaf,
)  # fmt: skip
