"""Models in the settings: tables in the file, JSON in a variable, authorities in a file."""

from __future__ import annotations

import json
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ringwall.bootstrap.settings import Settings, load_settings
from ringwall.bootstrap.tls import TlsRefused, development_files, trusted_authorities
from ringwall.errors import SettingsError
from ringwall.inference.upstreams.row import DEVELOPMENT_ROW, ModelRow, Timeouts

FILE = """
[[models]]
id = "gpt-4o"
aliases = ["best"]
upstream = "openai+https://api.openai.com/v1"
credential = "env:OPENAI_API_KEY"

[[models]]
id = "llama-*"
upstream = "openai+http://127.0.0.1:8000/v1"
allow_private = true
timeouts = { first_byte_s = 300 }
"""
ROWS = (
    ModelRow(id="gpt-4o", aliases=("best",), upstream="openai+https://api.openai.com/v1", credential="env:OPENAI_API_KEY"),
    ModelRow(id="llama-*", upstream="openai+http://127.0.0.1:8000/v1", allow_private=True, timeouts=Timeouts(first_byte_s=300.0)),
)


def test_without_a_word_there_is_the_built_in_model() -> None:
    assert Settings().models == (DEVELOPMENT_ROW,)


def test_models_are_read_from_tables(tmp_path: Path) -> None:
    (tmp_path / "ringwall.toml").write_text(FILE)
    sourced = load_settings({}, directory=tmp_path)
    assert sourced.settings.models == ROWS
    assert sourced.origins["models"] == str(tmp_path / "ringwall.toml")


def test_models_are_read_from_a_variable(tmp_path: Path) -> None:
    rows = [{"id": "m", "upstream": "bedrock://us-east-1", "credential": "file:aws"}]
    settings = load_settings({"RINGWALL_MODELS": json.dumps(rows)}, directory=tmp_path).settings
    assert settings.models == (ModelRow(id="m", upstream="bedrock://us-east-1", credential="file:aws"),)


@pytest.mark.parametrize(
    "text",
    ['[{"id": "m"', "m", '[{"id": "m"}]', '[{"id": "m", "upstream": "development:", "key": "sk-1"}]'],
    ids=["no JSON", "a word", "no upstream", "a member that is none"],
)
def test_what_is_no_list_of_models_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="setting `models`"):
        load_settings({"RINGWALL_MODELS": text}, directory=tmp_path)


def test_the_machine_s_authorities_and_those_of_a_file_are_trusted(tmp_path: Path) -> None:
    assert trusted_authorities("") is None
    files = development_files(tmp_path, "localhost", datetime.now(UTC))
    context = trusted_authorities(str(files.ca))
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert len(context.get_ca_certs()) == len(ssl.create_default_context().get_ca_certs()) + 1


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_file_of_no_authorities_is_refused(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    with pytest.raises(TlsRefused):
        trusted_authorities(str(tmp_path / "ca.pem"))
