"""What surrounds a data set, a feature group or a lineage entity: one bounded graph of where it came from and what came of it.

An artifact whose source is a version of a data set or a feature group stands for it, and is shown as it. That is so where its SourceUri, or
one of the values of its SourceTypes, is the ARN of the version (`...:dataset/NAME/3`) or of the group, or the version's digest, bare or
after `sha256:`.

Rules this file upholds: what is shown is there, in this account; nearest first, at most NODES_MAX nodes and LINKS_MAX links, and what was
left out is counted, never passed over in silence.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from itertools import pairwise
from typing import Final, Literal, cast

import msgspec

from ringwall.data.datasets import Datasets, NoSuchDataset, Version
from ringwall.data.feature_errors import FeatureGroupNotFound, LineageEntityNotFound
from ringwall.data.feature_group import GROUP, read_head
from ringwall.data.lineage_entity import WORDS, Edge, Entity
from ringwall.data.lineage_store import LineageStore
from ringwall.data.sagemaker_names import resource_of, sagemaker_arn
from ringwall.errors import AccessDenied, InvalidRequest, LimitExceeded, NotFound
from ringwall.vocabulary import Arn, own_resource

NODES_MAX: Final = 32
LINKS_MAX: Final = 96
VERSIONS_MAX: Final = 4
DATASET: Final = "dataset"
_VERSION: Final = re.compile(r"([a-zA-Z0-9_-]{1,64})/([1-9][0-9]{0,9})", re.ASCII)
_DIGEST: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})", re.ASCII)

NodeKind = Literal["dataset-version", "feature-group", "artifact", "action", "context"]


class Node(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing in the graph.

    type, source, status: as SageMaker has them; of lineage entities only. version: of a data set; else 0.
    entities: ARNs of the artifacts that stand for a version or a feature group.
    """

    arn: str
    kind: NodeKind
    name: str
    created_at: str
    type: str = ""
    version: int = 0
    source: str = ""
    status: str = ""
    entities: tuple[str, ...] = ()


class Link(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One arrow, by the ARNs of its ends.

    type: the association's; or `grew into` (proved), `followed by` between versions, `same name` between a feature group and a data set.
    """

    source: str
    destination: str
    type: str


class LineageGraph(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What surrounds `of`; its own nodes are `starts`.

    neighbours_left_out: how many things hang on what is shown, and are not shown. versions_left_out: older versions of the data set itself.
    """

    of: str
    starts: tuple[str, ...]
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    neighbours_left_out: int
    links_left_out: int
    versions_left_out: int


class LineageGraphs:
    """The graphs of all accounts."""

    def __init__(self, store: LineageStore) -> None:
        self._store = store
        self._datasets = Datasets(store.storage, store.clock)

    async def around(self, account_id: str, arn: str) -> LineageGraph:
        """Return what surrounds a data set (`...:dataset/NAME`), one version of it, a feature group, or a lineage entity.

        Raises:
            InvalidRequest: an ARN of none of these. AccessDenied: of another account.
            NoSuchDataset, FeatureGroupNotFound, LineageEntityNotFound: it is not there.
        """
        kind, name, version = read_start(arn, account_id=account_id, region=self._store.region)
        entities, edges = await self._store.graph(account_id)
        walk = _Walk(self._store, self._datasets, account_id, entities, edges)
        older = 0
        if kind == DATASET:
            held = await self._datasets.get(account_id, name)
            shown = _versions_shown(held.versions, version)
            for number in shown:
                await walk.start(await self._datasets.version(account_id, name, number))
            older = (shown[0] - 1) if shown and not version else 0
            await walk.start_group(name)
        elif kind == GROUP:
            if not await walk.start_group(name):
                raise FeatureGroupNotFound(f"the feature group `{name}` does not exist")
            for number in await self._newest(account_id, name):
                await walk.start(await self._datasets.version(account_id, name, number))
        else:
            await walk.start_entity(f"{kind}/{name}")
        return await walk.finish(arn, versions_left_out=older)

    async def _newest(self, account_id: str, name: str) -> list[int]:
        try:
            return _versions_shown((await self._datasets.get(account_id, name)).versions, 0)
        except NoSuchDataset:
            return []


def read_start(arn: str, *, account_id: str, region: str) -> tuple[str, str, int]:
    """Return (kind, name, version) of what an ARN names; version 0: no one version.

    Raises:
        InvalidRequest, AccessDenied, NoSuchDataset, LineageEntityNotFound: as `around`.
    """
    if Arn.parse(arn).service != "ringwall":
        kind, name = resource_of(arn, account_id=account_id, region=region, missing=LineageEntityNotFound)
        if kind not in {GROUP, *WORDS}:
            raise InvalidRequest("the ARN names nothing that has a lineage")
        return kind, name, 0
    kind, name = own_resource(arn, "ringwall", account_id=account_id, region=region, missing=NoSuchDataset)
    version = _VERSION.fullmatch(name)
    if kind != DATASET or ("/" in name and version is None):
        raise InvalidRequest("the ARN names no data set and no version of one")
    return (kind, version[1], int(version[2])) if version else (kind, name, 0)


def _versions_shown(held: int, asked: int) -> list[int]:
    """Return the newest versions; with one that is asked for those beside it, or it alone where it is not there."""
    if not asked:
        return list(range(max(held - VERSIONS_MAX, 0) + 1, held + 1))
    return [number for number in (asked - 1, asked, asked + 1) if 1 <= number <= held] if asked <= held else [asked]


class _Walk:
    """One walk, nearest first. A ref is an ARN without account and region."""

    def __init__(self, store: LineageStore, datasets: Datasets, account_id: str, entities: dict[str, Entity], edges: list[Edge]) -> None:
        self._store = store
        self._datasets = datasets
        self._account_id = account_id
        self._entities = entities
        self._edges = edges
        self._beside: dict[str, list[str]] = {}
        for edge in edges:
            self._beside.setdefault(edge.source, []).append(edge.destination)
            self._beside.setdefault(edge.destination, []).append(edge.source)
        self._of_source: dict[str, list[str]] = {}
        for ref, entity in entities.items():
            for named in _named(entity):
                self._of_source.setdefault(named, []).append(ref)
        self._nodes: dict[str, Node] = {}
        self._grown: dict[tuple[str, int], bool] = {}
        self._shown_as: dict[str, str] = {}  # entity to the node it is shown as
        self._waiting: deque[str] = deque()
        self._starts: list[str] = []

    async def start(self, version: Version) -> None:
        """Show a version, and what hangs on it."""
        self._starts.append(self._show_version(version))

    async def start_group(self, name: str) -> bool:
        """Show a feature group, where there is one of this name, and what hangs on it."""
        ref = await self._show_group(name)
        if ref:
            self._starts.append(ref)
        return bool(ref)

    async def start_entity(self, ref: str) -> None:
        """Show an entity, or what it stands for, and what hangs on it."""
        if ref not in self._entities:
            raise LineageEntityNotFound("the ARN names no lineage entity that is there")
        self._starts.append(await self._show(ref))

    async def finish(self, of: str, *, versions_left_out: int) -> LineageGraph:
        """Walk until everything is shown or enough is."""
        left: set[str] = set()
        while self._waiting:
            ref = self._waiting.popleft()
            if ref in self._shown_as:
                continue
            if len(self._nodes) >= NODES_MAX:
                left.add(ref)
            else:
                await self._show(ref)
        links = [*self._versions_in_order(), *self._same_names(), *self._associations()]
        return LineageGraph(
            of=of,
            starts=tuple(self._nodes[ref].arn for ref in self._starts),
            nodes=tuple(self._nodes.values()),
            links=tuple(links[:LINKS_MAX]),
            neighbours_left_out=len(left - self._shown_as.keys()),
            links_left_out=max(len(links) - LINKS_MAX, 0),
            versions_left_out=versions_left_out,
        )

    async def _show(self, ref: str) -> str:
        """Show an entity, or the version or feature group that it stands for; return the ref of the node."""
        stands_for = await self._stands_for(self._entities[ref])
        if stands_for:
            return stands_for
        entity = self._entities[ref]
        node = Node(
            arn=self._store.arn(self._account_id, ref),
            kind=cast("NodeKind", entity.kind),  # one of WORDS, which are three of the kinds
            name=entity.name or entity.source["SourceUri"],
            created_at=entity.created_at.isoformat(timespec="seconds"),
            type=entity.type,
            source=entity.source["SourceUri"],
            status=entity.status,
        )
        self._add(ref, node, [ref])
        return ref

    async def _stands_for(self, entity: Entity) -> str:
        """Show what an entity stands for; empty: only itself, for what its source names is not there."""
        for named in _named(entity):
            found: Version | str | None = None
            digest = _DIGEST.fullmatch(named)
            if digest is not None:
                found = await self._datasets.of_digest(self._account_id, digest[1])
            elif named.startswith(("arn:aws:ringwall:", "arn:aws:sagemaker:")):
                found = await self._of_arn(named)
            if isinstance(found, Version):
                return self._show_version(found)
            if found:
                return found
        return ""

    async def _of_arn(self, arn: str) -> Version | str:
        """Return the version that an ARN names, or the node of the feature group that it names; empty: neither is there."""
        try:
            kind, name, version = read_start(arn, account_id=self._account_id, region=self._store.region)
            if kind == GROUP:
                return await self._show_group(name)
            return await self._datasets.version(self._account_id, name, version) if version else ""
        except (InvalidRequest, AccessDenied, LimitExceeded, NotFound):
            return ""  # a source is anyone's text

    def _show_version(self, version: Version) -> str:
        ref = f"{DATASET}/{version.name}/{version.version}"
        arn = str(Arn("ringwall", self._store.region, self._account_id, ref))
        self._grown[version.name, version.version] = bool(version.extends)  # 0: a growth was claimed, and not one row was shown to stay
        known = self._sources(arn, version.digest, f"sha256:{version.digest}")
        node = Node(arn=arn, kind="dataset-version", name=version.name, version=version.version, created_at=version.committed_at)
        self._add(ref, node, known)
        return ref

    async def _show_group(self, name: str) -> str:
        document = await self._store.storage.get(self._account_id, GROUP, name)
        if document is None:
            return ""
        ref, head = f"{GROUP}/{name}", read_head(document)
        arn = sagemaker_arn(self._store.region, self._account_id, GROUP, name)
        node = Node(arn=arn, kind="feature-group", name=name, created_at=head.created_at.isoformat(timespec="seconds"))
        self._add(ref, node, self._sources(arn))
        return ref

    def _sources(self, *named: str) -> list[str]:
        """Return the artifacts of these sources that are not shown as something else."""
        return [ref for each in named for ref in self._of_source.get(each, ()) if ref not in self._shown_as]

    def _add(self, ref: str, node: Node, entities: Iterable[str]) -> None:
        if ref in self._nodes:
            return
        entities = list(dict.fromkeys(entities))
        if ref not in entities:
            node = msgspec.structs.replace(node, entities=tuple(self._store.arn(self._account_id, each) for each in entities))
        self._nodes[ref] = node
        for entity in entities:
            self._shown_as[entity] = ref
            self._waiting.extend(self._beside.get(entity, ()))

    def _versions_in_order(self) -> list[Link]:
        """Return the links between versions of one data set that are shown."""
        versions = sorted((node for node in self._nodes.values() if node.version), key=lambda node: (node.name, node.version))
        return [
            Link(source=old.arn, destination=new.arn, type="grew into" if self._proved(old, new) else "followed by")
            for old, new in pairwise(versions)
            if old.name == new.name
        ]

    def _proved(self, old: Node, new: Node) -> bool:
        return new.version == old.version + 1 and self._grown[new.name, new.version]

    def _same_names(self) -> list[Link]:
        """Return a link from each feature group to the newest version shown of the data set of its name: the SDK makes the two together."""
        newest = {node.name: node.arn for node in sorted(self._nodes.values(), key=lambda node: node.version) if node.version}
        groups = [node for node in self._nodes.values() if node.kind == "feature-group" and node.name in newest]
        return [Link(source=group.arn, destination=newest[group.name], type="same name") for group in groups]

    def _associations(self) -> list[Link]:
        links: dict[Link, None] = {}
        for edge in self._edges:
            source, destination = self._shown_as.get(edge.source), self._shown_as.get(edge.destination)
            if source and destination and source != destination:
                links[Link(source=self._nodes[source].arn, destination=self._nodes[destination].arn, type=edge.type)] = None
        return list(links)


def _named(entity: Entity) -> list[str]:
    """Return what an artifact's source names; what an action or a context comes from is another thing than the action."""
    if entity.kind != "artifact":
        return []
    return [entity.source["SourceUri"], *(each["Value"] for each in entity.source.get("SourceTypes") or ())]
