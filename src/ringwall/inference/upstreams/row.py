"""A row of the model table, and the table of URI schemes: what a row's `upstream` may say.

    openai+https://HOST[:PORT]/PATH        OpenAI chat completions; `/chat/completions` is added
    anthropic+https://HOST[:PORT][/PATH]   Anthropic messages; `/v1/messages` is added
    bedrock://REGION                       Amazon Bedrock, Converse
    bedrock+https://HOST[:PORT]?region=REGION   the same at another endpoint
    sagemaker+https://HOST[:PORT]/PATH     an endpoint of a classic model, asked by InvokeEndpoint; nothing is added
    development:                           the built-in model; no network

`+http` in `+https`'s place is for servers in one's own network: the row must say `allow_private`.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ringwall.inference.upstreams.errors import ModelRowRefused

Kind = Literal["openai", "anthropic", "bedrock", "sagemaker", "development"]

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._:/@+-]*"
ModelName = Annotated[str, Meta(min_length=1, max_length=512, pattern=rf"^{NAME_PATTERN}\Z")]
ModelPattern = Annotated[str, Meta(min_length=1, max_length=512, pattern=rf"^{NAME_PATTERN}\*?\Z")]

_KINDS: dict[str, Kind] = {"openai": "openai", "anthropic": "anthropic", "bedrock": "bedrock", "sagemaker": "sagemaker"}
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}")
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")  # a last label that resolvers would read as part of a number
_URI = re.compile(
    r"(?P<kind>openai|anthropic|bedrock|sagemaker)\+(?P<web>https?)://"
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]{1,253})(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~-]+)*)/?(?:\?region=(?P<region>[a-z0-9-]+))?"
)


class Timeouts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the upstream may take, in seconds.

    connect_s: to let a connection be made. first_byte_s: from then to the first byte of its answer; a whole answer has none before it is
    thought out. idle_s: between two pieces of an answer. total_s: everything, repetitions and slow readers included.
    """

    connect_s: Annotated[float, Meta(gt=0, le=120)] = 5.0
    first_byte_s: Annotated[float, Meta(gt=0, le=3600)] = 120.0
    idle_s: Annotated[float, Meta(gt=0, le=3600)] = 60.0
    total_s: Annotated[float, Meta(gt=0, le=7200)] = 600.0


class ModelRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a model is.

    id: the model as applications name it, or the beginning of such names and a `*`.
    aliases: other names for it.
    upstream: its server's URI.
    model: what the server calls it; empty: as the application named it.
    credential: a reference, `env:NAME` or `file:NAME`; empty: the server wants none.
    allow_private: the server may be at a private or loopback address.
    tokenize: the server has vLLM's `/tokenize`, beside the last part `/v1` of its path: it counts the tokens of what it would be asked.
    """

    id: ModelPattern
    upstream: Annotated[str, Meta(max_length=2048)]
    aliases: Annotated[tuple[ModelName, ...], Meta(max_length=32)] = ()
    model: Annotated[str, Meta(max_length=512, pattern=rf"^(?:{NAME_PATTERN})?\Z")] = ""
    credential: Annotated[str, Meta(max_length=200, pattern=r"^(?:env:[A-Z][A-Z0-9_]*|file:[A-Za-z0-9][A-Za-z0-9._-]*)?\Z")] = ""
    allow_private: bool = False
    tokenize: bool = False
    timeouts: Timeouts = Timeouts()

    @property
    def is_pattern(self) -> bool:
        """Whether the row is for every name that begins as its id does; each such name is a model of its own."""
        return self.id.endswith("*")


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """An upstream's URI, read. `host` is without the brackets of IPv6, `authority` as it stands in the Host header."""

    kind: Kind
    secure: bool = True
    host: str = ""
    authority: str = ""
    path: str = ""
    region: str = ""


DEVELOPMENT_ROW = ModelRow(id="ringwall.development-v1", aliases=("development",), upstream="development:")
"""What the table holds where the settings name no models."""


def parse_upstream(uri: str) -> Address:
    """Read a row's `upstream`.

    Raises:
        ModelRowRefused: none of the forms above; the URI is not quoted, since it may hold a password.
    """
    if uri == "development:":
        return Address(kind="development")
    region = uri.removeprefix("bedrock://").removesuffix("/")
    if region != uri and _REGION.fullmatch(region):
        host = f"bedrock-runtime.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")
        return Address(kind="bedrock", host=host, authority=host, region=region)
    found = _URI.fullmatch(uri)
    if found is None:
        raise ModelRowRefused("the upstream is not a URI that this release reads")
    kind, region = _KINDS[found["kind"]], found["region"] or ""
    if (kind == "bedrock") != bool(_REGION.fullmatch(region)):
        raise ModelRowRefused("`?region=` belongs to upstreams of Bedrock, and to each of them")
    if any(set(part) == {"."} for part in found["path"].split("/") if part):
        raise ModelRowRefused("the upstream's path has a part of dots")
    host, secure = _host(found["host"]), found["web"] == "https"
    port = int(found["port"] or (443 if secure else 80))
    if not 1 <= port <= 65535:
        raise ModelRowRefused("the upstream's port is not between 1 and 65535")
    shown = f"[{host}]" if ":" in host else host
    authority = shown if port == (443 if secure else 80) else f"{shown}:{port}"
    return Address(kind=kind, secure=secure, host=host, authority=authority, path=found["path"], region=region)


def _host(text: str) -> str:
    """Return a host name, or an address in its one canonical form."""
    bare = text[1:-1] if text.startswith("[") else text
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        if text.startswith("[") or not _HOST.fullmatch(text) or _NUMERIC.fullmatch(text.rpartition(".")[2]):
            raise ModelRowRefused("the upstream's host is neither a name nor a canonical address") from None
        return text
    if (address.version == 6) != text.startswith("["):
        raise ModelRowRefused("an IPv6 address stands in brackets, an IPv4 address does not")
    return str(address)


def check_row(row: ModelRow) -> Address:
    """Read a row's upstream and refuse what the row's members cannot say together.

    Raises:
        ModelRowRefused: the URI cannot be read, or a cleartext one without `allow_private`, or Bedrock without credentials.
    """
    address = parse_upstream(row.upstream)
    if not address.secure and not row.allow_private:
        raise ModelRowRefused("an `http` upstream is for one's own network only", remedy="use `https`, or set `allow_private`")
    if address.kind == "bedrock" and not row.credential:
        raise ModelRowRefused("Bedrock answers no one without a credential", remedy="name one: `env:NAME` or `file:NAME`")
    if address.kind == "development" and (row.credential or row.allow_private or row.model):
        raise ModelRowRefused("the built-in model has no credential, no network and no other name")
    if row.tokenize and address.kind != "openai":
        raise ModelRowRefused("`tokenize` is for servers of OpenAI's dialect; the others count in a way of their own, or not at all")
    if row.is_pattern and row.model:
        raise ModelRowRefused("a pattern stands for several models, so the upstream cannot have one name for them")
    if row.is_pattern and row.aliases:
        raise ModelRowRefused("a pattern has no aliases")
    if row.is_pattern and address.kind == "sagemaker":  # each name would be another model to monitors and limits, and all of them this one
        raise ModelRowRefused("an endpoint's URI leads to one model, so a pattern cannot stand for several", remedy="name it, with aliases")
    return address
