"""The lineage graph over a real database: what stands for what, what is bounded and counted, and whose it is."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from ringwall.data.commitment import SaltKey, commit, commit_table, open_source, prove_growth
from ringwall.data.datasets import Datasets, Given, NoSuchDataset, Version
from ringwall.data.feature_errors import FeatureGroupNotFound, LineageEntityNotFound
from ringwall.data.features import FeatureStore
from ringwall.data.inspection import inspect
from ringwall.data.lineage import Lineage
from ringwall.data.lineage_graph import LINKS_MAX, NODES_MAX, VERSIONS_MAX, LineageGraph
from ringwall.errors import AccessDenied, InvalidRequest
from ringwall.storage.database import DatabaseStorage
from tests.integration.conftest import REGION
from tests.integration.data_features.conftest import folder, store
from tests.integration.data_features.requests import ONLINE, new_group
from tests.integration.lineage.test_lineage import ACCOUNT, OTHER, artifact, associate, root
from tests.integration.storage.places import StandingClock

__all__ = ["folder", "store"]

pytestmark = [pytest.mark.anyio, pytest.mark.slow_on_postgresql]


@pytest.fixture
def datasets(storage: DatabaseStorage, clock: StandingClock) -> Datasets:
    return Datasets(storage, clock)


def arn(resource: str, *, service: str = "ringwall", account: str = ACCOUNT, region: str = REGION) -> str:
    return f"arn:aws:{service}:{region}:{account}:{resource}"


async def commit_to(datasets: Datasets, name: str, *values: int, account: str = ACCOUNT) -> list[Version]:
    await datasets.put(account, name, None)
    made = []
    for value in values:
        source = open_source(pa.table({"n": [value]}))
        committed = commit(source)
        given = Given(commitment=committed.commitment, columns=committed.schema, origin=source.origin, inspection=inspect(source))
        made.append(await datasets.commit(account, name, given))
    return made


async def action(lineage: Lineage, name: str) -> str:
    request = {"ActionName": name, "Source": {"SourceUri": f"job:{name}"}, "ActionType": "Training", "Status": "Completed"}
    return str((await lineage.entities.create(ACCOUNT, "action", request, root()))["ActionArn"])


def named(digest: str) -> dict[str, Any]:
    return {"Source": {"SourceUri": f"table:{digest[-20:]}", "SourceTypes": [{"SourceIdType": "Custom", "Value": digest}]}}


def shown(graph: LineageGraph) -> set[tuple[str, str, int]]:
    return {(node.kind, node.name, node.version) for node in graph.nodes}


def linked(graph: LineageGraph) -> set[tuple[str, str, str]]:
    says = {node.arn: f"{node.name} {node.version}" if node.version else node.name for node in graph.nodes}
    return {(says[link.source], link.type, says[link.destination]) for link in graph.links}


async def test_a_model_hangs_on_the_version_it_was_trained_on(lineage: Lineage, datasets: Datasets, store: FeatureStore) -> None:
    first, second, _ = await commit_to(datasets, "risk", 1, 2, 3)
    await store.groups.create(ACCOUNT, new_group("risk", **ONLINE))
    by_digest = await artifact(lineage, "", **named(first.digest))
    by_prefix = await artifact(lineage, "", **named(f"sha256:{second.digest}"))
    by_arn = await artifact(lineage, arn("dataset/risk/2"))
    group = await artifact(lineage, arn("feature-group/risk", service="sagemaker"))
    raw, train, model = (
        await artifact(lineage, "s3://raw"),
        await action(lineage, "train"),
        await artifact(lineage, "model:1", ArtifactName="m"),
    )
    for source, destination in ((raw, by_digest), (by_prefix, train), (by_arn, train), (group, train), (train, model)):
        await associate(lineage, source, destination)
    graph = await lineage.graphs.around(ACCOUNT, arn("dataset/risk"))
    assert shown(graph) == {
        *(("dataset-version", "risk", number) for number in (1, 2, 3)),
        ("feature-group", "risk", 0),
        ("artifact", "s3://raw", 0),
        ("action", "train", 0),
        ("artifact", "m", 0),
    }
    assert linked(graph) == {
        ("risk 1", "followed by", "risk 2"),
        ("risk 2", "followed by", "risk 3"),
        ("risk", "same name", "risk 3"),
        ("s3://raw", "", "risk 1"),
        ("risk 2", "", "train"),
        ("risk", "", "train"),
        ("train", "", "m"),
    }
    entities = {node.version: set(node.entities) for node in graph.nodes if node.version}
    assert entities == {1: {by_digest}, 2: {by_prefix, by_arn}, 3: set()}
    assert (graph.neighbours_left_out, graph.links_left_out, graph.versions_left_out) == (0, 0, 0)


async def test_the_same_graph_is_found_from_wherever_one_starts(lineage: Lineage, datasets: Datasets, store: FeatureStore) -> None:
    (only,) = await commit_to(datasets, "risk", 1)
    await store.groups.create(ACCOUNT, new_group("risk", **ONLINE))
    data, train = await artifact(lineage, "", **named(only.digest)), await action(lineage, "train")
    await associate(lineage, data, train)
    whole = {("dataset-version", "risk", 1), ("action", "train", 0)}
    for start, start_node in ((train, train), (data, arn("dataset/risk/1"))):
        graph = await lineage.graphs.around(ACCOUNT, start)
        assert (shown(graph), graph.starts) == (whole, (start_node,))
    for start in (arn("dataset/risk"), arn("dataset/risk/1"), arn("feature-group/risk", service="sagemaker")):
        assert shown(await lineage.graphs.around(ACCOUNT, start)) == {*whole, ("feature-group", "risk", 0)}


async def test_a_version_is_shown_between_those_beside_it(lineage: Lineage, datasets: Datasets) -> None:
    await commit_to(datasets, "risk", *range(1, VERSIONS_MAX + 3))
    newest = await lineage.graphs.around(ACCOUNT, arn("dataset/risk"))
    assert (len(newest.nodes), newest.versions_left_out) == (VERSIONS_MAX, 2)
    assert {version for _, _, version in shown(await lineage.graphs.around(ACCOUNT, arn("dataset/risk/2")))} == {1, 2, 3}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        pytest.param({"mode": "rows", "salts": SaltKey(bytes(32))}, "grew into", id="each row is shown to stay"),
        pytest.param({}, "followed by", id="a proof that reaches to no row, since no chunk of 65,536 was full"),
    ],
)
async def test_growth_is_told_from_mere_succession(lineage: Lineage, datasets: Datasets, options: dict[str, Any], says: str) -> None:
    """Whether a version grew out of the one before is read from the version itself."""
    small, large = pa.table({"n": [1, 2]}), pa.table({"n": [1, 2, 3]})
    await datasets.put(ACCOUNT, "risk", None)
    growth = prove_growth(commit_table(small, **options), large, salts=options.get("salts"))
    for table, proof in ((small, None), (large, growth)):
        source = open_source(table)
        made = commit(source, **options)
        given = Given(commitment=made.commitment, columns=made.schema, origin=source.origin, inspection=inspect(source), growth=proof)
        await datasets.commit(ACCOUNT, "risk", given)
    assert linked(await lineage.graphs.around(ACCOUNT, arn("dataset/risk"))) == {("risk 1", says, "risk 2")}


async def test_what_is_drawn_is_bounded_and_the_rest_counted(lineage: Lineage, datasets: Datasets) -> None:
    (only,) = await commit_to(datasets, "risk", 1)
    data = await artifact(lineage, "", **named(only.digest))
    around = [await action(lineage, f"job-{number:02}") for number in range(NODES_MAX + 3)]
    for each in around:
        await associate(lineage, data, each)
    for near, far in ((near, far) for near in around[:14] for far in around[:14] if near < far):
        await associate(lineage, near, far)
    graph = await lineage.graphs.around(ACCOUNT, arn("dataset/risk"))
    assert len(graph.nodes) == NODES_MAX
    assert graph.neighbours_left_out == 4
    assert len(graph.links) == LINKS_MAX
    drawn = {node.arn for node in graph.nodes}
    all_between = NODES_MAX - 1 + sum(near < far for near in around[:14] for far in around[:14] if {near, far} <= drawn)
    assert graph.links_left_out == all_between - LINKS_MAX


@pytest.mark.parametrize(
    "source",
    [
        "f" * 64,
        arn("dataset/risk/9"),
        arn("dataset/none/1"),
        arn("dataset/risk"),
        arn("dataset/risk/1", account=OTHER),
        arn("dataset/risk/1", region="eu-west-1"),
        arn("feature-group/none", service="sagemaker"),
        arn("feature-group/" + "x" * 1500, service="sagemaker"),
        "arn:aws:ringwall:",
    ],
)
async def test_a_source_that_names_nothing_of_ours_is_only_a_text(lineage: Lineage, datasets: Datasets, source: str) -> None:
    await commit_to(datasets, "risk", 1)
    await commit_to(datasets, "risk", 1, account=OTHER)
    graph = await lineage.graphs.around(ACCOUNT, await artifact(lineage, source))
    assert shown(graph) == {("artifact", source, 0)}


async def test_an_action_is_not_the_table_that_its_source_names(lineage: Lineage, datasets: Datasets) -> None:
    await commit_to(datasets, "risk", 1)
    request = {"ActionName": "train", "Source": {"SourceUri": arn("dataset/risk/1")}, "ActionType": "Training"}
    made = await lineage.entities.create(ACCOUNT, "action", request, root())
    assert shown(await lineage.graphs.around(ACCOUNT, made["ActionArn"])) == {("action", "train", 0)}


async def test_a_circle_of_associations_is_walked_once(lineage: Lineage) -> None:
    ring = [await artifact(lineage, f"uri:{number}") for number in range(3)]
    for near, far in zip(ring, ring[1:] + ring[:1], strict=True):
        await associate(lineage, near, far)
    graph = await lineage.graphs.around(ACCOUNT, ring[0])
    assert (len(graph.nodes), len(graph.links)) == (3, 3)


@pytest.mark.parametrize(
    ("start", "refusal"),
    [
        (arn("dataset/none"), NoSuchDataset),
        (arn("dataset/risk/2"), NoSuchDataset),
        (arn("dataset/risk", region="eu-west-1"), NoSuchDataset),
        (arn("dataset/risk", account=OTHER), AccessDenied),
        (arn("dataset/risk/1/x"), InvalidRequest),
        (arn("dataset/risk/01"), InvalidRequest),
        (arn("dataset/"), InvalidRequest),
        (arn("ledger/audit"), InvalidRequest),
        (arn("feature-group/none", service="sagemaker"), FeatureGroupNotFound),
        (arn("artifact/none", service="sagemaker"), LineageEntityNotFound),
        (arn("artifact/none", service="sagemaker", account=OTHER), AccessDenied),
        (arn("pipeline/p", service="sagemaker"), InvalidRequest),
        ("risk", InvalidRequest),
    ],
)
async def test_what_has_no_lineage_is_refused(lineage: Lineage, datasets: Datasets, start: str, refusal: type[Exception]) -> None:
    await commit_to(datasets, "risk", 1)
    with pytest.raises(refusal):
        await lineage.graphs.around(ACCOUNT, start)


async def test_an_empty_data_set_has_an_empty_graph(lineage: Lineage, datasets: Datasets) -> None:
    await datasets.put(ACCOUNT, "risk", None)
    graph = await lineage.graphs.around(ACCOUNT, arn("dataset/risk"))
    assert (graph.nodes, graph.links, graph.starts) == ((), (), ())
