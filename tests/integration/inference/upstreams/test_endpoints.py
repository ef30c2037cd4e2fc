"""Endpoints of classic models: the body goes there as it came, and whatever the endpoint does, a caller gets one typed error."""

from __future__ import annotations

import traceback

import pytest

from ringwall.errors import DependencyError
from ringwall.inference.upstreams.endpoints import BODY_BYTES, Invocation
from ringwall.inference.upstreams.errors import UpstreamBrokeOff, UpstreamRefused, UpstreamTimeout, WrongKindOfModel
from ringwall.wire.dialects.errors import MalformedAnswer, UpstreamFailed
from tests.integration.inference.upstreams.conftest import World, route_of, row_of
from tests.integration.inference.upstreams.servers import Script, serving, whole
from tests.integration.inference.upstreams.test_faults import (
    CREDENTIAL,
    QUIET,
    SAID,
    SHORT,
    closes_at_once,
    says_nothing,
    status,
    stops_talking,
)
from tests.integration.inference.upstreams.tiny import question

pytestmark = pytest.mark.anyio

ASKED = Invocation((("content-type", "text/csv"), ("x-amzn-sagemaker-inference-id", "7")), b"1,2\n")


def saying(body: bytes, extra: bytes = b"") -> Script:
    async def script(visit) -> None:
        await visit.say(whole(body, extra=extra))

    return script


async def test_an_endpoint_is_asked_at_the_rows_own_path(world: World) -> None:
    extra = b"X-Amzn-SageMaker-Custom-Attributes: a\r\nx-other: b\r\n"
    async with serving(saying(b"0.25,0.75", extra)) as server:
        route = route_of(row_of(server.port, kind="sagemaker"))
        async with world.upstreams() as upstreams:
            for _ in range(3):
                served = await upstreams.invoke(ASKED, route)
        assert served.body == b"0.25,0.75"
        assert served.headers["x-amzn-sagemaker-custom-attributes"] == "a"
        assert "x-other" not in served.headers
        assert server.connections == 1
        assert server.bodies == [b"1,2\n"] * 3
        head = server.heads[0].decode().lower()
        assert head.startswith("post /v1 http/1.1")
        assert f"authorization: bearer {CREDENTIAL}" in head
        assert "content-type: text/csv" in head
        assert "x-amzn-sagemaker-inference-id: 7" in head


FAULTS = {
    "a refusal": (status(400), QUIET, UpstreamRefused),
    "a redirect": (status(307, b"location: http://127.0.0.1/\r\n"), QUIET, UpstreamRefused),
    "a failure": (status(500), QUIET, UpstreamFailed),
    "no answer": (closes_at_once, QUIET, DependencyError),
    "silence": (says_nothing, SHORT, UpstreamTimeout),
    "half of an answer, and silence": (stops_talking, QUIET, UpstreamTimeout),
    "too large an answer": (saying(bytes(BODY_BYTES + 1)), QUIET, MalformedAnswer),
    "a packed answer": (saying(b"x", b"content-encoding: gzip\r\n"), QUIET, MalformedAnswer),
    "a header that is not printable": (saying(b"x", b"x-amzn-sagemaker-custom-attributes: \xe9\r\n"), QUIET, MalformedAnswer),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_is_one_typed_error_that_quotes_nothing(world: World, name: str) -> None:
    script, times, expected = FAULTS[name]
    async with serving(script) as server, world.upstreams() as upstreams:
        with pytest.raises(expected) as raised:
            await upstreams.invoke(ASKED, route_of(row_of(server.port, kind="sagemaker", timeouts=times)))
    told = "".join(traceback.format_exception(raised.value)) + repr(raised.value.facts)
    assert SAID not in told
    assert CREDENTIAL not in told
    assert not isinstance(raised.value, UpstreamBrokeOff) or name == "no answer"


async def test_a_model_is_asked_in_its_own_way_only(world: World) -> None:
    async with serving(saying(b"{}")) as server, world.upstreams() as upstreams:
        with pytest.raises(WrongKindOfModel):
            await upstreams.invoke(ASKED, route_of(row_of(server.port)))
        with pytest.raises(WrongKindOfModel):
            async with upstreams.call(question(), route_of(row_of(server.port, kind="sagemaker"))) as answer:
                [_ async for _ in answer]
        assert server.heads == []
