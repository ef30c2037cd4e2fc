"""Which operation a request asks for: by target header, RPC path, form action, or method and path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from ringwall.errors import InvalidRequest
from ringwall.wire.errors import MalformedRequest, SignatureDoesNotMatch, UnknownOperation, UnservedService
from ringwall.wire.form_decoder import parse_form
from ringwall.wire.message import HttpRequest
from ringwall.wire.model import Operation, Segment, Service, load_service
from ringwall.wire.rest_decoder import parse_query

_RPC_PATH = re.compile(rb"(?:/[^/]+)*?/service/(?P<service>[A-Za-z0-9_.]{1,128})/operation/(?P<operation>[A-Za-z0-9_]{1,128})")
_FORM = "application/x-www-form-urlencoded"
_PATH_BYTES = 16 * 1024
_SHOWN = 100
_RECALLED = 256  # paths whose operation is remembered, of at most
_RECALLED_BYTES = 256


class Match(msgspec.Struct, frozen=True):
    """The operation that a request asks for.

    protocol: one of `ringwall.wire.model.PROTOCOLS`.
    path_params: labels of the path, still percent-encoded.
    form: the fields of a query-protocol request.
    """

    service: Service
    operation: Operation
    protocol: str
    path_params: dict[str, bytes] = {}
    form: dict[str, str] = {}


class _Branch:
    """One level of the tree of paths."""

    __slots__ = ("ends", "greedy", "label", "literals")

    def __init__(self) -> None:
        self.literals: dict[bytes, _Branch] = {}
        self.label: _Branch | None = None
        self.greedy: _Branch | None = None
        self.ends: dict[str, list[tuple[Operation, tuple[str, ...]]]] = {}  # method -> operations with their labels' names


class Router:
    """Finds operations among the services that are served."""

    def __init__(self, services: Sequence[str | Service]) -> None:
        """Load the services' models.

        Args:
            services: botocore's names for them (`bedrock-runtime`), or services already made.
        """
        loaded = [load_service(entry) if isinstance(entry, str) else entry for entry in services]
        self.services: dict[str, Service] = {service.name: service for service in loaded}
        self._by_target = {service.target_prefix: service for service in loaded if service.target_prefix}
        self._by_version: dict[str, list[Service]] = {}
        self._paths: dict[str, _Branch] = {}
        self._recalled = lru_cache(_RECALLED)(self._match_bare_path)
        for service in loaded:
            if "query" in service.protocols:
                self._by_version.setdefault(service.api_version, []).append(service)
            if "rest-json" in service.protocols:
                tree = self._paths.setdefault(service.signing_name, _Branch())
                for operation in service.operations.values():
                    _plant(tree, operation)

    def match(self, request: HttpRequest, signing_name: str | None) -> Match:
        """Find the operation.

        Args:
            request: any request.
            signing_name: the service that the request was signed for; None when it was not signed (bearer keys). A signature for one
                service opens no other.

        Raises:
            UnservedService: the request names a service that is not served.
            UnknownOperation: the service is served and has no such operation.
            InvalidRequest: the path is not one that can be routed safely.
        """
        target = request.header("x-amz-target")
        if target is not None:
            found = self._match_target(request, target)
        elif request.header("smithy-protocol") is not None:
            found = self._match_rpc(request)
        elif self._is_form(request):
            found = self._match_form(request, signing_name)
        elif request.query or len(request.raw_path) > _RECALLED_BYTES:
            found = self._match_path(request, signing_name)
        else:
            found = self._recalled(request.method, request.raw_path, signing_name)
        if signing_name is not None and found.service.signing_name != signing_name:
            raise SignatureDoesNotMatch(f"Credential should be scoped to correct service: '{found.service.signing_name}'.")
        return found

    def _match_target(self, request: HttpRequest, target: str) -> Match:
        prefix, _, name = target.rpartition(".")
        service = self._by_target.get(prefix)
        if service is None or "json" not in service.protocols:
            raise UnservedService(f"no service with the target `{prefix[:_SHOWN]}` is served here (operation `{name[:_SHOWN]}`)")
        if request.method != "POST":
            raise UnknownOperation(f"operation `{name[:_SHOWN]}` of {service.name} is called with POST, not {request.method[:20]}")
        return Match(service, _operation(service, name), "json")

    def _match_rpc(self, request: HttpRequest) -> Match:
        protocol = request.header("smithy-protocol")
        found = _RPC_PATH.fullmatch(request.raw_path[:_PATH_BYTES])
        if protocol != "rpc-v2-cbor" or found is None or request.method != "POST":
            raise UnknownOperation(f"a request with smithy-protocol `{str(protocol)[:40]}` must be a POST to /service/NAME/operation/NAME")
        prefix, name = found["service"].decode(), found["operation"].decode()
        service = self._by_target.get(prefix)
        if service is None or "smithy-rpc-v2-cbor" not in service.protocols:
            raise UnservedService(f"no service `{prefix}` is served here over rpc-v2-cbor (operation `{name}`)")
        return Match(service, _operation(service, name), "smithy-rpc-v2-cbor")

    def _is_form(self, request: HttpRequest) -> bool:
        if not self._by_version:
            return False
        if (request.header("content-type") or "").partition(";")[0].strip().lower() == _FORM:
            return True
        return request.method == "GET" and request.raw_path in {b"", b"/"} and b"Action=" in request.query

    def _match_form(self, request: HttpRequest, signing_name: str | None) -> Match:
        if request.raw_path not in {b"", b"/"} or request.method not in {"GET", "POST"}:
            raise UnknownOperation(f"a form is sent with POST to `/`, not with {request.method[:20]} to another path")
        form = parse_form(request.body) if request.method == "POST" else _unique(parse_query(request.query))
        action, version = form.get("Action", ""), form.get("Version", "")
        if not action:
            raise UnknownOperation("the form names no Action")
        candidates = [
            service
            for service in self._by_version.get(version, ())
            if (signing_name is None or service.signing_name == signing_name) and action in service.operations
        ]
        if len(candidates) == 1:
            return Match(candidates[0], candidates[0].operations[action], "query", {}, form)
        if candidates:
            raise UnknownOperation(f"several services have an action `{action[:_SHOWN]}` in version {version[:20]}; sign the request")
        known = any(signing_name in {None, service.signing_name} for group in self._by_version.values() for service in group)
        if known:
            raise UnknownOperation(f"Could not find operation {action[:_SHOWN]} for version {version[:20] or 'NO_VERSION_SPECIFIED'}")
        raise UnservedService(
            f"no service that is signed for as `{str(signing_name)[:_SHOWN]}` takes forms here (action `{action[:_SHOWN]}`)"
        )

    def _match_bare_path(self, method: str, path: bytes, signing_name: str | None) -> Match:
        return self._match_path(HttpRequest(method, path, b"", (), b"", secure=False), signing_name)

    def _match_path(self, request: HttpRequest, signing_name: str | None) -> Match:
        path = request.raw_path
        segments = _safe_segments(path)
        if signing_name is not None and signing_name not in self._paths:
            asked = _asked(request)
            if any(service.signing_name == signing_name for service in self.services.values()):
                raise UnknownOperation(f"service `{signing_name[:_SHOWN]}` has no operation at {asked}")
            raise UnservedService(f"no service that is signed for as `{signing_name[:_SHOWN]}` is served here ({asked})")
        trees: Iterable[_Branch] = self._paths.values() if signing_name is None else (self._paths[signing_name],)
        for tree in trees:
            match = _find(tree, segments, 0, (), request)
            if match is not None:
                return match
        raise UnknownOperation(f"no operation at {_asked(request)}")


def _asked(request: HttpRequest) -> str:
    return f"{request.method[:20]} {request.raw_path[:_SHOWN].decode('latin-1')}"


def _operation(service: Service, name: str) -> Operation:
    operation = service.operations.get(name)
    if operation is None:
        raise UnknownOperation(f"service `{service.name}` has no operation `{name[:_SHOWN]}`")
    return operation


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    out: dict[str, str] = {}
    for name, value in pairs:
        if name in out:
            raise MalformedRequest("the query has a name twice")
        out[name] = value
    return out


def _safe_segments(path: bytes) -> list[bytes]:
    """Split a path.

    A path with empty segments, `.` or `..` is refused: SigV4 signs the path without them, so two such paths share a signature.
    """
    if len(path) > _PATH_BYTES:
        raise InvalidRequest("the path is too long")
    if not path.startswith(b"/"):
        raise InvalidRequest("the request's target must be a path that starts with `/`")
    segments = path[1:].split(b"/")
    if segments[-1] == b"" and len(segments) > 1:
        segments.pop()  # one slash at the end is no segment
    if segments == [b""]:
        return []
    if b"" in segments or b"." in segments or b".." in segments:
        raise InvalidRequest("the path has empty segments, `.` or `..`", remedy="percent-encode slashes in names (%2F)")
    return segments


def _plant(tree: _Branch, operation: Operation) -> None:
    branch = tree
    for segment in operation.segments:
        branch = _child(branch, segment)
    labels = tuple(segment.text for segment in operation.segments if segment.label)
    ends = branch.ends.setdefault(operation.method, [])
    ends.append((operation, labels))
    ends.sort(key=lambda end: -len(end[0].query_constants))  # the most particular first


def _child(branch: _Branch, segment: Segment) -> _Branch:
    if segment.greedy:
        branch.greedy = branch.greedy or _Branch()
        return branch.greedy
    if segment.label:
        branch.label = branch.label or _Branch()
        return branch.label
    return branch.literals.setdefault(segment.text.encode(), _Branch())


def _find(branch: _Branch, segments: list[bytes], at: int, values: tuple[bytes, ...], request: HttpRequest) -> Match | None:
    """Return the first operation that the path reaches: literals before labels, labels before greedy ones."""
    if at == len(segments):
        return _pick(branch, request, values)
    segment = segments[at]
    literal = branch.literals.get(segment)
    found = None
    if literal is not None:
        found = _find(literal, segments, at + 1, values, request)
    if found is None and branch.label is not None:
        found = _find(branch.label, segments, at + 1, (*values, segment), request)
    if found is None and branch.greedy is not None:
        found = _find_greedy(branch.greedy, segments, at, values, request)
    return found


def _find_greedy(greedy: _Branch, segments: list[bytes], at: int, values: tuple[bytes, ...], request: HttpRequest) -> Match | None:
    if greedy.literals or greedy.label or greedy.greedy:
        for end in range(len(segments) - 1, at, -1):  # what follows the greedy label in the pattern is tried first
            found = _find(greedy, segments, end, (*values, b"/".join(segments[at:end])), request)
            if found is not None:
                return found
    return _pick(greedy, request, (*values, b"/".join(segments[at:])))


def _pick(branch: _Branch, request: HttpRequest, values: tuple[bytes, ...]) -> Match | None:
    ends = branch.ends.get(request.method)
    if not ends:
        return None
    query: list[tuple[str, str]] | None = None
    for operation, labels in ends:
        if operation.query_constants:
            query = parse_query(request.query) if query is None else query
            if not all(constant in query for constant in operation.query_constants):
                continue
        return Match(operation.service, operation, "rest-json", dict(zip(labels, values, strict=True)))
    return None


def guess_protocol(request: HttpRequest) -> str:
    """Say which protocol a request speaks, from its headers alone, so that even a request that was refused is answered in kind."""
    if request.header("x-amz-target") is not None:
        return "json"
    if request.header("smithy-protocol") is not None:
        return "smithy-rpc-v2-cbor"
    content_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    return "query" if content_type == _FORM else "rest-json"
