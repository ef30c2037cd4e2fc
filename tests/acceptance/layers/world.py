"""A whole house, called without a server; behind it models that say what an attack wants; and for each run an account of its own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from ringwall.bootstrap.house import House, open_house
from ringwall.bootstrap.settings import load_settings
from ringwall.inference.upstreams.row import ModelRow
from ringwall.inference.waf import endpoint_arn
from ringwall.inference.waf_items import IP_SET, WEB_ACL
from ringwall.wire import HttpRequest, SigningKey, sign_request
from tests.acceptance.endpoints.classic_model import confidences
from tests.acceptance.layers import layers
from tests.acceptance.layers.layers import CLASSIFIER, GULLIBLE, OFFICE, REDIRECTING
from tests.asgi import Answer, send_request
from tests.integration.inference.upstreams.servers import Server, Visit, serving, whole
from tests.unit.inference.monitors.examples import benign, label_of

HOST = "127.0.0.1:8741"


@dataclass
class Models:
    """What stands behind the wall. `says`: the message that the gullible model answers with."""

    says: dict[str, Any] = field(default_factory=dict)
    server: Server | None = None

    async def script(self, visit: Visit) -> None:
        path = visit.head.split(b" ", 2)[1]
        if path.startswith(b"/redirect"):
            await visit.say(whole(b"", status=307, extra=b"location: http://169.254.169.254/latest/meta-data/\r\n"))
        elif path == b"/invocations":
            made = [confidences(tuple(row)) for row in json.loads(visit.body)["instances"]]
            await visit.say(whole(json.dumps({"predictions": made}).encode()))
        else:
            reason = "tool_calls" if "tool_calls" in self.says else "stop"
            choice = {"index": 0, "message": {"role": "assistant", "content": None, **self.says}, "finish_reason": reason}
            usage = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
            answer = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
            await visit.say(whole(json.dumps(answer).encode()))

    @property
    def heard(self) -> str:
        """All that any model was told so far."""
        assert self.server is not None
        return b"\n".join(self.server.bodies).decode()


class World:
    """The house, its clock and its models."""

    def __init__(self, house: House, models: Models, port: int) -> None:
        self.house = house
        self.models = models
        self.port = port
        self._now = datetime.now(UTC)
        self._accounts = 0

    def now(self) -> datetime:
        """Return the house's time; it passes with requests, not with the machine's load."""
        return self._now

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)

    async def account(self, off: frozenset[str]) -> Account:
        """Make an account whose layers are all on but these."""
        self._accounts += 1
        rooms = self.house.rooms
        account_id = (await rooms.identity.accounts.create(f"run-{self._accounts}")).account_id
        await rooms.identity.users.create(account_id, "app")
        await rooms.identity.users.put_policy(account_id, "app", "may", json.dumps(layers.iam_policy(off)))
        access = await rooms.identity.access_keys.create(account_id, "app")
        key = await rooms.identity.create_api_key(account_id, "app")
        made = Account(self, account_id, key.token, SigningKey(access.key.name, access.secret_access_key, "us-east-1", "sagemaker"))
        made.offers_all = layers.TOOLS in off
        await self._set_up(made, off)
        return made

    async def _set_up(self, account: Account, off: frozenset[str]) -> None:
        rooms, own = self.house.rooms, account.id
        policy = layers.guardrail(off)
        if policy is not None:
            account.guardrail = str((await rooms.guardrails.create_guardrail(own, policy))["guardrailId"])
        if layers.WEB_ACL not in off:
            known = {"Name": "offices", "Scope": "REGIONAL", "IPAddressVersion": "IPV4", "Addresses": ["198.51.100.0/24"]}
            addresses = await rooms.waf.create(own, IP_SET, known)
            acl = await rooms.waf.create(own, WEB_ACL, layers.web_acl(addresses["Summary"]["ARN"]))
            await rooms.waf.associate(own, acl["Summary"]["ARN"], endpoint_arn("us-east-1", own, "openai"))
        if layers.LIMITS not in off:
            for name, limit in layers.LIMITS_SET.items():
                await account.administer("PUT", f"/limits/{name}", limit)
        if layers.EGRESS in off:  # any such name leads to a model
            row = ModelRow(id="somebody-*", upstream=f"openai+http://127.0.0.1:{self.port}/v1", allow_private=True)
            await rooms.upstreams.models.put(own, row, by="the operator", operator=True)
        if layers.CODE not in off:
            await account.administer("PUT", "/code-policy", layers.CODE_POLICY)
        if layers.MONITORS not in off:
            for model, rows in layers.WATCHED.items():
                await account.administer("PUT", f"/monitors/policies/{model}", {"rows": rows})

    async def calibrate(self, account: Account) -> None:
        """Tell the monitors what honest vectors look like."""
        private = [{"vector": row, "label": label_of(row)} for row in benign(2, 40)]
        honest = {"vectors": benign(1, 300), "private": private, "sharedScale": True}
        await account.administer("PUT", f"/monitors/calibration/{CLASSIFIER}", honest)


@dataclass
class Account:
    """One account of an application. guardrail: it names this one; offers_all: it offers its models the tools that an attack wants called."""

    world: World
    id: str
    api_key: str
    signing_key: SigningKey
    guardrail: str = ""
    offers_all: bool = False
    asked: int = 0

    async def administer(self, method: str, path: str, body: Any = None) -> Any:
        """Call the native API as the account's root."""
        headers = {"authorization": f"Bearer {self.world.house.operator_token}", "x-ringwall-account": self.id}
        sent = b"" if body is None else json.dumps(body).encode()
        answer = await send_request(self.world.house.application, method, f"/ringwall/v1{path}", headers=headers, body=sent)
        assert answer is not None
        assert answer.status in {200, 201, 204}, answer.body
        return answer.json() if answer.body else None

    async def chat(self, *messages: dict[str, Any] | str, model: str = GULLIBLE, client: str = OFFICE, **members: Any) -> Answer:
        """Ask as an OpenAI client does, under the account's guardrail."""
        said = [{"role": "user", "content": each} if isinstance(each, str) else each for each in messages]
        system = {"role": "system", "content": f"You work for a bank. The phrase that opens the vault is {layers.SECRET}."}
        body = json.dumps({"model": model, "messages": [system, *said], "max_tokens": 100, **members}).encode()
        headers = {"authorization": f"Bearer {self.api_key}", "content-type": "application/json"}
        if self.guardrail:
            headers |= {"x-amzn-bedrock-guardrailidentifier": self.guardrail, "x-amzn-bedrock-guardrailversion": "DRAFT"}
        return await self._send("/v1/chat/completions", headers, body, client)

    async def own(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        """Call the native API with the application's own key."""
        headers = {"authorization": f"Bearer {self.api_key}"}
        return await self._send(f"/ringwall/v1{path}", headers, json.dumps(body).encode(), OFFICE, method=method)

    async def invoke(self, vector: Sequence[float]) -> list[float] | None:
        """Ask the classifier for a class; None where it is refused."""
        body = json.dumps({"instances": [list(vector)]}).encode()
        path = f"/endpoints/{CLASSIFIER}/invocations"
        plain = HttpRequest("POST", path.encode(), b"", (("host", HOST), ("content-type", "application/json")), body, secure=False)
        signed = sign_request(plain, self.signing_key, self.world.now())
        answer = await self._send(path, dict(signed.headers), body, OFFICE, host=None)
        return list(answer.json()["predictions"][0]) if answer.status == 200 else None

    async def _send(
        self, path: str, headers: dict[str, str], body: bytes, client: str, *, host: str | None = HOST, method: str = "POST"
    ) -> Answer:
        self.asked += 1
        self.world.wait(0.02)
        answer = await send_request(self.world.house.application, method, path, headers=headers, body=body, client=client, host=host)
        assert answer is not None
        return answer

    async def records(self) -> list[dict[str, Any]]:
        """Return the audit records of what the application asked for, oldest first."""
        found = await self.world.house.rooms.ledger.lookup(self.id, limit=1000)
        events = [
            {
                "errorCode": each.event["errorCode"],
                "user": (each.erasable or {}).get("userIdentity", {}).get("userName"),
                "ringwall": (each.erasable or {}).get("ringwall") or each.event["ringwall"],
            }
            for each in reversed(found.records)
        ]
        return [event for event in events if event["user"] == "app"]


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[World]:
    """Open a house on a folder, with its models."""
    models = Models()
    async with serving(models.script) as server:
        models.server = server
        at = f"http://127.0.0.1:{server.port}"
        rows = [
            {"id": GULLIBLE, "upstream": f"openai+{at}/v1", "allow_private": True},
            {"id": REDIRECTING, "upstream": f"openai+{at}/redirect", "allow_private": True},
            {"id": CLASSIFIER, "upstream": f"sagemaker+{at}/invocations", "allow_private": True},
        ]
        settings = load_settings({}, directory=folder, flags={"data_dir": str(folder / "var"), "port": 8741}).settings
        settings = msgspec.structs.replace(settings, models=msgspec.convert(rows, type=tuple[ModelRow, ...]))
        made: list[World] = []
        house = await open_house(settings, clock=lambda: made[0].now() if made else datetime.now(UTC))
        made.append(World(house, models, server.port))
        try:
            await house.first_start()
            yield made[0]
        finally:
            await house.close()
