"""Random values of a service model's shapes, valid by construction where they are inputs."""

from __future__ import annotations

import re
import string
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from re import _constants as sre
from re import _parser as sre_parse
from typing import Any

from botocore.model import Shape as BotoShape

from ringwall.wire.pattern import pattern

_DEEP = 5
_TRIES = 200
# Python's re knows no Unicode properties: any letter of the property does for making values; the real pattern has the last word.
_PROPERTIES = {
    "L": "a-zA-Z",
    "N": "0-9",
    "Z": " ",
    "M": "a",
    "P": "!",
    "S": "+",
    "Zs": " ",
    "ASCII": "!-~",
    "Print": "!-~",
    "Alnum": "a-z0-9",
}
_TEXT = string.ascii_letters + string.digits + " -_.:/=+@,\"'<>&%?#é漢😀\n\t\\"
_HEADER_TEXT = string.ascii_letters + string.digits + "-_./="


class Impossible(Exception):
    """No value of this shape was found."""


@lru_cache(maxsize=4096)
def _tree(source: str) -> Any:
    translated = source.replace(r"[^\p{C}]", "[a-z]").replace(r"\P{C}", "[a-z]")
    for name, letters in _PROPERTIES.items():
        translated = translated.replace(f"[\\p{{{name}}}]", f"[{letters}]")
        translated = re.sub(rf"(?<!\[)(^|[^\w\]])\\p\{{{name}\}}(?=[*+])", rf"\1[{letters}]", translated)
        translated = translated.replace(f"\\p{{{name}}}", letters)
    return sre_parse.parse(translated.replace(r"\z", r"\Z"))


def _from_tree(random: Random, tree: Any, spread: int) -> str:
    return "".join([_from_node(random, op, arg, spread) for op, arg in tree])


def _from_node(random: Random, op: Any, arg: Any, spread: int) -> str:
    if op is sre.LITERAL:
        return chr(arg)
    if op is sre.NOT_LITERAL:
        return random.choice([letter for letter in string.ascii_lowercase if ord(letter) != arg])
    if op is sre.ANY:
        return random.choice(string.ascii_letters)
    if op is sre.IN:
        return _from_class(random, arg)
    if op is sre.BRANCH:
        return _from_tree(random, random.choice(arg[1]), spread)
    if op is sre.SUBPATTERN:
        return _from_tree(random, arg[3], spread)
    if op in {sre.MAX_REPEAT, sre.MIN_REPEAT}:
        least, most, inner = arg
        count = random.randint(int(least), min(int(most), int(least) + spread))
        return "".join([_from_tree(random, inner, spread) for _ in range(count)])
    return ""  # anchors and look-around: the real pattern has the last word


def _from_class(random: Random, items: list[Any]) -> str:
    return random.choice(_class_pool(_class_source(items)))


@lru_cache(maxsize=4096)
def _class_pool(source: str) -> str:
    compiled = re.compile(source)
    return "".join([character for character in string.printable[:95] if compiled.fullmatch(character)]) or "a"


def _class_source(items: list[Any]) -> str:
    out = ""
    negate = ""
    categories = {
        sre.CATEGORY_DIGIT: r"\d",
        sre.CATEGORY_NOT_DIGIT: r"\D",
        sre.CATEGORY_SPACE: r"\s",
        sre.CATEGORY_NOT_SPACE: r"\S",
        sre.CATEGORY_WORD: r"\w",
        sre.CATEGORY_NOT_WORD: r"\W",
    }
    for op, arg in items:
        if op is sre.NEGATE:
            negate = "^"
        elif op is sre.LITERAL:
            out += re.escape(chr(arg))
        elif op is sre.RANGE:
            out += f"{re.escape(chr(arg[0]))}-{re.escape(chr(arg[1]))}"
        elif op is sre.CATEGORY:
            out += categories[arg]
    return f"[{negate}{out}]"


_DOTS = frozenset({"", ".", ".."})  # labels that are refused on purpose: SigV4 signs paths without them


def text(random: Random, shape: BotoShape, place: str, *, valid: bool) -> str:
    """A string: of the enum, of the pattern, or any; `place` is where it will stand on the wire."""
    meta = shape.metadata
    if meta.get("enum"):
        return random.choice(meta["enum"])
    least = int(meta.get("min", 0)) if valid else 0
    most = min(int(meta.get("max", least + 12)), least + 12) if valid else 12
    if valid and shape.metadata.get("pattern"):
        made = ""
        while made in _DOTS:
            made = _matching(random, meta["pattern"], max(least, 1) if place == "uri" else least, int(meta.get("max", 100_000)))
            if place != "uri":
                break
        return made
    letters = _HEADER_TEXT if place in {"header", "headers", "uri"} else _TEXT
    if place in {"uri", "header", "headers"}:
        least, most = max(least, 1), max(most, 1)
    made = "".join(random.choice(letters) for _ in range(random.randint(least, most)))
    return "x" + made[1:] if place == "uri" else made


def _matching(random: Random, source: str, least: int, most: int) -> str:
    tree = _tree(source)
    for attempt in range(_TRIES):
        made = _from_tree(random, tree, 3 + attempt // 4)
        if least <= len(made) <= most and pattern(source).matches(made):
            return made
    raise Impossible(source)


class Maker:
    """Makes values; `valid` keeps every constraint of the model, `place` of the member that is being made is known to the leaves."""

    def __init__(self, seed: int, *, valid: bool, xml: bool = False, sparse: bool = True) -> None:
        self._random = Random(seed)
        self._valid = valid
        self._xml = xml
        self._sparse = sparse

    def value(self, shape: BotoShape, depth: int = 0, place: str = "") -> Any:
        """A value of a shape, in botocore's member names."""
        if getattr(shape, "is_document_type", False):
            return self._random.choice([{"a": [1, "b", None, True]}, "text", 7, [], {}, False])
        return getattr(self, f"_{shape.type_name}")(shape, depth, place)

    def _structure(self, shape: Any, depth: int, _place: str) -> dict[str, Any]:
        if shape.is_tagged_union:
            return self._union(shape, depth)
        out = {}
        for name, member in shape.members.items():
            if member.serialization.get("eventstream") or getattr(member, "is_eventstream", False) or member.metadata.get("eventstream"):
                continue
            needed = name in shape.required_members or name == shape.serialization.get("payload")
            if not needed and (depth > _DEEP or self._random.random() < 0.5):
                continue
            try:
                out[name] = self.value(member, depth + 1, member.serialization.get("location", ""))
            except (Impossible, RecursionError):
                if needed:
                    raise
        if not out and not self._sparse and depth:
            return self._one_member(shape, depth)
        return out

    def _one_member(self, shape: Any, depth: int) -> dict[str, Any]:
        """Something where nothing would leave no trace."""
        for name, member in shape.members.items():
            if member.type_name not in {"structure", "list", "map"}:
                return {name: self.value(member, depth + 1)}
        for name, member in shape.members.items():
            return {name: self.value(member, depth + 1)}
        raise Impossible(shape.name)

    def _union(self, shape: Any, depth: int) -> dict[str, Any]:
        members = list(shape.members.items())
        self._random.shuffle(members)
        if depth > _DEEP:
            members.sort(key=lambda pair: pair[1].type_name in {"structure", "list", "map"})
        for name, member in members:
            try:
                return {name: self.value(member, depth + 1)}
            except Impossible:
                continue
        raise Impossible(shape.name)

    def _size(self, shape: Any, depth: int, place: str) -> int:
        least = int(shape.metadata.get("min", 0)) if self._valid else 0
        if place or not self._sparse:
            least = max(least, 1)  # an empty list or map leaves no trace there
        most = int(shape.metadata.get("max", least + 3)) if self._valid else least + 2
        return least if depth > _DEEP else self._random.randint(least, max(least, min(most, least + 2)))

    def _list(self, shape: Any, depth: int, place: str) -> list[Any]:
        return [self.value(shape.member, depth + 1, place) for _ in range(self._size(shape, depth, place))]

    def _map(self, shape: Any, depth: int, place: str) -> dict[str, Any]:
        out = {}
        for _ in range(self._size(shape, depth, place)):
            key = self.value(shape.key, depth + 1, "header" if place == "headers" else "")
            out[key.lower() if place == "headers" else key] = self.value(shape.value, depth + 1, place)
        return out

    def _string(self, shape: Any, _depth: int, place: str) -> Any:
        return text(self._random, shape, place, valid=self._valid)

    _character = _string

    def _integer(self, shape: Any, _depth: int, _place: str) -> int:
        least = int(shape.metadata.get("min", -5))
        return self._random.randint(least, min(int(shape.metadata.get("max", least + 1000)), least + 1000))

    _long = _short = _byte = _integer

    def _double(self, shape: Any, _depth: int, _place: str) -> float:
        least = float(shape.metadata.get("min", -10))
        most = float(shape.metadata.get("max", least + 100))
        return min(most, max(least, round(self._random.uniform(least, most), 3)))

    _float = _double

    def _boolean(self, _shape: Any, _depth: int, _place: str) -> bool:
        return self._random.random() < 0.5

    def _blob(self, shape: Any, _depth: int, _place: str) -> bytes:
        least = int(shape.metadata.get("min", 0)) if self._valid else 0
        return self._random.randbytes(self._random.randint(max(least, 1), max(least, 1) + 20))

    def _timestamp(self, _shape: Any, _depth: int, _place: str) -> datetime:
        return datetime(2001, 1, 1, tzinfo=UTC) + timedelta(seconds=self._random.randint(0, 10**9))


def plain(value: Any) -> Any:
    """Make two values comparable: moments in UTC, streams as bytes."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if hasattr(value, "read"):
        return value.read()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def without_empty(value: Any) -> Any:
    """Drop structures and maps that hold nothing: the query protocol writes nothing for them."""
    if isinstance(value, dict):
        kept = {key: without_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item != {}}
    if isinstance(value, list):
        return [without_empty(item) for item in value]
    return value
