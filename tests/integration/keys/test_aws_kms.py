"""Customer keys in AWS KMS: against a KMS that others wrote, and against one that is not there."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ringwall.errors import IntegrityError, InvalidRequest, RingwallError
from ringwall.keys.aws_kms import AwsKms
from ringwall.keys.customer_keys import CustomerKeyUnavailable
from tests.kms import Kms, running
from tests.live import free_port

pytestmark = pytest.mark.anyio
ACCOUNT = "111111111111"
CONTEXT = {"purpose": "test", "period": "2026-01-01"}


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ringwall")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "ringwall")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")  # where AWS clients of ringwall point; it must not count


@pytest.fixture(scope="module")
def kms() -> Iterator[Kms]:
    with running() as server:
        yield server


@pytest.mark.clients
async def test_data_keys_are_wrapped_and_opened_by_kms(kms: Kms) -> None:
    provider, arn = AwsKms(endpoint=kms.url), kms.key()
    made = await provider.generate(ACCOUNT, arn, CONTEXT)
    assert len(made.plaintext) == 32
    assert made.plaintext not in made.wrapped
    assert await provider.unwrap(ACCOUNT, arn, made.wrapped, CONTEXT) == made.plaintext
    theirs = kms.owner.decrypt(
        CiphertextBlob=made.wrapped,
        EncryptionContext={"ringwall:account": ACCOUNT, "ringwall:purpose": "test", "ringwall:period": "2026-01-01"},
    )
    assert theirs["Plaintext"] == made.plaintext, "KMS itself opens it for whoever names the context"
    await provider.close()


@pytest.mark.clients
async def test_kms_opens_nothing_for_another_account_context_or_key(kms: Kms) -> None:
    provider, arn = AwsKms(endpoint=kms.url), kms.key()
    made = await provider.generate(ACCOUNT, arn, CONTEXT)
    altered = made.wrapped[:-1] + bytes([made.wrapped[-1] ^ 1])
    for account, key, wrapped, context in (
        ("222222222222", arn, made.wrapped, CONTEXT),
        (ACCOUNT, arn, made.wrapped, CONTEXT | {"period": "2026-01-02"}),
        (ACCOUNT, arn, altered, CONTEXT),
        (ACCOUNT, kms.key(), made.wrapped, CONTEXT),
    ):
        with pytest.raises((IntegrityError, CustomerKeyUnavailable)):
            await provider.unwrap(account, key, wrapped, context)
    await provider.close()


@pytest.mark.clients
async def test_a_key_that_is_gone_opens_nothing_any_more(kms: Kms) -> None:
    """moto does not look at a key's state; what it has forgotten is gone as a key is after KMS's waiting period."""
    provider, arn = AwsKms(endpoint=kms.url), kms.key()
    made = await provider.generate(ACCOUNT, arn, CONTEXT)
    kms.forget()
    for _ in range(2):
        with pytest.raises(CustomerKeyUnavailable, match="NotFound"):
            await provider.unwrap(ACCOUNT, arn, made.wrapped, CONTEXT)
        with pytest.raises(CustomerKeyUnavailable, match="NotFound"):
            await provider.generate(ACCOUNT, arn, CONTEXT)
        kms.key()
    await provider.close()


@pytest.mark.clients
async def test_kms_says_no(kms: Kms) -> None:
    provider, arn = AwsKms(endpoint=kms.url), kms.key()
    kms.post("/moto-api/reset-auth", b"0")  # from now on moto asks its IAM, which does not know us
    try:
        with pytest.raises(CustomerKeyUnavailable, match="KMS refuses the customer key: ") as refusal:
            await provider.generate(ACCOUNT, arn, CONTEXT)
        assert refusal.value.status == 503
    finally:
        kms.post("/moto-api/reset-auth", b"inf")
    await provider.close()


class _Refusing(BaseHTTPRequestHandler):
    """Answers every request with one refusal, in the wire's own shape (Source: AWS JSON 1.1 protocol)."""

    code = ""
    status = 400

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({"__type": self.code, "message": f"arn:aws:iam::999999999999:role/other {self.code}"}).encode()
        self.send_response(self.status)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("AccessDeniedException", 400, CustomerKeyUnavailable),
        ("DisabledException", 400, CustomerKeyUnavailable),
        ("KMSInvalidStateException", 400, CustomerKeyUnavailable),
        ("NotFoundException", 400, CustomerKeyUnavailable),
        ("ThrottlingException", 400, CustomerKeyUnavailable),
        ("KeyUnavailableException", 500, CustomerKeyUnavailable),
        ("InvalidCiphertextException", 400, IntegrityError),
        ("IncorrectKeyException", 400, IntegrityError),
    ],
)
async def test_what_kms_refuses_with_is_told_by_its_code(code: str, status: int, error: type[RingwallError]) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Refusing", (_Refusing,), {"code": code, "status": status}))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    provider = AwsKms(endpoint=f"http://127.0.0.1:{server.server_port}")
    try:
        with pytest.raises(error) as refusal:
            await provider.unwrap(ACCOUNT, "arn:aws:kms:eu-west-1:111111111111:key/abc", b"wrapped", CONTEXT)
        assert type(refusal.value) is error
        assert "999999999999" not in refusal.value.message
        assert error is IntegrityError or code in refusal.value.message
    finally:
        await provider.close()
        server.shutdown()
        server.server_close()


async def test_a_kms_that_is_not_there_is_told_as_such() -> None:
    provider = AwsKms(endpoint=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(CustomerKeyUnavailable, match="KMS cannot be asked: EndpointConnectionError"):
        await provider.generate(ACCOUNT, "arn:aws:kms:eu-west-1:111111111111:key/abc", CONTEXT)
    await provider.close()


@pytest.mark.parametrize(
    "name", ["", "abc", "alias/x", "arn:aws:kms:eu-west-1:1:key/a", "arn:aws:kms:eu-west-1:111111111111:alias/a", "arn:aws:s3:::a"]
)
async def test_only_arns_of_keys_are_names(name: str) -> None:
    provider = AwsKms()
    with pytest.raises(InvalidRequest, match="named by its ARN"):
        provider.check(name)
    await provider.close()


async def test_an_account_that_names_keys_of_many_regions_keeps_nobody_out() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Refusing", (_Refusing,), {"code": "DisabledException", "status": 400}))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    provider = AwsKms(endpoint=f"http://127.0.0.1:{server.server_port}", regions=2)
    try:
        for region in ("no-where-1", "no-where-2", "eu-west-1", "no-where-3", "eu-west-1"):
            with pytest.raises(CustomerKeyUnavailable, match="DisabledException"):
                await provider.unwrap(ACCOUNT, f"arn:aws:kms:{region}:111111111111:key/abc", b"wrapped", CONTEXT)
    finally:
        await provider.close()
        server.shutdown()
        server.server_close()
