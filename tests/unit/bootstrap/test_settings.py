"""Settings: who wins, where a value came from, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ringwall.bootstrap.settings import TYPES, describe_settings, load_settings
from ringwall.errors import SettingsError

ROOT = Path(__file__).resolve().parents[3]


def load(directory: Path, environ: dict[str, str] | None = None, **flags: Any) -> Any:
    return load_settings(environ or {}, directory=directory, flags=flags)


def test_later_layers_win_and_each_value_knows_its_origin(tmp_path: Path) -> None:
    (tmp_path / "ringwall.toml").write_text(
        'port = 1001\nhost = "10.0.0.1"\nregion = "eu-west-1"\n[limits]\nbody_bytes = 5000\njson_depth = 9\n'
    )
    sourced = load(
        tmp_path, {"RINGWALL_PORT": "1002", "RINGWALL_LIMITS_JSON_DEPTH": "10", "RINGWALL_HOST": "10.0.0.2"}, port=1003, host=None
    )
    settings, origins = sourced.settings, sourced.origins
    assert (settings.port, origins["port"]) == (1003, "command line")
    assert (settings.host, origins["host"]) == ("10.0.0.2", "environment RINGWALL_HOST")
    assert (settings.region, origins["region"]) == ("eu-west-1", str(tmp_path / "ringwall.toml"))
    assert (settings.limits.body_bytes, settings.limits.json_depth) == (5000, 10)
    assert origins["limits.json_depth"] == "environment RINGWALL_LIMITS_JSON_DEPTH"
    assert (settings.log_level, origins["log_level"]) == ("warning", "default")


def test_words_from_the_environment_become_values(tmp_path: Path) -> None:
    environ = {"RINGWALL_TLS_DEV_CA": "true", "RINGWALL_ALLOWED_HOSTS": "a.example, b.example", "RINGWALL_RECEIVE_TIMEOUT_S": "1.5"}
    settings = load(tmp_path, environ).settings
    assert settings.tls_dev_ca is True
    assert settings.allowed_hosts == ("a.example", "b.example")
    assert settings.receive_timeout_s == 1.5


def test_the_file_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("port = 7")
    assert load(tmp_path, {"RINGWALL_CONFIG": str(tmp_path / "other.toml")}).settings.port == 7


@pytest.mark.parametrize(
    ("environ", "file", "said", "remedy"),
    [
        pytest.param({"RINGWALL_PROT": "1"}, "", "unknown setting `prot`", "`port`", id="a misspelt variable"),
        pytest.param({}, "hots = 'x'", "unknown setting `hots`", "`host`", id="a misspelt name in the file"),
        pytest.param({}, "[limits]\nbody = 1", "unknown setting `limits.body`", "`limits.body_bytes`", id="a misspelt limit"),
        pytest.param({}, "[server]\nport = 1", "unknown setting `server.port`", "", id="an unknown table"),
        pytest.param({"RINGWALL_PORT": "eighty"}, "", "setting `port`", "", id="a word for a number"),
        pytest.param({"RINGWALL_PORT": "70000"}, "", "setting `port`", "", id="a port that is none"),
        pytest.param({}, "port = '8741'", "setting `port`", "", id="a number in quotes in the file"),
        pytest.param({"RINGWALL_REGION": "mars"}, "", "setting `region`", "", id="a region that is none"),
        pytest.param({"RINGWALL_REGION": "us-east-1\n"}, "", "setting `region`", "", id="a region with a line break after it"),
        pytest.param({"RINGWALL_LOG_LEVEL": "loud"}, "", "setting `log_level`", "", id="a level that is none"),
        pytest.param({"RINGWALL_LIMITS_JSON_DEPTH": "0"}, "", "`limits.json_depth` must be at least 1", "", id="a limit of nothing"),
        pytest.param({}, "port = ", "cannot be read", "", id="a file that is no TOML"),
        pytest.param({"RINGWALL_CONFIG": "/nowhere/x.toml"}, "", "does not exist", "RINGWALL_CONFIG", id="a file that is not there"),
        pytest.param({"RINGWALL_TLS_CERTIFICATE": "c.pem"}, "", "given together", "", id="a certificate without its key"),
        pytest.param(
            {"RINGWALL_TLS_CERTIFICATE": "c.pem", "RINGWALL_TLS_PRIVATE_KEY": "k.pem", "RINGWALL_TLS_DEV_CA": "1"},
            "",
            "makes its own certificate",
            "",
            id="two certificates",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, environ: dict[str, str], file: str, said: str, remedy: str) -> None:
    if file:
        (tmp_path / "ringwall.toml").write_text(file)
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, environ)
    assert said in refused.value.message
    assert remedy in refused.value.how_to_mend


def test_the_test_suites_own_variables_are_not_settings(tmp_path: Path) -> None:
    load(tmp_path, {"RINGWALL_TEST_POSTGRES": "x", "RINGWALL_SHARED": "y"})


def test_every_setting_is_explained_in_the_program_and_in_the_manual() -> None:
    described = describe_settings()
    manual = (ROOT / "docs" / "operations" / "settings.md").read_text("utf-8")
    for name in TYPES:
        assert described[name]
        assert f"`{name}`" in manual, name
