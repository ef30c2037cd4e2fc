"""Who watches, from settings: OpenTelemetry's own variables, references of secrets, and refusals to start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ringwall.api.hosts import Hosts
from ringwall.bootstrap.settings import Sourced, load_settings
from ringwall.bootstrap.watchers import Watchers, open_watchers
from ringwall.errors import SettingsError
from ringwall.telemetry.errors import CollectorRefused, MetricsTokenRefused

TOKEN = "a-token-of-24-characters"


def load(tmp_path: Path, environ: dict[str, str]) -> Sourced:
    return load_settings(environ, directory=tmp_path)


def watchers(tmp_path: Path, **flags: Any) -> Watchers:
    settings = load_settings({}, directory=tmp_path, flags={"data_dir": str(tmp_path), **flags}).settings
    return open_watchers(settings, instance="i-1")


def test_opentelemetrys_own_variables_are_settings(tmp_path: Path) -> None:
    given = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318",
        "OTEL_SERVICE_NAME": "wall",
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20secret",
    }
    sourced = load(tmp_path, given)
    settings = sourced.settings
    assert (settings.otlp_endpoint, settings.otlp_service_name) == ("http://127.0.0.1:4318", "wall")
    assert settings.otlp_headers == "env:OTEL_EXPORTER_OTLP_HEADERS"  # what it says is nowhere in the settings
    assert sourced.origins["otlp_endpoint"] == "environment OTEL_EXPORTER_OTLP_ENDPOINT"
    assert load(tmp_path, {**given, "RINGWALL_OTLP_ENDPOINT": ""}).settings.otlp_endpoint == ""
    assert load(tmp_path, {**given, "OTEL_SDK_DISABLED": "true"}).settings.otlp_endpoint == ""
    assert load(tmp_path, {"OTEL_EXPORTER_OTLP_ENDPOINT": "", "OTEL_SERVICE_NAME": ""}).settings.otlp_service_name == "ringwall"


def test_without_a_word_the_metrics_are_for_this_machine_and_nobody_is_told(tmp_path: Path) -> None:
    found = watchers(tmp_path)
    assert (found.collector, found.token, found.watching.trace) == (None, None, None)
    assert found.store is not None
    assert len(found.watching.observers) == 2


def test_switched_off_only_the_last_hour_is_kept(tmp_path: Path) -> None:
    found = watchers(tmp_path, metrics="off")
    assert (found.store, found.watching.observers) == (None, (found.watching.traffic,))


def test_a_token_is_a_reference(tmp_path: Path) -> None:
    path = tmp_path / "metrics-token"
    path.write_text(TOKEN + "\n")
    path.chmod(0o600)
    found = watchers(tmp_path, metrics="token", metrics_token="file:metrics-token")
    assert found.token == TOKEN
    assert TOKEN not in repr(found)
    assert found.metrics(Hosts("127.0.0.1", ())) is not None


@pytest.mark.parametrize(
    ("flags", "refusal"),
    {
        "a token without a reference": ({"metrics": "token"}, SettingsError),
        "a reference without the setting": ({"metrics_token": "file:token"}, SettingsError),
        "a token that is not there": ({"metrics": "token", "metrics_token": "file:none"}, MetricsTokenRefused),
        "a variable that is not there": ({"metrics": "token", "metrics_token": "env:RINGWALL_TEST_NONE"}, MetricsTokenRefused),
        "a token that others can read": ({"metrics": "token", "metrics_token": "file:open"}, MetricsTokenRefused),
        "a short token": ({"metrics": "token", "metrics_token": "file:short"}, MetricsTokenRefused),
        "a token outside the folder": ({"metrics": "token", "metrics_token": "file:../token"}, MetricsTokenRefused),
        "a token that is no reference": ({"metrics": "token", "metrics_token": TOKEN}, MetricsTokenRefused),
        "no address": ({"otlp_endpoint": "collector:4318"}, CollectorRefused),
        "another scheme": ({"otlp_endpoint": "grpc://127.0.0.1:4317"}, CollectorRefused),
        "a secret in the address": ({"otlp_endpoint": "https://user:secret@127.0.0.1"}, CollectorRefused),
        "a port that is none": ({"otlp_endpoint": "http://127.0.0.1:99999"}, CollectorRefused),
        "headers that are not there": ({"otlp_endpoint": "http://127.0.0.1:4318", "otlp_headers": "file:none"}, CollectorRefused),
        "headers that are none": ({"otlp_endpoint": "http://127.0.0.1:4318", "otlp_headers": "file:headers"}, CollectorRefused),
        "headers of two lines": ({"otlp_endpoint": "http://127.0.0.1:4318", "otlp_headers": "file:lines"}, CollectorRefused),
    }.values(),
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, flags: dict[str, Any], refusal: type[SettingsError]) -> None:
    for name, text in (("short", "abc"), ("headers", "no equals sign"), ("lines", "a=b%0d%0ac: d"), ("token", TOKEN)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "open").write_text(TOKEN)
    (tmp_path / "open").chmod(0o644)
    with pytest.raises(refusal) as caught:
        watchers(tmp_path, **flags)
    assert TOKEN not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_collector_without_the_extra_refuses_the_start(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from pathlib import Path\n"
        "from ringwall.bootstrap.settings import load_settings\n"
        "from ringwall.bootstrap.watchers import open_watchers\n"
        f"settings = load_settings({{'OTEL_EXPORTER_OTLP_ENDPOINT': 'http://127.0.0.1:4318'}}, directory=Path({str(tmp_path)!r})).settings\n"
        "try: open_watchers(settings, instance='i')\n"
        "except Exception as error: print(error.code, error.how_to_mend)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("telemetry-missing install the extra: pip install 'ringwall[telemetry]'")


def test_without_a_collector_its_library_is_not_loaded(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; import ringwall.bootstrap.house\n"
        "from ringwall.bootstrap.settings import load_settings\n"
        "from ringwall.bootstrap.watchers import open_watchers\n"
        f"open_watchers(load_settings({{}}, directory=Path({str(tmp_path)!r})).settings, instance='i')\n"
        "print(*sorted({'opentelemetry', 'prometheus_client', 'requests', 'google.protobuf'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []
