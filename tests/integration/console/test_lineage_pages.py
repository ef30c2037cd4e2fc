"""The lineage graph on the console's pages: drawn, in words, bounded, empty, refused, and texts that stay texts."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ringwall.data.lineage_graph import NODES_MAX
from tests.integration.console.test_console import CANARY, Browser, browser, stranger
from tests.integration.console.test_datasets import committed, text

__all__ = ["browser", "stranger"]

pytestmark = pytest.mark.anyio

BOX = re.compile(r'<a class="(dataset-version|feature-group|artifact|action|context)( here)?" href="([^"]+)"')
GROUP = {
    "FeatureGroupName": "credit-risk",
    "RecordIdentifierFeatureName": "id",
    "EventTimeFeatureName": "at",
    "FeatureDefinitions": [{"FeatureName": "id", "FeatureType": "String"}, {"FeatureName": "at", "FeatureType": "String"}],
    "OnlineStoreConfig": {"EnableOnlineStore": True},
}


async def sagemaker(browser: Browser, operation: str, request: dict[str, Any]) -> str:
    """Do a SageMaker operation and return the ARN that it answers."""
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"SageMaker.{operation}"}
    answer = await browser.home.aws("POST", "/", json.dumps(request).encode(), service="sagemaker", headers=headers)
    assert answer.status == 200, answer.body
    return str(next(iter(answer.json().values())))


async def associate(browser: Browser, source: str, destination: str, how: str) -> None:
    await sagemaker(browser, "AddAssociation", {"SourceArn": source, "DestinationArn": destination, "AssociationType": how})


async def action(browser: Browser, name: str) -> str:
    request = {"ActionName": name, "Source": {"SourceUri": f"job:{name}"}, "ActionType": "Training", "Status": "Completed"}
    return await sagemaker(browser, "CreateAction", request)


async def artifact(browser: Browser, uri: str, **members: Any) -> str:
    return await sagemaker(browser, "CreateArtifact", {"Source": {"SourceUri": uri}, "ArtifactType": "Model", **members})


async def test_every_box_leads_to_a_page_that_draws_the_same_things(browser: Browser) -> None:
    await browser.home.native("PUT", "/datasets/credit-risk", {})
    first = await committed(browser, {"id": [1]})
    second = await committed(browser, {"id": [2]})
    await sagemaker(browser, "CreateFeatureGroup", GROUP)
    data, train = await artifact(browser, first["digest"]), await action(browser, "train")
    model = await artifact(browser, "model:1", ArtifactName="risk-model", ArtifactType="Model")
    place = await sagemaker(
        browser, "CreateContext", {"ContextName": "endpoint", "Source": {"SourceUri": "e:1"}, "ContextType": "Endpoint"}
    )
    await associate(browser, data, train, "ContributedTo")
    await associate(browser, train, model, "Produced")
    await associate(browser, model, place, "AssociatedWith")
    page = await text(browser, "/datasets/credit-risk")
    boxes = {href: kind for kind, _, href in BOX.findall(page)}
    assert sorted(boxes.values()) == ["action", "artifact", "context", "dataset-version", "dataset-version", "feature-group"]
    assert page.count('<path class="arrow"') + page.count('<path class="arrow alike"') == 5
    for said in ("ContributedTo", "Produced", "AssociatedWith", "followed by", "same name"):
        assert f"<td>{said}</td>" in page
    assert "Not drawn" not in page
    for href, kind in boxes.items():
        opened = await text(browser, href.removeprefix("/console"))
        assert [(found, address) for found, here, address in BOX.findall(opened) if here] == [(kind, href)]
    stands = await text(browser, f"/lineage/artifact/{data.rpartition('/')[2]}")
    assert 'Stands for</dt><dd><a href="/console/datasets/credit-risk/1">' in stands
    assert second["digest"] in await text(browser, "/datasets/credit-risk/2")
    assert first["digest"] not in (await text(browser, "/datasets/credit-risk/2")).partition('id="lineage"')[0]


async def test_nothing_known_is_said_and_what_is_left_out_is_counted(browser: Browser) -> None:
    await browser.home.native("PUT", "/datasets/credit-risk", {})
    empty = await text(browser, "/datasets/credit-risk")
    assert "Nothing was committed to yet, so nothing came of it" in empty
    assert "<svg" not in empty.partition("<main")[2]
    only = await committed(browser, {"id": [1]})
    assert "No version of this data set is known to the lineage yet" in await text(browser, "/datasets/credit-risk")
    data = await artifact(browser, only["digest"])
    for number in range(NODES_MAX):
        await associate(browser, data, await action(browser, f"job-{number}"), "ContributedTo")
    page = await text(browser, "/datasets/credit-risk")
    assert len(BOX.findall(page)) == NODES_MAX
    assert "Not drawn: 1 more thing that hangs on these." in page


async def test_names_in_a_drawing_stay_texts(browser: Browser) -> None:
    made = await artifact(browser, CANARY)
    page = await text(browser, f"/lineage/artifact/{made.rpartition('/')[2]}")
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(&#39;x&#39;)" in page
    assert not re.search(r"\sstyle=", page)


async def test_who_may_not_query_lineage_sees_the_data_set_without_it(stranger: Browser) -> None:
    await stranger.home.native("PUT", "/datasets/credit-risk", {})
    await committed(stranger, {"id": [1]})
    made = await artifact(stranger, "model:1")
    identity, account = stranger.home.house.rooms.identity, stranger.home.first.account_id
    await identity.users.create(account, "reader")
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ringwall:*", "Resource": "*"}]}
    await identity.users.put_policy(account, "reader", "read", json.dumps(allowed))
    key = await identity.create_access_key(account, "reader")
    answer = await stranger.post("/console/login", {"access_key_id": key.key.name, "secret": key.secret_access_key})
    stranger.cookie = answer.headers["set-cookie"].partition(";")[0]
    page = await text(stranger, "/datasets/credit-risk")
    assert "is not authorized to perform: sagemaker:QueryLineage" in page
    assert not BOX.findall(page)
    refused = await stranger.get(f"/console/lineage/artifact/{made.rpartition('/')[2]}")
    assert refused.status == 403


async def test_asking_for_a_version_asks_policies_about_its_data_set(stranger: Browser) -> None:
    await stranger.home.native("PUT", "/datasets/credit-risk", {})
    await committed(stranger, {"id": [1]})
    identity, account = stranger.home.house.rooms.identity, stranger.home.first.account_id
    data_set = f"arn:aws:ringwall:us-east-1:{account}:dataset/credit-risk"
    statements = [
        {"Effect": "Allow", "Action": ["sagemaker:QueryLineage", "bedrock:CallWithBearerToken"], "Resource": "*"},
        {"Effect": "Deny", "Action": "sagemaker:QueryLineage", "Resource": data_set},
    ]
    await identity.users.create(account, "reader")
    await identity.users.put_policy(account, "reader", "read", json.dumps({"Version": "2012-10-17", "Statement": statements}))
    token = (await identity.create_api_key(account, "reader")).token
    for of in (data_set, f"{data_set}/1"):
        assert (await stranger.home.native("GET", f"/lineage?of={of}", key=token)).status == 403
        assert (await stranger.home.native("GET", f"/lineage?of={of}")).json()["nodes"][0]["version"] == 1


@pytest.mark.parametrize(
    "path",
    [
        "/lineage/artifact/none",
        "/lineage/dataset/credit-risk",
        "/feature-groups/none",
        "/datasets/credit-risk/2",
        "/datasets/credit-risk/01",
        "/datasets/credit-risk/x",
    ],
)
async def test_what_is_not_there_is_not_found(browser: Browser, path: str) -> None:
    await browser.home.native("PUT", "/datasets/credit-risk", {})
    await committed(browser, {"id": [1]})
    assert (await browser.get(f"/console{path}")).status == 404
