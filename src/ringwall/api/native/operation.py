"""One row of the native operation table: an AWS-style operation, and where it stands under `/ringwall/v1`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

from ringwall.api.aws.operation import Operation
from ringwall.errors import InvalidRequest, LimitExceeded
from ringwall.vocabulary import Limits
from ringwall.wire import HttpRequest
from ringwall.wire.errors import MalformedRequest, UnsupportedEncoding
from ringwall.wire.strict_json import decode_json

_PARAMETER = re.compile(r"\{(\w+)\+?\}")
QUERY_PARAMETERS = 64
_JSON_DEPTH = Limits().json_depth


class MalformedJson(InvalidRequest, code="malformed-json"):
    """The request's body is not the JSON that the operation takes."""


class Static(msgspec.Struct, frozen=True):
    """An answer that is bytes rather than JSON. immutable: the same for ever, so that whoever asked may keep it."""

    content: bytes
    media: str
    immutable: bool


@dataclass(frozen=True, slots=True)
class NativeOperation:
    """One thing that the native API does.

    row: what the pipeline authorizes, handles and records; `row.handle` takes an `input` and returns an `output`.
    method, path: below `/ringwall/v1`; `{name}` is one path segment, percent-decoded, and becomes the input's member of that name;
        a last `{name+}` is one segment or more, slashes and all. Of rows that match, the first counts.
    input: the type of the whole input: path parameters, query parameters and the members of the JSON body together. `dict` takes any.
    output: the type of the answer's body; None answers 204; `Static` is bytes.
    input_schema: what OpenAPI shows where `input` is a dict.
    check: what a `dict` input must satisfy before anything looks into it; raises `InvalidRequest`.
    """

    row: Operation
    method: str
    path: str
    summary: str
    input: Any
    output: Any
    status: int = 200
    input_schema: Any = None
    check: Callable[[Mapping[str, Any]], None] | None = None
    parameters: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", tuple(_PARAMETER.findall(self.path)))

    def match(self, segments: list[str]) -> dict[str, str] | None:
        """Return the path parameters if the request's raw path segments are this path's, else None."""
        own = self.path.strip("/").split("/")
        if own[-1].endswith("+}") and len(segments) > len(own):
            segments = [*segments[: len(own) - 1], "/".join(segments[len(own) - 1 :])]
        if len(own) != len(segments):
            return None
        found: dict[str, str] = {}
        for mine, given in zip(own, segments, strict=True):
            if mine.startswith("{"):
                found[mine[1:-1].rstrip("+")] = unquote(given, errors="strict")
            elif mine != given:
                return None
        return found if all(found.values()) else None

    def read(self, request: HttpRequest, path: Mapping[str, str]) -> Any:
        """Join path, query and body, and check them against `input`.

        Raises:
            MalformedJson: not a JSON object. UnsupportedEncoding: it is packed. InvalidRequest: not what the operation takes.
        """
        encoding = request.header("content-encoding") or "identity"
        if encoding.strip().lower() not in {"", "identity"}:
            raise UnsupportedEncoding(f"the native API takes no content encoding `{encoding[:40]}`")
        query = _query(request)
        body = parse_object(request.body) if request.body else {}
        twice = [name for name in (*path, *query) if name in body] + [name for name in path if name in query]
        if twice:
            raise InvalidRequest(f"`{twice[0][:100]}` is given twice")
        words = {**query, **path}
        return self.convert(body, words)

    def convert(self, members: Mapping[str, Any], words: Mapping[str, str] | None = None) -> Any:
        """Check an input that is already values; `words` are strings that may stand for numbers and booleans.

        Raises:
            InvalidRequest: not what the operation takes.
        """
        if self.input is dict:
            if self.check is not None:  # callers in this process give path parameters among the members; over HTTP that is refused
                self.check({name: value for name, value in members.items() if name not in self.parameters})
            return {**members, **(words or {})}
        try:
            lenient = {name: _from_word(self.input, name, word) for name, word in (words or {}).items()}
            return msgspec.convert({**members, **lenient}, self.input)
        except msgspec.ValidationError as error:
            raise InvalidRequest(_say(error)) from error


def parse_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        MalformedJson: not JSON, not UTF-8, not an object, a name twice in one object, nested too deeply, or too many values.
    """
    try:
        value = decode_json(body, _JSON_DEPTH)
    except (MalformedRequest, LimitExceeded) as error:
        raise MalformedJson(error.message) from None
    if not isinstance(value, dict):
        raise MalformedJson("the body must be a JSON object")
    return value


def _query(request: HttpRequest) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            request.query.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(request.query),
            errors="strict",
            max_num_fields=QUERY_PARAMETERS,
        )
    except ValueError as error:
        raise InvalidRequest("the query is not name=value pairs in percent-encoded UTF-8") from error
    if len({name for name, _ in pairs}) != len(pairs):
        raise InvalidRequest("a query parameter is given twice")
    return dict(pairs)


def _from_word(kind: Any, name: str, word: str) -> Any:
    """Let a word stand for the type that the member has: `5` for a number, `true` for a boolean."""
    for member in msgspec.structs.fields(kind):
        if member.encode_name == name:
            return msgspec.convert(word, member.type, strict=False)
    return word


def _say(error: msgspec.ValidationError) -> str:
    text = str(error)
    return text[0].lower() + text[1:].replace(" - at `$.", " at `").replace(" - at `$`", "")
