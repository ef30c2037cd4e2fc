"""What a row may say, and what it leads to."""

from __future__ import annotations

import msgspec
import pytest

from ringwall.inference.limits.shared import HOLD_MS
from ringwall.inference.upstreams.connections import reach_of
from ringwall.inference.upstreams.errors import ModelRowRefused
from ringwall.inference.upstreams.reach import Reach, allows
from ringwall.inference.upstreams.row import Address, ModelRow, Timeouts, check_row, parse_upstream

READ = {
    "openai+https://api.openai.com/v1": Address(kind="openai", host="api.openai.com", authority="api.openai.com", path="/v1"),
    "openai+https://api.openai.com/v1/": Address(kind="openai", host="api.openai.com", authority="api.openai.com", path="/v1"),
    "openai+http://127.0.0.1:8000/v1": Address(kind="openai", secure=False, host="127.0.0.1", authority="127.0.0.1:8000", path="/v1"),
    "openai+https://[2001:db8:0:0::1]:443/v1": Address(kind="openai", host="2001:db8::1", authority="[2001:db8::1]", path="/v1"),
    "anthropic+https://api.anthropic.com": Address(kind="anthropic", host="api.anthropic.com", authority="api.anthropic.com"),
    "bedrock://eu-central-1": Address(
        kind="bedrock",
        host="bedrock-runtime.eu-central-1.amazonaws.com",
        authority="bedrock-runtime.eu-central-1.amazonaws.com",
        region="eu-central-1",
    ),
    "bedrock://cn-north-1": Address(
        kind="bedrock",
        host="bedrock-runtime.cn-north-1.amazonaws.com.cn",
        authority="bedrock-runtime.cn-north-1.amazonaws.com.cn",
        region="cn-north-1",
    ),
    "bedrock+https://vpce-1.example.com?region=us-east-1": Address(
        kind="bedrock", host="vpce-1.example.com", authority="vpce-1.example.com", region="us-east-1"
    ),
    "development:": Address(kind="development"),
}

REFUSED = {
    "no scheme": "https://api.openai.com/v1",
    "another scheme": "gopher+https://host/v1",
    "a user and a password": "openai+https://user:canary@host/v1",
    "a query": "openai+https://host/v1?key=canary",
    "a fragment": "openai+https://host/v1#canary",
    "no host": "openai+https:///v1",
    "an address as one number": "openai+https://2130706433/v1",
    "an address in hexadecimal": "openai+https://0x7f000001/v1",
    "an address in octal": "openai+https://0177.0.0.1/v1",
    "a short address": "openai+https://127.1/v1",
    "a zone": "openai+https://[fe80::1%25eth0]/v1",
    "a dot at the end": "openai+https://host./v1",
    "an underscore": "openai+https://ho_st/v1",
    "upper case": "openai+https://HOST/v1",
    "letters beyond ASCII": "openai+https://hóst/v1",
    "a port of nothing": "openai+https://host:0/v1",
    "a port too high": "openai+https://host:65536/v1",
    "dots in the path": "openai+https://host/v1/../admin",
    "an escape in the path": "openai+https://host/v1%2f..",
    "a line end": "openai+https://host/v1\n",
    "a region for OpenAI": "openai+https://host/v1?region=us-east-1",
    "Bedrock without a region": "bedrock+https://host",
    "a region that is none": "bedrock://mars",
    "a region with more behind it": "bedrock://us-east-1.evil.example",
    "a development model with a host": "development://host",
    "nothing": "",
}


@pytest.mark.parametrize("uri", READ)
def test_an_uri_is_read(uri: str) -> None:
    assert parse_upstream(uri) == READ[uri]


@pytest.mark.parametrize("what", REFUSED)
def test_an_uri_is_refused_that_has(what: str) -> None:
    with pytest.raises(ModelRowRefused) as caught:
        parse_upstream(REFUSED[what])
    assert caught.value.how_to_mend
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"upstream": "openai+http://host/v1"}, id="cleartext without a private network"),
        pytest.param({"upstream": "bedrock://us-east-1"}, id="Bedrock without a credential"),
        pytest.param({"upstream": "development:", "credential": "env:KEY"}, id="a credential for the built-in model"),
        pytest.param({"upstream": "development:", "allow_private": True}, id="a network for the built-in model"),
        pytest.param({"id": "gpt-*", "upstream": "openai+https://host/v1", "model": "gpt"}, id="one name for many models"),
        pytest.param({"id": "gpt-*", "upstream": "openai+https://host/v1", "aliases": ("gpt",)}, id="an alias for many models"),
        pytest.param({"id": "fraud-*", "upstream": "sagemaker+https://host/invocations"}, id="many names for one endpoint"),
    ],
)
def test_a_row_is_refused_with(members: dict[str, object]) -> None:
    with pytest.raises(ModelRowRefused):
        check_row(msgspec.convert({"id": "m"} | members, ModelRow))


@pytest.mark.parametrize(
    "members",
    [
        {"id": "*"},
        {"id": "a*b"},
        {"id": "a b"},
        {"id": "../m"},
        {"id": ""},
        {"id": "m\n"},
        {"aliases": ["a*"]},
        {"credential": "sk-the-key-itself"},
        {"credential": "file:../root.key"},
        {"credential": "file:a/b"},
        {"credential": "file:.hidden"},
        {"credential": "env:lower"},
        {"credential": "env:A\n"},
        {"timeouts": {"connect_s": 0}},
        {"timeouts": {"total_s": 1e9}},
        {"alow_private": True},
    ],
    ids=str,
)
def test_a_row_cannot_say(members: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"id": "m", "upstream": "development:"} | members, ModelRow)


def test_a_row_in_cleartext_reaches_its_own_network_only() -> None:
    reaches = {}
    for web in ("http", "https"):
        for private in (False, True):
            row = ModelRow(id="m", upstream=f"openai+{web}://host/v1", allow_private=private)
            reaches[web, private] = reach_of(row, parse_upstream(row.upstream))
    assert reaches["https", False] is Reach.PUBLIC
    assert reaches["https", True] is Reach.PRIVATE_TOO
    assert reaches["http", True] is Reach.PRIVATE_ONLY


# address -> the reaches that call it
ADDRESSES = {
    "8.8.8.8": {Reach.PUBLIC, Reach.PRIVATE_TOO},
    "2606:4700::1111": {Reach.PUBLIC, Reach.PRIVATE_TOO},
    "::ffff:8.8.8.8": {Reach.PUBLIC, Reach.PRIVATE_TOO},
    "64:ff9b::808:808": {Reach.PUBLIC, Reach.PRIVATE_TOO},
    "127.0.0.1": {Reach.PRIVATE_ONLY, Reach.PRIVATE_TOO},
    "127.8.8.8": {Reach.PRIVATE_ONLY, Reach.PRIVATE_TOO},
    "::1": {Reach.PRIVATE_ONLY, Reach.PRIVATE_TOO},
    "10.0.0.1": {Reach.PRIVATE_ONLY, Reach.PRIVATE_TOO},
    "172.31.255.255": {Reach.PRIVATE_ONLY, Reach.PRIVATE_TOO},
    "192.168.1.1": {Reach.PRIVATE_ONLY, Reach.PRIVATE_TOO},
    "100.64.0.1": {Reach.PRIVATE_ONLY, Reach.PRIVATE_TOO},
    "fd00::1": {Reach.PRIVATE_ONLY, Reach.PRIVATE_TOO},
    "::ffff:10.0.0.1": {Reach.PRIVATE_ONLY, Reach.PRIVATE_TOO},
    "64:ff9b::7f00:1": {Reach.PRIVATE_ONLY, Reach.PRIVATE_TOO},
    "2002:7f00:1::": {Reach.PRIVATE_TOO},
    "2002:a9fe:a9fe::": set(),
    "64:ff9b::a9fe:a9fe": set(),
    "::ffff:169.254.169.254": set(),
    "169.254.169.254": set(),
    "169.254.1.1": set(),
    "fe80::1": set(),
    "fe80::1%eth0": set(),
    "fd00:ec2::254": set(),
    "fd20:ce::254": set(),
    "100.100.100.200": set(),
    "168.63.129.16": set(),
    "192.0.0.192": set(),
    "0.0.0.0": set(),
    "0.1.2.3": set(),
    "::": set(),
    "::127.0.0.1": set(),
    "224.0.0.1": set(),
    "ff02::1": set(),
    "240.0.0.1": set(),
    "255.255.255.255": set(),
    "192.0.2.1": set(),
    "198.18.0.1": set(),
    "2001:db8::1": set(),
    "2001::1": set(),
    "fec0::1": set(),
    "172.32.0.1": {Reach.PUBLIC, Reach.PRIVATE_TOO},
    "not an address": set(),
    "": set(),
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_calls(address: str) -> None:
    assert {reach for reach in Reach if allows(reach, address)} == ADDRESSES[address]


def test_a_call_can_be_settled_for_longer_than_any_call_takes() -> None:
    longest_s = 7_200.0
    msgspec.convert({"total_s": longest_s}, Timeouts)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"total_s": longest_s + 1}, Timeouts)
    assert 2 * longest_s <= HOLD_MS / 1000
