"""Service models: botocore's descriptions of AWS services as typed values, read once and without their documentation."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from ringwall.errors import NotFound
from ringwall.wire.errors import UnservedService

PROTOCOLS = ("rest-json", "json", "query", "smithy-rpc-v2-cbor")
"""What this room speaks; rest-xml and ec2 it does not."""

_SERVICE_NAME = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)
_LABEL = re.compile(r"\{([^}+]+)(\+?)\}")


class Namespace(msgspec.Struct, frozen=True, omit_defaults=True):
    """An XML namespace."""

    uri: str
    prefix: str = ""


class Ref(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A use of a shape: by a member of a structure, by a list, a map or an operation."""

    shape: str
    location: str = ""
    location_name: str = ""
    timestamp_format: str = ""
    flattened: bool = False
    jsonvalue: bool = False
    eventpayload: bool = False
    eventheader: bool = False
    xml_attribute: bool = False
    xml_namespace: Namespace | str = ""
    result_wrapper: str = ""


class ErrorTrait(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """How an exception looks on the wire."""

    code: str = ""
    http_status_code: int = 0
    sender_fault: bool = False


class Shape(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One shape of a model, as botocore's `service-2.json` has it."""

    type: str
    members: dict[str, Ref] = {}
    required: tuple[str, ...] = ()
    member: Ref | None = None
    key: Ref | None = None
    value: Ref | None = None
    enum: tuple[str, ...] = ()
    min: float | int | None = None
    max: float | int | None = None
    pattern: str = ""
    timestamp_format: str = ""
    payload: str = ""
    document: bool = False
    union: bool = False
    eventstream: bool = False
    streaming: bool = False
    sensitive: bool = False
    flattened: bool = False
    jsonvalue: bool = False
    exception: bool = False
    fault: bool = False
    location_name: str = ""
    xml_namespace: Namespace | str = ""
    error: ErrorTrait = ErrorTrait()


class Http(msgspec.Struct, frozen=True, rename="camel"):
    """How an operation is reached over HTTP."""

    method: str = "POST"
    request_uri: str = "/"
    response_code: int = 200


class OperationModel(msgspec.Struct, frozen=True, rename="camel"):
    """One operation of a model."""

    name: str
    http: Http = Http()
    input: Ref | None = None
    output: Ref | None = None
    errors: tuple[Ref, ...] = ()
    requestcompression: dict[str, Any] = {}


class Metadata(msgspec.Struct, frozen=True, rename="camel"):
    """What a model says of its service."""

    protocol: str
    protocols: tuple[str, ...] = ()
    api_version: str = ""
    endpoint_prefix: str = ""
    signing_name: str = ""
    target_prefix: str = ""
    json_version: str = "1.0"
    xml_namespace: str = ""
    service_full_name: str = ""
    aws_query_compatible: dict[str, Any] | None = None


class Model(msgspec.Struct, frozen=True):
    """One `service-2.json`."""

    metadata: Metadata
    operations: dict[str, OperationModel]
    shapes: dict[str, msgspec.Raw] = {}


class Shapes(Mapping[str, Shape]):
    """A service's shapes by name, kept packed until each is asked for: a service has thousands, and few are in use."""

    def __init__(self, described: Mapping[str, msgspec.Raw]) -> None:
        """Check that each is a shape, and keep what it says without its documentation.

        Raises:
            msgspec.ValidationError: one is none.
        """
        self._packed = {name: _PACK.encode(_DESCRIBED.decode(shape)) for name, shape in described.items()}
        self._read: dict[str, Shape] = {}

    def __getitem__(self, name: str) -> Shape:
        found = self._read.get(name)
        if found is None:
            found = self._read[name] = _UNPACK.decode(self._packed[name])
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._packed

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


_DESCRIBED = msgspec.json.Decoder(Shape)
_PACK, _UNPACK = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Shape)


class Segment(msgspec.Struct, frozen=True):
    """One segment of a request URI: literal text, a label, or a greedy label."""

    text: str
    label: bool = False
    greedy: bool = False


class Operation:
    """One operation of one service, with what is compiled for it as it is used."""

    def __init__(self, service: Service, model: OperationModel) -> None:
        self.service = service
        self.name = model.name
        self.method = model.http.method
        self.status = model.http.response_code
        self.input = model.input
        self.output = model.output
        self.accepts_gzip = "gzip" in model.requestcompression.get("encodings", ())
        path, _, constants = model.http.request_uri.partition("?")
        self.query_constants = tuple(parse_qsl(constants, keep_blank_values=True))
        self.segments = tuple(_segment(part) for part in path.strip("/").split("/")) if path.strip("/") else ()
        self._errors = model.errors
        for ref in model.errors:
            if ref.shape not in service.shapes:
                raise KeyError(ref.shape)
        self.compiled: dict[tuple[str, str], Callable[..., Any]] = {}

    def __repr__(self) -> str:
        return f"<{self.service.name}:{self.name}>"

    @cached_property
    def errors(self) -> Mapping[str, tuple[str, str]]:
        """Its exceptions by shape name and by code, each to (shape name, code on the wire)."""
        found: dict[str, tuple[str, str]] = {}
        for ref in self._errors:
            code = self.service.shapes[ref.shape].error.code or ref.shape
            found[ref.shape] = found[code] = (ref.shape, code)
        return found

    def shape(self, ref: Ref | None) -> Shape | None:
        """Return the shape behind the operation's input or output, None where it has none."""
        return None if ref is None else self.service.shapes[ref.shape]

    @property
    def event_stream_member(self) -> str | None:
        """The output member that is an event stream, if one is."""
        return _event_stream_member(self.service, self.shape(self.output))

    @property
    def input_is_event_stream(self) -> bool:
        """Say whether the caller sends an event stream."""
        return _event_stream_member(self.service, self.shape(self.input)) is not None


class Service:
    """One AWS service: its model, its operations by name, and what is compiled from them as it is used."""

    def __init__(self, name: str, model: Model) -> None:
        self.name = name
        self.metadata = model.metadata
        self.shapes = Shapes(model.shapes)
        self.protocols = model.metadata.protocols or (model.metadata.protocol,)
        self.signing_name = model.metadata.signing_name or model.metadata.endpoint_prefix
        self.target_prefix = model.metadata.target_prefix
        self.api_version = model.metadata.api_version
        self.operations: Mapping[str, Operation] = {name: Operation(self, op) for name, op in model.operations.items()}
        self.compiled: dict[tuple[str, str, str], Callable[..., Any]] = {}

    def __repr__(self) -> str:
        return f"<service {self.name}>"

    def compile_once(self, key: tuple[str, str, str], build: Callable[[], Callable[..., Any]]) -> Callable[..., Any]:
        """Return what is compiled under a key, built on first use; a shape that holds itself meets a stand-in while it is being built.

        What cannot be built raises every time it is asked for, and where it is met inside something else.
        """
        found = self.compiled.get(key)
        if found is not None:
            return found

        def stand_in(*values: Any) -> Any:
            return self.compile_once(key, build)(*values)

        self.compiled[key] = stand_in
        try:
            built = build()
        except BaseException:  # whatever happened, no stand-in may stay behind: it would call itself
            del self.compiled[key]
            raise
        self.compiled[key] = built
        return built

    def operation(self, name: str) -> Operation:
        """Return an operation by name.

        Raises:
            NotFound: the model has none of that name.
        """
        try:
            return self.operations[name]
        except KeyError:
            raise NotFound(f"service `{self.name}` has no operation `{name[:100]}`") from None


def load_service(name: str) -> Service:
    """Return a service by botocore's name for it (`bedrock-runtime`); the model is read once.

    Raises:
        UnservedService: botocore knows no such service, or it speaks none of our protocols.
    """
    if not _SERVICE_NAME.fullmatch(name):
        raise UnservedService(f"`{name[:64]}` is not the name of an AWS service")
    return _load(name)


def service_from_model(name: str, model: Mapping[str, Any]) -> Service:
    """Make a service from a model in botocore's format that is already in memory."""
    return Service(name, msgspec.json.decode(msgspec.json.encode(model), type=Model))


@lru_cache(maxsize=512)
def _load(name: str) -> Service:
    folder = files("botocore").joinpath("data", name)
    if not folder.is_dir():
        raise UnservedService(f"`{name}` is not an AWS service that botocore knows")
    version = max(entry.name for entry in folder.iterdir() if entry.is_dir())
    packed = folder.joinpath(version, "service-2.json.gz")
    raw = gzip.decompress(packed.read_bytes()) if packed.is_file() else folder.joinpath(version, "service-2.json").read_bytes()
    service = Service(name, msgspec.json.decode(raw, type=Model))
    if not set(service.protocols) & set(PROTOCOLS):
        raise UnservedService(f"service `{name}` speaks {', '.join(service.protocols)}, which ringwall does not")
    return service


def _segment(text: str) -> Segment:
    label = _LABEL.fullmatch(text)
    return Segment(text) if label is None else Segment(label[1], label=True, greedy=bool(label[2]))


def _event_stream_member(service: Service, shape: Shape | None) -> str | None:
    if shape is None:
        return None
    return next((name for name, ref in shape.members.items() if service.shapes[ref.shape].eventstream), None)
