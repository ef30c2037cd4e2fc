"""However a content is cut into chunks, a session says the same: checked on a session as a value machine.

Three checks together give the theorem for every text and every cut:

1. *blind*: `feed` runs on chunks whose characters cannot be looked at (every way to read one raises). So what it does depends on the
   chunks' lengths only.
2. *chunks*: for every text of a small alphabet, every cut of it (empty chunks included, blocks kept apart) gives the evaluation of the
   whole. By (1) the alphabet does not matter to `feed`; `finish` joins the chunks and hands them to the function that judges a whole.
3. *limits*: around the limit of characters every cut is refused, or none: the lengths matter through their sum alone.

`held` is the other half: no answer of `feed` carries a character, so nothing is released before the verdict.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product
from typing import Any, NoReturn, Protocol

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.guardrails import Evaluation
from ringwall.reasoning.text.folding import Theorem


class Streams(Protocol):
    """What is proved about: a streaming session."""

    def begin(self) -> None:
        """Open another block."""
        ...

    def feed(self, chunk: str) -> Sequence[object]:
        """Take characters."""
        ...

    def finish(self) -> Evaluation:
        """Judge everything fed."""
        ...


Opens = Callable[[], Streams]
Judges = Callable[[Sequence[str]], Evaluation]


class _LookedAt(Exception):
    """A chunk's characters were read."""


class _Blind(str):
    """A chunk that has a length, and characters that nobody may look at before the session ends."""

    __slots__ = ()


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise _LookedAt


_ALLOWED = {
    "__len__",
    "__new__",
    "__init__",
    "__class__",
    "__getattribute__",
    "__bool__",
    "__init_subclass__",
    "__subclasshook__",
    "__doc__",
}
for _name in dir(str):
    if _name not in _ALLOWED:
        setattr(_Blind, _name, _refuse)


def cuts(text: str) -> Iterator[tuple[str, ...]]:
    """Yield every way to cut a text, and the whole with an empty chunk before and behind it."""
    for count in range(len(text)):
        for places in combinations(range(1, len(text)), count):
            yield tuple(text[a:b] for a, b in zip((0, *places), (*places, len(text)), strict=True))
    yield ("", text, "")


def session_theorems(
    opens: Opens, judges: Judges, *, pieces: Sequence[str], longest: int, limited: Callable[[int], Streams]
) -> tuple[Theorem, ...]:
    """Check a session.

    Args:
        opens: makes a fresh one. judges: judges whole blocks, without a session.
        pieces: the small alphabet. longest: pieces of the longest text. limited: makes a session that takes so many characters at most.
    """
    return (
        _blind(opens),
        _chunks(opens, judges, pieces, longest),
        _blocks(opens, judges, pieces, min(longest, 3)),
        _limits(limited),
        _held(opens, pieces, min(longest, 3)),
    )


def _theorem(name: str, says: str, checked: int, witness: str) -> Theorem:
    return Theorem(name, says, checked, witness, hashlib.sha256(f"{name}\n{says}\n{checked}\n{witness}".encode()).hexdigest())


def _blind(opens: Opens) -> Theorem:
    says = "a session looks at no character while it is fed: what it does depends on the chunks' lengths"
    checked = 0
    for lengths in product((0, 1, 2, 7), repeat=3):
        session = opens()
        try:
            for length in lengths:
                session.feed(_Blind("\x00" * length))
        except _LookedAt:
            return _theorem("stream-blind", says, checked, f"a chunk of the lengths {lengths} is looked at")
        checked += 1
    return _theorem("stream-blind", says, checked, "")


def _judged(opens: Opens, blocks: Sequence[Sequence[str]]) -> bytes:
    """Return what a session says in the end."""
    session = opens()
    for number, chunks in enumerate(blocks):
        if number:
            session.begin()
        for chunk in chunks:
            session.feed(chunk)
    return _said(session.finish())


def _said(found: Evaluation) -> bytes:
    """Return everything an evaluation says, as bytes."""
    return msgspec.json.encode((found.verdicts, found.outcome, found.coverage, found.guarded, [block.text for block in found.blocks]))


def _chunks(opens: Opens, judges: Judges, pieces: Sequence[str], longest: int) -> Theorem:
    says = "every cut of a text into chunks has the verdicts, spans and receipt of the whole"
    checked = 0
    for length in range(1, longest + 1):
        for chosen in product(pieces, repeat=length):
            text = "".join(chosen)
            whole = _said(judges([text]))
            for chunks in cuts(text):
                if _judged(opens, [chunks]) != whole:
                    return _theorem("stream-chunks", says, checked, f"{list(chunks)!r} is not judged as {text!r}")
                checked += 1
    return _theorem("stream-chunks", says, checked, "")


def _blocks(opens: Opens, judges: Judges, pieces: Sequence[str], longest: int) -> Theorem:
    says = "blocks stay apart, and every cut inside them has the evaluation of the whole blocks"
    checked = 0
    for chosen in product(pieces, repeat=longest):
        for border in range(1, longest):
            first, second = "".join(chosen[:border]), "".join(chosen[border:])
            whole = _said(judges([first, second]))
            for one, other in product(cuts(first), cuts(second)):
                if _judged(opens, [one, other]) != whole:
                    return _theorem("stream-blocks", says, checked, f"{list(one)!r}, {list(other)!r} is not judged as its blocks")
                checked += 1
    return _theorem("stream-blocks", says, checked, "")


def _limits(limited: Callable[[int], Streams]) -> Theorem:
    says = "content over the limit is refused however it is cut, content within it never"
    most, checked = 4, 0
    for length in range(1, most + 3):
        for chunks in cuts("a" * length):
            if _is_refused(limited(most), chunks) != (length > most):
                return _theorem("stream-limits", says, checked, f"{list(map(len, chunks))} characters under a limit of {most}")
            checked += 1
    return _theorem("stream-limits", says, checked, "")


def _is_refused(session: Streams, chunks: Sequence[str]) -> bool:
    try:
        for chunk in chunks:
            session.feed(chunk)
        session.finish()
    except LimitExceeded:
        return True
    return False


def _held(opens: Opens, pieces: Sequence[str], longest: int) -> Theorem:
    says = "no answer of a session that is being fed holds a character: nothing is released before the verdict"
    checked = 0
    for chosen in product(pieces, repeat=longest):
        session = opens()
        for chunk in chosen:
            for event in session.feed(chunk):
                if _texts(msgspec.to_builtins(event)):
                    return _theorem("stream-held", says, checked, f"{list(chosen)!r}: a character came out of `feed`")
                checked += 1
    return _theorem("stream-held", says, checked, "")


def _texts(value: object) -> bool:
    """Say whether a string or bytes stand anywhere among an answer's values."""
    if isinstance(value, dict):
        return any(map(_texts, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_texts, value))
    return isinstance(value, str | bytes)
