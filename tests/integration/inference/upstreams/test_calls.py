"""Who is called, in which way, and with which credential: nobody that a row does not name, and no address out of its reach."""

from __future__ import annotations

import asyncio
import json
import ssl
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as AwsCredentials

from ringwall.bootstrap.tls import development_files
from ringwall.inference.upstreams.errors import (
    AddressRefused,
    CredentialMissing,
    ModelNotFound,
    UpstreamTimeout,
    UpstreamUnreachable,
    UpstreamUnverified,
)
from ringwall.inference.upstreams.row import DEVELOPMENT_ROW, ModelRow, Timeouts
from tests.integration.inference.upstreams.conftest import QUICK, World, route_of, row_of
from tests.integration.inference.upstreams.scripts import answers, streams
from tests.integration.inference.upstreams.servers import Visit, serving
from tests.integration.inference.upstreams.tiny import question, text_of

pytestmark = pytest.mark.anyio
ACCOUNT = "111122223333"


# -- who is called --


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "[::1]", "10.1.2.3", "192.168.7.7", "172.16.0.1", "100.64.1.1", "[fd12::1]", "[::ffff:127.0.0.1]"]
)
async def test_a_private_address_is_not_called_unless_the_row_says_so(address: str, world: World) -> None:
    row = ModelRow(id="m", upstream=f"openai+https://{address}/v1")
    async with world.upstreams() as upstreams:
        with pytest.raises(AddressRefused):
            await anext(upstreams.call(question(), route_of(row)))


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "100.100.100.200", "168.63.129.16", "0.0.0.0", "224.0.0.1"]
)
async def test_a_metadata_address_is_never_called(address: str, world: World) -> None:
    for web in ("http", "https"):
        row = ModelRow(id="m", upstream=f"openai+{web}://{address}/v1", allow_private=True)
        async with world.upstreams() as upstreams:
            with pytest.raises(AddressRefused):
                await anext(upstreams.call(question(), route_of(row)))


async def test_a_name_that_leads_to_a_private_address_is_not_called(world: World) -> None:
    async with serving(answers) as server, world.upstreams() as upstreams:
        row = ModelRow(id="m", upstream=f"openai+https://localhost:{server.port}/v1")
        with pytest.raises(AddressRefused):
            await anext(upstreams.call(question(), route_of(row)))
        assert server.connections == 0


async def test_a_name_that_changes_its_address_is_judged_at_each_connection(world: World) -> None:
    told = [["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1", "169.254.169.254"], ["8.8.8.8"]]

    async def lookup(host: str, port: int, family: object) -> list[str]:
        assert host == "model.test"
        return told.pop(0)

    async def script(visit: Visit) -> None:
        await answers(visit)
        visit.writer.close()

    async with serving(script) as server, world.upstreams(lookup=lookup) as upstreams:
        row = msgspec.structs.replace(row_of(server.port), upstream=f"openai+http://model.test:{server.port}/v1")
        assert [event async for event in upstreams.call(question(stream=False), route_of(row))]
        assert b"host: model.test:%d\r\n" % server.port in server.heads[0].lower()
        session = next(iter(upstreams._connections._sessions.values()))
        for _ in range(3):
            session.connector.clear_dns_cache()
            with pytest.raises(AddressRefused):
                await anext(upstreams.call(question(stream=False), route_of(row)))
        assert server.connections == 1


async def test_the_last_look_is_at_the_address_that_is_connected_to(world: World) -> None:
    """Were a resolver wrong, the socket would still not be made."""
    from ringwall.inference.upstreams.reach import Reach, socket_factory

    make = socket_factory(Reach.PRIVATE_TOO)
    with pytest.raises(PermissionError):
        make((2, 1, 6, "", ("169.254.169.254", 443)))
    make((2, 1, 6, "", ("127.0.0.1", 443))).close()


@pytest.fixture
def certificate(world: World, tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context and that of a client that trusts its authority."""
    from datetime import UTC, datetime

    files = development_files(tmp_path / "tls", "localhost", datetime.now(UTC) - timedelta(minutes=1))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files.certificate, files.private_key)
    return server, ssl.create_default_context(cafile=str(tmp_path / "tls" / "ca.pem"))


async def test_tls_is_verified(world: World, certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    served, trusting = certificate
    async with serving(answers, served) as server:
        row = ModelRow(id="m", upstream=f"openai+https://localhost:{server.port}/v1", allow_private=True, timeouts=QUICK)
        async with world.upstreams(tls=trusting) as upstreams:
            assert [event async for event in upstreams.call(question(stream=False), route_of(row))]
        async with world.upstreams() as upstreams:
            with pytest.raises(UpstreamUnverified):
                await anext(upstreams.call(question(stream=False), route_of(row)))
        assert len(server.bodies) == 1


async def test_a_server_that_speaks_no_tls_is_not_trusted(world: World) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Speak TLS\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with listening, world.upstreams() as upstreams:
        port = listening.sockets[0].getsockname()[1]
        row = ModelRow(id="m", upstream=f"openai+https://localhost:{port}/v1", allow_private=True, timeouts=QUICK)
        with pytest.raises((UpstreamUnverified, UpstreamUnreachable)):
            await anext(upstreams.call(question(stream=False), route_of(row)))


# -- what is sent --


async def test_a_large_question_arrives_whole_and_says_its_length(world: World) -> None:
    words = "pump " * 300_000
    async with serving(answers) as server, world.upstreams() as upstreams:
        [event async for event in upstreams.call(question(words, stream=False), route_of(row_of(server.port)))]
    (head,), (body,) = server.heads, server.bodies
    assert words in body.decode()
    assert f"content-length: {len(body)}".encode() in head.lower()


async def test_each_kind_of_upstream_is_asked_in_its_own_way(world: World) -> None:
    sent: dict[str, Visit] = {}
    for kind in ("openai", "anthropic", "bedrock"):

        async def script(visit: Visit, kind: str = kind) -> None:
            sent[kind] = visit
            await answers(visit)

        async with serving(script) as server, world.upstreams() as upstreams:
            [event async for event in upstreams.call(question(stream=False), route_of(row_of(server.port, kind=kind)))]
    targets = {kind: visit.head.split(b" ")[1] for kind, visit in sent.items()}
    assert targets == {"openai": b"/v1/chat/completions", "anthropic": b"/v1/v1/messages", "bedrock": b"/v1/model/m/converse"}
    bearer = "Bearer canary-credential-7f3a"
    assert (sent["openai"].headers["authorization"], sent["bedrock"].headers["authorization"]) == (bearer, bearer)
    assert (sent["anthropic"].headers["x-api-key"], sent["anthropic"].headers["anthropic-version"]) == (bearer[7:], "2023-06-01")
    for visit in sent.values():
        assert (visit.headers["content-type"], visit.headers["accept-encoding"]) == ("application/json", "identity")
        assert visit.headers["user-agent"] == "ringwall"
        assert "cookie" not in visit.headers


@pytest.mark.parametrize("token", ["", "a-session-token+/="])
async def test_bedrock_requests_are_signed_as_botocore_signs_them(token: str, world: World) -> None:
    world.variables["AWS"] = ":".join(filter(None, ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)))
    visits: list[Visit] = []

    async def script(visit: Visit) -> None:
        visits.append(visit)
        await answers(visit)

    name = "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.model-v1:0"
    async with serving(script) as server, world.upstreams() as upstreams:
        row = row_of(server.port, kind="bedrock", credential="env:AWS", model=name)
        [event async for event in upstreams.call(question(stream=False), route_of(row))]
    visit = visits[0]
    target = visit.head.split(b" ")[1].decode()
    assert target == "/v1/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A111122223333%3Ainference-profile%2Fus.model-v1%3A0/converse"
    signed = visit.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    request = AWSRequest(
        "POST", f"http://{visit.headers['host']}{target}", {each: visit.headers[each] for each in signed if each != "host"}, visit.body
    )
    request.context["timestamp"] = visit.headers["x-amz-date"]
    theirs = SigV4Auth(AwsCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token or None), "bedrock", "us-east-1")
    expected = theirs.signature(theirs.string_to_sign(request, theirs.canonical_request(request)), request)
    assert visit.headers["authorization"].endswith(f"Signature={expected}")
    assert visit.headers.get("x-amz-security-token", "") == token


async def test_a_streamed_request_asks_for_its_usage(world: World) -> None:
    async with serving(streams) as server, world.upstreams() as upstreams:
        [event async for event in upstreams.call(question(), route_of(row_of(server.port)))]
    assert json.loads(server.bodies[0])["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("reference", ["env:ABSENT", "env:RINGWALL_ROOT_KEY", "env:EMPTY", "env:TWO_LINES", "file:absent", "file:open"])
async def test_a_credential_that_cannot_be_used_sends_nothing(reference: str, world: World) -> None:
    world.variables |= {"RINGWALL_ROOT_KEY": "secret", "EMPTY": "", "TWO_LINES": "one\r\nx-header: two"}
    folder = world.folder / "upstreams"
    folder.mkdir()
    (folder / "open").write_text("canary-open")
    (folder / "open").chmod(0o644)
    async with serving(answers) as server, world.upstreams() as upstreams:
        with pytest.raises(CredentialMissing) as caught:
            await anext(upstreams.call(question(), route_of(row_of(server.port, credential=reference))))
        assert server.connections == 0
    assert [word for word in ("secret", "canary", "two") if word in f"{caught.value}{caught.value.facts}"] == []


async def test_a_credential_in_a_file_is_of_the_owner_of_the_row(world: World) -> None:
    folder = world.folder / "upstreams" / ACCOUNT
    folder.mkdir(parents=True)
    (folder / "key").write_text("of-the-account\n")
    (folder / "key").chmod(0o600)
    async with serving(answers) as server, world.upstreams() as upstreams:
        route = route_of(row_of(server.port, credential="file:key"))
        with pytest.raises(CredentialMissing):
            await anext(upstreams.call(question(stream=False), route))
        [event async for event in upstreams.call(question(stream=False), msgspec.structs.replace(route, owner=ACCOUNT))]
        assert b"of-the-account\r\n" in server.heads[0]


# -- by name --


async def test_a_model_that_no_row_names_is_asked_of_nobody(world: World) -> None:
    async with serving(answers) as server, world.upstreams(row_of(server.port)) as upstreams:
        for name in ("M", "m2", "", "m\r\nx", "../m", "m" * 600):
            with pytest.raises(ModelNotFound) as caught:
                await anext(upstreams.ask(ACCOUNT, question(model=name)))
            assert caught.value.how_to_mend
        assert server.connections == 0
        assert text_of([event async for event in upstreams.ask(ACCOUNT, question(stream=False))]) == "whole"


async def test_the_built_in_model_answers_without_a_network(world: World) -> None:
    async with world.upstreams(DEVELOPMENT_ROW) as upstreams:
        answer = upstreams.ask(ACCOUNT, question("hello there, you", model="development"))
        events = [event async for event in answer]
        assert text_of(events) == "hello there, you"
        assert not answer.counted.estimated
        assert upstreams._connections._sessions == {}


async def test_a_slow_connection_is_told_from_a_slow_answer(world: World) -> None:
    """A listening socket whose queue is full accepts nobody."""
    import socket

    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        waiting = []
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
            waiting.append(filler)
        async with world.upstreams() as upstreams:
            row = row_of(deaf.getsockname()[1], timeouts=Timeouts(connect_s=0.2, first_byte_s=20, idle_s=20, total_s=60))
            answer = upstreams.call(question(), route_of(row))
            with pytest.raises(UpstreamTimeout) as caught:
                await anext(answer)
            assert caught.value.facts["phase"] == "connect"
            assert answer.counted.input_tokens == 0
        for filler in waiting:
            filler.close()
