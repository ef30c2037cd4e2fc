"""What the reading of one request finds beside its words: parts counted, members that only their own dialect knows.

Every text of a request that could reach a model is found by somebody: by the dialect that knows the member, or here. So a request has no
place where words are not judged but the contents that are `Unjudged`, and values that have no room for prose.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from ringwall.errors import LimitExceeded
from ringwall.wire.dialects.limits import MOST_PARTS, MOST_STOP_SEQUENCES
from ringwall.wire.dialects.members import REQUEST, told
from ringwall.wire.dialects.model import Origin, Path, Text, Unjudged
from ringwall.wire.strict_json import encode_json

CACHE_HINTS = frozenset({"cache_control", "cachePoint", "prompt_cache_key", "prompt_cache_retention"})
"""They change what an answer costs and not what it says: sent on in the same dialect, left out in another.

That holds of what `is_cache_hint` says is one. Servers write whole definitions of tools into prompts, whatever stands in them.
"""

SETTINGS = frozenset(
    ("auto", "default", "flex", "priority", "scale", "standard", "standard_only", "reserved", "optimized", "us", "eu", "global")
)
"""Words with which vendors let a request choose its tier, speed or place; where one of them stands, no rule has anything to read."""
STOP_CHARS = 64
STOP_WORDS = 2

_PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_HINT_WORDS = frozenset(("ephemeral", "default", "in_memory", "in-memory", "5m", "1h", "24h"))
_HINT_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,32}")
_HINT_KEY = re.compile(r"[!-~]{1,256}")
_HINT_MEMBERS = 4


class Gather:
    """Collects while a request is read. Not reusable."""

    def __init__(self) -> None:
        self._beyond: dict[str, None] = {}
        self._parts = 0
        self.elsewhere: list[Text] = []

    @property
    def beyond(self) -> tuple[str, ...]:
        """The names of the members that only this dialect knows, each once, without list indices."""
        return tuple(self._beyond)

    def count(self, parts: int, path: Path) -> None:
        """Count messages or parts.

        Raises:
            LimitExceeded: there are too many.
        """
        self._parts += parts
        if self._parts > MOST_PARTS:
            raise LimitExceeded(f"the request has more than {MOST_PARTS} messages and parts; `{told(path)}` is one too many")

    def name(self, path: Path) -> None:
        """Note a member that only this dialect knows."""
        self._beyond[told(tuple(step for step in path if isinstance(step, str)))] = None

    def rest(
        self, body: Mapping[str, Any], known: Collection[str], path: Path, origin: Origin = "definition", settings: Collection[str] = ()
    ) -> None:
        """Note the members of an object that its reader does not know.

        Args:
            body: the object.
            known: the members that were read.
            path: where the object stands.
            origin: whose words the others are.
            settings: those among them that choose a tier or a place: one of `SETTINGS` there is no text.
        """
        for name, value in body.items():
            if name in known:
                continue
            check_name(name, path)
            if value is None:
                continue
            if name in CACHE_HINTS and is_cache_hint(value):
                self.hint(value, (*path, name), origin)
                continue
            self.name((*path, name))
            if has_words(value) and not (name in settings and is_setting(value)):
                self.elsewhere.append(Text(as_text(value), origin, frozenset(), (*path, name)))

    def hint(self, value: Any, path: Path, origin: Origin) -> None:
        """Read a cache hint: what is in it beside the words that vendors have for them (somebody's key) is judged."""
        inner = list(value.values()) if isinstance(value, dict) and value.keys() <= {"type", "ttl"} else [value]
        if any(has_words(item) and not (isinstance(item, str) and item in _HINT_WORDS) for item in inner):
            self.elsewhere.append(Text(as_text(value), origin, frozenset(), path))

    def unjudged(self, kind: str, path: Path) -> Unjudged:
        """Note a part that is not judged."""
        return Unjudged(kind, path)

    def texts(self, value: Any, path: Path, origin: Origin) -> tuple[Text, ...]:
        """Read what is one text or a list of `{"type": "text", "text": ...}` blocks only."""
        if type(value) is str:
            return (Text(value, origin, frozenset(), path),)
        found = []
        for number, block in enumerate(REQUEST.list(value, path)):
            at = (*path, number)
            part = REQUEST.object(block, at)
            if part.get("type") != "text":
                raise REQUEST.fail((*at, "type"), "must be `text` here")
            found.append(self.text_block(part, at, origin))
        self.count(len(found), path)
        return tuple(found)

    def text_block(self, part: dict[str, Any], path: Path, origin: Origin) -> Text:
        """Read `{"type": "text", "text": ...}`."""
        self.rest(part, ("type", "text"), path, origin)
        return Text(REQUEST.text(part.get("text"), (*path, "text")), origin, frozenset(), (*path, "text"))

    def optional(self, body: Mapping[str, Any], name: str, path: Path, origin: Origin) -> None:
        """Read a member of plain text, if it is there, that the model has no word for but a model may read: a document's title."""
        if body.get(name) is not None:
            text = REQUEST.text(body[name], (*path, name))
            self.elsewhere.append(Text(text, origin, frozenset(), (*path, name)))

    def stop_sequences(self, sequences: list[Any], path: Path, *, alone: bool = False) -> tuple[str, ...]:
        """Read stop sequences (`path`: of their list; `alone`: of the one text in its place).

        No model reads them, and short ones are often what prompt attacks are made of (`<|im_end|>`). One with room for prose is judged.

        Raises:
            LimitExceeded: there are too many.
        """
        if len(sequences) > MOST_STOP_SEQUENCES:
            raise LimitExceeded(f"the request has more than {MOST_STOP_SEQUENCES} stop sequences")
        for number, sequence in enumerate(sequences):
            if len(REQUEST.text(sequence, path)) > STOP_CHARS or len(sequence.split()) > STOP_WORDS:
                self.elsewhere.append(Text(sequence, "definition", frozenset(), path if alone else (*path, number)))
        return tuple(sequences)


def check_name(name: str, path: Path) -> None:
    """Refuse the name of a member that has room for prose."""
    if not _PLAIN.fullmatch(name):
        raise REQUEST.fail((*path, name), "is not a name that a member has")


def silent(body: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    """Return those of an object's members that hold no text: switches and numbers, as they have to be."""
    return tuple(name for name in names if not has_words(body.get(name)))


def is_setting(value: Any) -> bool:
    """Tell whether a value is one of `SETTINGS`, or an object whose one member is (`{"type": "flex"}`)."""
    if isinstance(value, dict) and len(value) == 1:
        ((name, value),) = value.items()
        return _PLAIN.fullmatch(name) is not None and isinstance(value, str) and value in SETTINGS
    return isinstance(value, str) and value in SETTINGS


def is_cache_hint(value: Any) -> bool:
    """Tell whether a value has no room for prose: a key without spaces, or a few short words (`{"type": "ephemeral", "ttl": "5m"}`)."""
    if isinstance(value, str):
        return _HINT_KEY.fullmatch(value) is not None
    if not isinstance(value, dict):
        return not has_words(value)
    words = [*value, *[item for item in value.values() if isinstance(item, str)]]
    others = [item for item in value.values() if not isinstance(item, str)]
    return len(value) <= _HINT_MEMBERS and all(map(_HINT_WORD.fullmatch, words)) and not any(map(has_words, others))


def has_words(value: Any) -> bool:
    """Tell whether a JSON value holds text: a string, or a name that is not one of a program."""
    if isinstance(value, str):
        return bool(value)
    if isinstance(value, dict):
        return any(not _PLAIN.fullmatch(name) or has_words(item) for name, item in value.items())
    return isinstance(value, list) and any(has_words(item) for item in value)


def as_text(value: Any) -> str:
    """Say a JSON value as text: itself, where it is one."""
    return value if isinstance(value, str) else encode_json(value).decode()
