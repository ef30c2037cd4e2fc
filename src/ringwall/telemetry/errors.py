"""What telemetry refuses."""

from __future__ import annotations

from ringwall.errors import CallerError, NotAuthenticated, SettingsError


class TelemetryMissing(SettingsError, code="telemetry-missing"):
    """A collector is set, and the library for it is not installed."""

    remedy = "install the extra: pip install 'ringwall[telemetry]', or leave `otlp_endpoint` (OTEL_EXPORTER_OTLP_ENDPOINT) empty"


class CollectorRefused(SettingsError, code="collector-refused"):
    """The collector's address or headers cannot be used."""

    remedy = "write http://HOST:PORT or https://HOST:PORT without path and secrets; headers as a reference in `otlp_headers`"


class MetricsRefused(NotAuthenticated, code="metrics-refused", status=401):
    """Who asks may not read the metrics."""

    remedy = "ask from this machine without a proxy, or with the token that the setting `metrics_token` names"


class MetricsUnserved(CallerError, code="metrics-unserved", status=404):
    """This server shows no metrics."""

    remedy = "see the setting `metrics`"


class MetricsTokenRefused(SettingsError, code="metrics-token-refused"):
    """The token of the metrics cannot be used."""

    remedy = "put it in a file of data_dir for its owner alone (`file:NAME`) or in a variable (`env:NAME`), 16 characters at least"
