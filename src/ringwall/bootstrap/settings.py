"""Settings, read once: defaults, then `ringwall.toml`, then `RINGWALL_*`, then the command line; each value knows its origin."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from ringwall.errors import SettingsError
from ringwall.inference.upstreams.row import DEVELOPMENT_ROW, ModelRow
from ringwall.vocabulary import Limits
from ringwall.watch.levels import Levels

PREFIX = "RINGWALL_"
NOT_SETTINGS = ("RINGWALL_TEST_", "RINGWALL_SHARED", "RINGWALL_URL", "RINGWALL_API_KEY")
"""Names in the environment that belong to the test suite, or to programs that call a ringwall (`read_client_environment`)."""

OPENTELEMETRY = {"OTEL_EXPORTER_OTLP_ENDPOINT": "otlp_endpoint", "OTEL_SERVICE_NAME": "otlp_service_name"}
"""OpenTelemetry's own variables, and the settings that they stand for; ringwall's own variables win."""

OPENTELEMETRY_HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"
"""Where it is set, it is what `otlp_headers` refers to by default: the setting never holds what it says."""

OPENTELEMETRY_OFF = "OTEL_SDK_DISABLED"

FILE_NAME = "ringwall.toml"

_describe = msgspec.Meta


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that an operator may choose. Secrets appear as references only (`file:`, `env:`)."""

    data_dir: Annotated[str, _describe(description="folder of the database, the root key, certificates and server.json")] = "./var"
    host: Annotated[str, _describe(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, _describe(ge=0, le=65535, description="port to listen on; 0 picks a free one")] = 8741
    region: Annotated[str, _describe(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]\Z", description="AWS region in ARNs")] = "us-east-1"
    storage_url: Annotated[str, _describe(description="postgresql://... ; empty: SQLite in data_dir")] = ""
    root_key: Annotated[
        str, _describe(description="reference of the key that seals secrets: file:PATH or env:NAME; empty: a file in data_dir")
    ] = ""
    ledger_origin: Annotated[
        str,
        _describe(
            max_length=200,
            description="what the origins of the ledger's logs begin with, an URL without scheme; looked at by the first start only; "
            "empty: ringwall.internal and a random name",
        ),
    ] = ""
    ledger_hot_entries: Annotated[
        int,
        _describe(
            ge=0,
            description="audit records that stay in the database; older ones are moved to frozen shards of 65,536 in data_dir, and their "
            "erasable halves end; 0: all stay",
        ),
    ] = 0
    allowed_hosts: Annotated[
        tuple[str, ...], _describe(description="host names besides the loopback ones under which console and native API answer")
    ] = ()
    failed_authentications_per_minute: Annotated[
        int, _describe(ge=0, le=1_000_000, description="from one address; above it whoever fails there has to wait; 0: no bound")
    ] = 60
    shared_networks: Annotated[
        tuple[str, ...],
        _describe(description="networks whose addresses stand for many (a proxy's), so that failures are not counted by them"),
    ] = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
    tls_dev_ca: Annotated[bool, _describe(description="serve HTTPS with a development CA kept in data_dir")] = False
    tls_certificate: Annotated[str, _describe(description="PEM file with the certificate chain; with tls_private_key: serve HTTPS")] = ""
    tls_private_key: Annotated[str, _describe(description="PEM file with the certificate's private key")] = ""
    receive_timeout_s: Annotated[float, _describe(gt=0, le=600, description="seconds that a request's body may take to arrive")] = 30.0
    in_flight_bytes: Annotated[
        int, _describe(ge=1_048_576, description="bytes of request bodies held at once; above it requests are throttled")
    ] = 268_435_456
    log_level: Annotated[Literal["debug", "info", "warning", "error"], _describe(description="least severity that is logged")] = "warning"
    models: Annotated[
        tuple[ModelRow, ...],
        _describe(
            description="models that every account may ask, and where they are (docs/operations/upstreams.md); default: the built-in one"
        ),
    ] = (DEVELOPMENT_ROW,)
    upstream_ca_file: Annotated[
        str, _describe(description="PEM file with authorities that upstreams' certificates may come from, beside the machine's")
    ] = ""
    budgets_file: Annotated[
        str,
        _describe(description="JSON file with limits on what each account may use (docs/operations/limits.md)"),
    ] = ""
    price_table: Annotated[str, _describe(description="JSON file with what models cost; empty: the one that comes with ringwall")] = ""
    budget_store: Annotated[
        str,
        _describe(description="redis://HOST:PORT/DATABASE that all workers count limits and rates in; empty: each process counts its own"),
    ] = ""
    budget_store_password: Annotated[str, _describe(description="reference of its password: env:NAME, or file:NAME in data_dir")] = ""
    budget_store_unreachable: Annotated[
        Literal["closed", "open"],
        _describe(description="while it does not answer: refuse what must be counted, or let calls pass uncounted and count rates apart"),
    ] = "closed"
    code_semgrep: Annotated[
        str,
        _describe(
            description="path of the program semgrep, which reads code in models' answers that is not Python (docs/filters/code.md); "
            "empty: such code is not scanned"
        ),
    ] = ""
    watch: Annotated[
        Levels,
        _describe(
            description="what judges content: the linear model, and the encoder where it is unsure (cascade), or the linear model alone"
        ),
    ] = "cascade"
    watch_judge: Annotated[
        str,
        _describe(
            description="JSON file in data_dir that describes a judge, asked about content that the watch is unsure of "
            "(docs/filters/watch.md); empty: none"
        ),
    ] = ""
    customer_keys: Annotated[
        tuple[str, ...],
        _describe(
            description="keys that accounts may have their sealed prompts' keys wrapped with (docs/operations/sealed-prompts.md): "
            "`local:NAME`, `aws-kms:` and the ARN of a key; a `*` at the end stands for any rest"
        ),
    ] = ("local:*",)
    kms_endpoint: Annotated[
        str, _describe(description="https://HOST:PORT of another server that speaks KMS's protocol; empty: AWS's own")
    ] = ""
    metrics: Annotated[
        Literal["loopback", "token", "off"],
        _describe(description="who may read /metrics: whoever asks from this machine, whoever has the token, or nobody"),
    ] = "loopback"
    metrics_token: Annotated[str, _describe(description="reference of that token: env:NAME, or file:NAME in data_dir")] = ""
    metrics_accounts: Annotated[bool, _describe(description="tell metrics and traces whose requests they are about, by account id")] = False
    otlp_endpoint: Annotated[
        str,
        _describe(description="http(s)://HOST:PORT of an OpenTelemetry collector that traces and metrics are sent to; empty: none"),
    ] = ""
    otlp_headers: Annotated[
        str, _describe(description="reference of the headers that it takes, NAME=VALUE,...: env:NAME, or file:NAME in data_dir")
    ] = ""
    otlp_service_name: Annotated[str, _describe(min_length=1, max_length=100, description="what this service is called there")] = "ringwall"
    otlp_trace_ratio: Annotated[
        float, _describe(ge=0, le=1, description="of the traces that begin here, how many are kept; a caller decides for its own")
    ] = 1.0
    otlp_interval_s: Annotated[float, _describe(ge=1, le=3600, description="seconds between two messages of metrics")] = 60.0
    limits: Limits = Limits()

    @property
    def directory(self) -> Path:
        """The data folder, absolute."""
        return Path(self.data_dir).expanduser().absolute()

    @property
    def serves_tls(self) -> bool:
        """Whether the port speaks HTTPS."""
        return self.tls_dev_ca or bool(self.tls_certificate)


class Sourced(msgspec.Struct, frozen=True):
    """Settings, and for each name (`limits.body_bytes` for nested ones) where its value came from."""

    settings: Settings
    origins: dict[str, str]


def _types() -> dict[str, Any]:
    """Return each setting's name and type, nested limits as `limits.NAME`."""
    plain = get_type_hints(Settings, include_extras=True)
    del plain["limits"]
    return plain | {f"limits.{name}": kind for name, kind in get_type_hints(Limits, include_extras=True).items()}


TYPES = _types()


def describe_settings() -> dict[str, str]:
    """Return what each setting means; the limits are explained at `ringwall.vocabulary.Limits`."""
    return {name: _description_of(kind) for name, kind in TYPES.items()}


def _description_of(kind: Any) -> str:
    for extra in get_args(kind)[1:] if get_origin(kind) is Annotated else ():
        if isinstance(extra, msgspec.Meta):
            return extra.description or ""
    return "a bound on every request"


def read_environment() -> dict[str, str]:
    """Take ringwall's variables from the process environment: the only place that reads it."""
    taken = dict(os.environ)
    known = {*OPENTELEMETRY, OPENTELEMETRY_HEADERS, OPENTELEMETRY_OFF}
    return {
        name: value for name, value in taken.items() if name in known or (name.startswith(PREFIX) and not name.startswith(NOT_SETTINGS))
    }


def read_client_environment() -> tuple[str, str]:
    """Take the address and the API key that a program calls a ringwall with; empty where they are not set."""
    return os.environ.get("RINGWALL_URL", ""), os.environ.get("RINGWALL_API_KEY", "")


def read_root_environment(reference: str) -> dict[str, str]:
    """Take the one variable that an `env:` reference names."""
    scheme, _, name = reference.partition(":")
    value = os.environ.get(name) if scheme == "env" else None
    return {} if value is None else {name: value}


def read_variable(name: str) -> str | None:
    """Return a variable of the process that a credential's reference (`env:NAME`) names."""
    return os.environ.get(name)


def load_settings(environ: Mapping[str, str], *, directory: Path, flags: Mapping[str, Any] | None = None) -> Sourced:
    """Join defaults, the file, the environment and the command line, later ones winning.

    Args:
        environ: variables that start with `RINGWALL_`: `RINGWALL_LIMITS_BODY_BYTES` sets `limits.body_bytes`, `RINGWALL_CONFIG`
            names the file.
        directory: where `ringwall.toml` is looked for when `RINGWALL_CONFIG` is not set.
        flags: names and values from the command line; None means not given.

    Raises:
        SettingsError: an unknown name (the nearest known one is named), a wrong value, or an unreadable file.
    """
    named = environ.get(f"{PREFIX}CONFIG")
    values: dict[str, Any] = {}
    origins: dict[str, str] = dict.fromkeys(TYPES, "default")
    for origin, layer in (
        *_file_layer(Path(named) if named else directory / FILE_NAME, must_exist=bool(named)),
        *_opentelemetry_layer(environ),
        *_environment_layer(environ),
        ("command line", {name: value for name, value in (flags or {}).items() if value is not None}),
    ):
        for name, value in layer.items():
            values[name] = _convert(name, value, origin)
            origins[name] = origin
    limits = {name.removeprefix("limits."): value for name, value in values.items() if name.startswith("limits.")}
    plain = {name: value for name, value in values.items() if "." not in name}
    settings = Settings(**plain, limits=Limits(**limits))
    too_small = [name for name, limit in msgspec.structs.asdict(settings.limits).items() if limit < 1]
    if too_small:
        raise SettingsError(f"setting `limits.{too_small[0]}` must be at least 1")
    if bool(settings.tls_certificate) != bool(settings.tls_private_key):
        raise SettingsError("`tls_certificate` and `tls_private_key` are given together or not at all")
    if (settings.metrics == "token") != bool(settings.metrics_token):
        raise SettingsError('`metrics_token` and `metrics = "token"` are given together or not at all')
    if settings.tls_certificate and settings.tls_dev_ca:
        raise SettingsError("`tls_dev_ca` makes its own certificate; leave out `tls_certificate` or turn it off")
    return Sourced(settings, origins)


def _file_layer(path: Path, *, must_exist: bool) -> list[tuple[str, dict[str, Any]]]:
    """Read the settings file, `[limits]` flattened to dotted names."""
    try:
        read = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if must_exist:
            raise SettingsError(f"the settings file `{path}` does not exist", remedy="unset RINGWALL_CONFIG or correct it") from None
        return []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"the settings file `{path}` cannot be read: {error}") from error
    flat: dict[str, Any] = {}
    for name, value in read.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": setting for inner, setting in value.items()}
        else:
            flat[name] = value
    return [(str(path), flat)]


def _opentelemetry_layer(environ: Mapping[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """Map OpenTelemetry's variables to settings; an empty one counts as absent (Source: its specification of environment variables)."""
    if environ.get(OPENTELEMETRY_OFF, "").strip().lower() == "true":
        return []
    layers = [
        (f"environment {variable}", {name: environ[variable].strip()}) for variable, name in OPENTELEMETRY.items() if environ.get(variable)
    ]
    if environ.get(OPENTELEMETRY_HEADERS):
        layers.append((f"environment {OPENTELEMETRY_HEADERS}", {"otlp_headers": f"env:{OPENTELEMETRY_HEADERS}"}))
    return layers


def _environment_layer(environ: Mapping[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """Map `RINGWALL_LIMITS_X` to `limits.x` and `RINGWALL_X` to `x`, one layer per variable so that each names itself as origin."""
    layers: list[tuple[str, dict[str, Any]]] = []
    for variable in sorted(environ):
        name = variable.removeprefix(PREFIX).lower()
        if name == "config" or not variable.startswith(PREFIX) or variable.startswith(NOT_SETTINGS):
            continue
        dotted = f"limits.{name.removeprefix('limits_')}" if name.startswith("limits_") else name
        layers.append((f"environment {variable}", {dotted: environ[variable]}))
    return layers


def _convert(name: str, value: Any, origin: str) -> Any:
    """Check one value against its setting's type; words from the environment become numbers, booleans and lists."""
    if name not in TYPES:
        near = difflib.get_close_matches(name, TYPES, n=1, cutoff=0.0)
        raise SettingsError(f"unknown setting `{name[:100]}` ({origin})", remedy=f"the nearest setting is `{near[0]}`")
    kind = TYPES[name]
    lenient = origin.startswith(("environment", "command line"))
    if lenient and isinstance(value, str) and "tuple" in str(kind):
        value = _listed(name, value, origin)
    try:
        return msgspec.convert(value, kind, strict=not lenient)
    except msgspec.ValidationError as error:
        raise SettingsError(f"setting `{name}` ({origin}) is wrong: {error}") from error


def _listed(name: str, text: str, origin: str) -> Any:
    """Read a list from one variable: words with commas between them, or JSON where its items are more than words."""
    if not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise SettingsError(f"setting `{name}` ({origin}) is no JSON: {error}") from None
