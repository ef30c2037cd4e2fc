"""The Bedrock operation rows: named as botocore names them, checked under the right action and resource, answering in the model's shapes.

aws=modelled: shapes are checked against botocore's model, resources and condition keys against the service authorization reference as known.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.aws.operations import bedrock, bedrock_runtime
from ringwall.api.counters import Counters
from ringwall.api.rooms import Rooms
from ringwall.api.strangers import Strangers
from ringwall.data.features import FeatureStore
from ringwall.data.lineage import Lineage
from ringwall.identity import Identity
from ringwall.inference.gateway import Gateway
from ringwall.inference.guardrails import Guardrails
from ringwall.inference.limits import Limits as Budgets
from ringwall.inference.limits import MemoryStore, StoredLimits, shipped_prices
from ringwall.inference.monitors import BehaviourMonitors, StoredMonitors, StoredPolicies
from ringwall.inference.prompts.prompts import SealedPrompts
from ringwall.inference.under_way import UnderWay
from ringwall.inference.upstreams.connections import Connections
from ringwall.inference.upstreams.credentials import Credentials
from ringwall.inference.upstreams.models import ModelTable
from ringwall.inference.upstreams.upstreams import Upstreams
from ringwall.inference.waf import Waf
from ringwall.inference.workers import Workers
from ringwall.keys import Keys
from ringwall.keys.customer_keys import CustomerKeys
from ringwall.keys.local_keyring import LocalKeyring
from ringwall.ledger import Ledger
from ringwall.ledger.attestations import Attestor
from ringwall.ledger.audit_log import AuditLog
from ringwall.ledger.trail import Trail
from ringwall.storage.database import DatabaseStorage
from ringwall.telemetry import Watching
from ringwall.vocabulary import Limits, Principal
from ringwall.wire.dialects.table import DIALECTS
from tests.conformance.guardrails.service_model import misfits, service_model
from tests.integration.conftest import REGION
from tests.integration.storage.places import StandingClock
from tests.unit.guardrails.scorers import SCORERS, config, content_policy

ACCOUNT = "111122223333"
ROWS = {row.name: row for row in (*bedrock.OPERATIONS, *bedrock_runtime.OPERATIONS)}
EVERY_GUARDRAIL = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:guardrail/"


@pytest.fixture
def call(storage: DatabaseStorage, keys: Keys, clock: StandingClock, service: Guardrails, tmp_path: Path) -> Call:
    ledger = Ledger(storage, keys)
    attestor = Attestor(storage, keys, ledger)
    upstreams = Upstreams(
        ModelTable(storage, clock),
        dialects=DIALECTS,
        credentials=Credentials(tmp_path, lambda _name: None),
        connections=Connections(),
        clock=clock,
    )
    rooms = Rooms(
        clock=clock,
        limits=Limits(),
        region=REGION,
        storage=storage,
        keys=keys,
        ledger=ledger,
        attestor=attestor,
        audit_log=AuditLog(storage, attestor),
        identity=Identity(storage, keys, clock, REGION),
        guardrails=service,
        upstreams=upstreams,
        gateway=Gateway(upstreams, workers=Workers(inline_characters=1_000_000), keys=keys, limits=Limits()),
        scorers=SCORERS,
        counters=Counters(clock().isoformat()),
        strangers=Strangers(0, ()),
        watching=Watching(),
        features=FeatureStore(storage, keys=keys, clock=clock, region=REGION, folder=tmp_path / "feature-store", attestor=attestor),
        lineage=Lineage(storage, keys=keys, clock=clock, region=REGION),
        trail=Trail(ledger, keys=keys, clock=clock),
        waf=Waf(storage, keys=keys, clock=clock, region=REGION),
        budgets=Budgets(StoredLimits(storage), MemoryStore(), prices=shipped_prices(), clock=clock),
        monitors=BehaviourMonitors(
            StoredMonitors(storage, keys, salt=bytes(16)), StoredPolicies(storage), Workers(inline_characters=1_000_000)
        ),
        prompts=SealedPrompts(storage, CustomerKeys({"local": LocalKeyring(storage, keys)}, ["local:*"]), clock),
        settling=UnderWay(),
    )
    root = Principal(account_id=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:root", principal_id=ACCOUNT, kind="Root")
    return Call(
        principal=root, region=REGION, request_id="r", now=clock(), source_ip="127.0.0.1", user_agent="test", rooms=rooms
    )  # fmt: skip


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_every_row_is_an_operation_of_the_model_under_its_own_action(row: Operation) -> None:
    assert row.name in service_model(row.service).operation_names
    assert row.action == f"bedrock:{row.name}"
    assert row.read_only is row.name.startswith(("Get", "List", "Apply", "Invoke"))


@pytest.mark.anyio
async def test_every_operation_answers_in_the_models_shapes(call: Call) -> None:
    answers: dict[str, dict] = {}

    async def ask(operation: str, /, **request: object) -> dict:
        answer = await ROWS[operation].handle(call, request)
        assert misfits(answer, ROWS[operation].service, operation) == []
        answers[operation] = answer
        return answer

    policies = {
        **content_policy(("HATE", "HIGH", "HIGH"), ("PROMPT_ATTACK", "HIGH", "NONE")),
        "topicPolicyConfig": {"topicsConfig": [{"name": "Taxes", "definition": "d", "type": "DENY", "examples": ["e"]}]},
        "wordPolicyConfig": {"wordsConfig": [{"text": "alpha"}], "managedWordListsConfig": [{"type": "PROFANITY"}]},
        "sensitiveInformationPolicyConfig": {
            "piiEntitiesConfig": [{"type": "EMAIL", "action": "ANONYMIZE"}, {"type": "NAME", "action": "NONE"}],
            "regexesConfig": [{"name": "ticket", "pattern": "TCK-[0-9]{4}", "action": "BLOCK", "description": "d"}],
        },
        "contextualGroundingPolicyConfig": {
            "filtersConfig": [{"type": "GROUNDING", "threshold": 0.5, "action": "NONE"}],
            "tierConfig": {"tierName": "CLASSIC"},
        },
    }
    created = await ask("CreateGuardrail", **config(**policies), description="about", tags=[{"key": "team", "value": "a"}])
    assert call.record == {"guardrail": {"arn": created["guardrailArn"], "version": "DRAFT"}}
    id_, arn = created["guardrailId"], created["guardrailArn"]
    await ask("CreateGuardrailVersion", guardrailIdentifier=id_, description="v1")
    await ask("GetGuardrail", guardrailIdentifier=arn)
    await ask("GetGuardrail", guardrailIdentifier=id_, guardrailVersion="1")
    await ask("ListGuardrails", maxResults=1)
    assert "nextToken" in await ask("ListGuardrails", guardrailIdentifier=id_, maxResults=1)
    await ask("TagResource", resourceARN=arn, tags=[{"key": "env", "value": "b"}])
    await ask("ListTagsForResource", resourceARN=arn)
    await ask("UntagResource", resourceARN=arn, tagKeys=["env"])
    call.record.clear()
    applied = await ask(
        "ApplyGuardrail",
        guardrailIdentifier=arn,
        guardrailVersion="1",
        source="INPUT",
        content=[{"text": {"text": "mail bob@example.com"}}],
        outputScope="FULL",
    )
    assert applied["outputs"] == [{"text": "mail {EMAIL}"}]
    assert call.record["coverage"]["charactersGuarded"] == 20
    assert b"bob" not in msgspec.json.encode(call.record)
    await ask(
        "InvokeGuardrailChecks",
        messages=[{"role": "user", "content": [{"text": "bob@example.com"}]}],
        checks={"sensitiveInformation": {"entities": [{"type": "EMAIL"}]}},
    )
    put = await ask(
        "PutEnforcedGuardrailConfiguration",
        guardrailInferenceConfig={
            "guardrailIdentifier": id_,
            "guardrailVersion": "1",
            "selectiveContentGuarding": {"system": "SELECTIVE", "messages": "COMPREHENSIVE"},
            "modelEnforcement": {"includedModels": ["ALL"], "excludedModels": []},
        },
    )
    assert put["updatedBy"] == call.principal.arn
    await ask("ListEnforcedGuardrailsConfiguration")
    await ask("DeleteEnforcedGuardrailConfiguration", configId=put["configId"])
    await ask("UpdateGuardrail", **config(**policies), guardrailIdentifier=id_)
    await ask("DeleteGuardrail", guardrailIdentifier=id_, guardrailVersion="1")
    await ask("DeleteGuardrail", guardrailIdentifier=id_)
    assert answers.keys() == ROWS.keys()


RESOURCES = {
    "creation is on any guardrail": ("CreateGuardrail", {}, f"{EVERY_GUARDRAIL}*"),
    "an id names a guardrail of the account": ("GetGuardrail", {"guardrailIdentifier": "abc"}, f"{EVERY_GUARDRAIL}abc"),
    "an ARN stands for itself": (
        "ApplyGuardrail", {"guardrailIdentifier": "arn:aws:bedrock:eu-west-1:999988887777:guardrail/x"},
        "arn:aws:bedrock:eu-west-1:999988887777:guardrail/x"),
    "a listing of all has no resource": ("ListGuardrails", {}, "*"),
    "a listing of versions is on the guardrail": ("ListGuardrails", {"guardrailIdentifier": "abc"}, f"{EVERY_GUARDRAIL}abc"),
    "tags are on their resource": ("TagResource", {"resourceARN": f"{EVERY_GUARDRAIL}abc"}, f"{EVERY_GUARDRAIL}abc"),
    "checks have no resource": ("InvokeGuardrailChecks", {}, "*"),
}  # fmt: skip


@pytest.mark.anyio
@pytest.mark.parametrize("case", RESOURCES, ids=RESOURCES.keys())
async def test_the_resource_an_operation_is_checked_against(call: Call, case: str) -> None:
    name, request, expected = RESOURCES[case]
    assert tuple(ROWS[name].resources(call, request)) == (expected,)


@pytest.mark.anyio
async def test_tags_of_a_request_are_condition_keys(call: Call) -> None:
    conditions = ROWS["CreateGuardrail"].conditions
    assert conditions is not None
    assert conditions(call, {"tags": [{"key": "team", "value": "a"}, {"key": "env", "value": "b"}]}) == {
        "aws:RequestTag/team": "a",
        "aws:RequestTag/env": "b",
        "aws:TagKeys": ["team", "env"],
    }
    assert conditions(call, {}) == {}
    untag = ROWS["UntagResource"].conditions
    assert untag is not None
    assert untag(call, {"tagKeys": ["team"]}) == {"aws:TagKeys": ["team"]}
