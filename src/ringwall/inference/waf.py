"""Web ACLs in front of the endpoints: the WAFv2 resources in AWS's words, and the judgement of one request.

Every method takes the account and an AWS-shaped request (member names as in the service model) and returns an AWS-shaped answer; `judge` is
what the way of a request asks. It leaves to others: who may (identity), the audit record, and the answer to a blocked client.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ringwall.errors import Conflict, InvalidRequest
from ringwall.inference.stored import put_in_place
from ringwall.inference.waf_catalogue import WafCatalogue
from ringwall.inference.waf_compiled import ASSOCIATION, CompiledWaf, Standing
from ringwall.inference.waf_errors import WafItemNotFound, WafLockLost
from ringwall.inference.waf_items import WEB_ACL, Kind, check_scope, references_in, shown
from ringwall.inference.waf_rates import Rates, SharedRates
from ringwall.inference.workers import INLINE_CHARACTERS, Workers
from ringwall.keys import Digester, PageTokens
from ringwall.policies.waf import CountAsked, Decision, Judging, RequestView, WebAcl, advance, capacity_of, evaluate, judging, rate_names
from ringwall.storage import Delete, Document, Storage
from ringwall.vocabulary import Clock, own_resource
from ringwall.wire import HttpRequest

ENDPOINTS = ("anthropic", "bedrock", "native", "openai", "sagemaker")
"""What a web ACL can stand before: the faces that models are asked through, and the native API. `bedrock` is bedrock-runtime."""


def endpoint_arn(region: str, account_id: str, endpoint: str) -> str:
    """Return the ARN by which an account's endpoint is associated with a web ACL."""
    return f"arn:aws:ringwall:{region}:{account_id}:endpoint/{endpoint}"


def request_view(request: HttpRequest, source_ip: str) -> RequestView:
    """Return a request as a web ACL sees it."""
    headers = tuple((name, value.encode("latin-1", "replace")) for name, value in request.headers if not name.startswith(":"))
    return RequestView(request.method, request.raw_path, request.query, headers, request.body, source_ip)


class Waf:
    """The service."""

    def __init__(
        self,
        storage: Storage,
        *,
        keys: Digester,
        clock: Clock,
        region: str,
        workers: Workers | None = None,
        rates: SharedRates | None = None,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._region = region
        self._compiled = CompiledWaf(storage, region=region)
        self._catalogue = WafCatalogue(storage, region=region, pages=PageTokens(keys), compiled=self._compiled)
        self._rates = Rates()
        self._shared = rates
        self._workers = workers or Workers(inline_characters=INLINE_CHARACTERS["c"])

    # -- resources ------------------------------------------------------------------------------------------------------------------

    async def create(self, account_id: str, kind: Kind, request: Mapping[str, Any]) -> dict[str, Any]:
        """CreateWebACL, CreateRuleGroup, CreateIPSet, CreateRegexPatternSet."""
        return await self._catalogue.create(account_id, kind, request)

    async def get(self, account_id: str, kind: Kind, request: Mapping[str, Any]) -> dict[str, Any]:
        """GetWebACL, GetRuleGroup, GetIPSet, GetRegexPatternSet."""
        return await self._catalogue.get(account_id, kind, request)

    async def listing(self, account_id: str, kind: Kind, request: Mapping[str, Any]) -> dict[str, Any]:
        """ListWebACLs, ListRuleGroups, ListIPSets, ListRegexPatternSets."""
        return await self._catalogue.listing(account_id, kind, request)

    async def update(self, account_id: str, kind: Kind, request: Mapping[str, Any]) -> dict[str, Any]:
        """UpdateWebACL, UpdateRuleGroup, UpdateIPSet, UpdateRegexPatternSet."""
        return await self._catalogue.update(account_id, kind, request)

    async def delete(self, account_id: str, kind: Kind, request: Mapping[str, Any]) -> dict[str, Any]:
        """DeleteWebACL, DeleteRuleGroup, DeleteIPSet, DeleteRegexPatternSet."""
        suffix = f"/{request['Id']}"
        in_use = kind is WEB_ACL and any(one.body.decode().endswith(suffix) for one in await self._associations(account_id))
        await self._catalogue.delete(account_id, kind, request, in_use)
        return {}

    async def check_capacity(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Say what rules cost; CheckCapacity."""
        check_scope(request)
        references = await self._compiled.references(account_id, references_in(request["Rules"]))
        return {"Capacity": capacity_of(request["Rules"], references, account_id=account_id)}

    # -- tags -----------------------------------------------------------------------------------------------------------------------

    async def tag_resource(self, account_id: str, arn: str, added: Mapping[str, str]) -> dict[str, Any]:
        """Add or change tags; TagResource."""
        await self._catalogue.change_tags(account_id, arn, lambda tags: {**tags, **added})
        return {}

    async def untag_resource(self, account_id: str, arn: str, removed: frozenset[str]) -> dict[str, Any]:
        """Remove tags; UntagResource."""
        await self._catalogue.change_tags(account_id, arn, lambda tags: {key: value for key, value in tags.items() if key not in removed})
        return {}

    async def list_tags(self, account_id: str, arn: str) -> dict[str, Any]:
        """List tags, all on one page; ListTagsForResource."""
        tags = await self._catalogue.tags(account_id, arn)
        shown_tags = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
        return {"TagInfoForResource": {"ResourceARN": arn, "TagList": shown_tags}}

    # -- endpoints ------------------------------------------------------------------------------------------------------------------

    async def associate(self, account_id: str, acl_arn: str, resource_arn: str) -> dict[str, Any]:
        """Put a web ACL before an endpoint, in place of the one that stands there; AssociateWebACL."""
        endpoint = self._endpoint(account_id, resource_arn)
        await self._compiled.find_web_acl(account_id, acl_arn)
        held = await self._storage.get(account_id, ASSOCIATION, endpoint)
        association = Document(account_id=account_id, kind=ASSOCIATION, id=endpoint, body=acl_arn.encode())
        try:
            await self._storage.apply(put_in_place(association, held))
        except Conflict:
            raise WafLockLost("another request changed what stands before the endpoint") from None
        return {}

    async def disassociate(self, account_id: str, resource_arn: str) -> dict[str, Any]:
        """Take away the web ACL before an endpoint; DisassociateWebACL."""
        await self._storage.apply(Delete(account_id, ASSOCIATION, self._endpoint(account_id, resource_arn)))
        return {}

    async def web_acl_for(self, account_id: str, resource_arn: str) -> dict[str, Any]:
        """Show the web ACL before an endpoint, if there is one; GetWebACLForResource."""
        held = await self._storage.get(account_id, ASSOCIATION, self._endpoint(account_id, resource_arn))
        if held is None:
            return {}
        item = await self._compiled.find_web_acl(account_id, held.body.decode())
        return {"WebACL": shown(self._region, account_id, WEB_ACL, item)}

    async def resources_for(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """List the endpoints that a web ACL stands before, which count as API Gateway's; ListResourcesForWebACL."""
        arn = request["WebACLArn"]
        await self._compiled.find_web_acl(account_id, arn)
        if request.get("ResourceType", "API_GATEWAY") != "API_GATEWAY":
            return {"ResourceArns": []}
        held = await self._associations(account_id)
        return {"ResourceArns": [endpoint_arn(self._region, account_id, one.id) for one in held if one.body.decode() == arn]}

    async def stands_before(self, account_id: str, endpoint: str) -> bool:
        """Say whether a web ACL stands before an account's endpoint: most have none, and their requests need no view."""
        return endpoint in await self._standing(account_id)

    async def judge(self, account_id: str, endpoint: str, view: RequestView) -> Decision | None:
        """Judge a request to one of an account's endpoints; None where no web ACL stands before it.

        Args:
            account_id: whose endpoint it is.
            endpoint: one of ENDPOINTS.
            view: from `request_view`.

        Raises:
            WafReferenceNotFound, IntegrityError and others: the web ACL cannot be evaluated; the request must not go on.
            LimitsUnavailable: the shared store of counts does not answer, and the setting says that nothing passes then.
        """
        found = (await self._standing(account_id)).get(endpoint)
        if found is None:
            return None
        weight, now_s = _weight(found.acl, view), self._clock().timestamp()
        if self._shared is not None:
            return await self._judge_shared(self._shared, judging(found.acl, view, owner=found.arn), weight, now_s)
        rates = self._rates.at(now_s)
        decision, _ = await self._workers.run(weight, lambda: evaluate(found.acl, view, rates, owner=found.arn))
        return decision

    async def _judge_shared(self, rates: SharedRates, steps: Judging, weight: int, now_s: float) -> Decision:
        """Judge in steps: from one count, which the shared store is asked for, to the next."""
        count: int | None = None
        while True:
            go_on = partial(advance, steps, count)
            step, _ = await self._workers.run(weight, go_on)
            if not isinstance(step, CountAsked):
                return step
            count = await rates.count(step, now_s)

    async def close(self) -> None:
        """Release what counts are shared through."""
        if self._shared is not None:
            await self._shared.close()

    async def _standing(self, account_id: str) -> Mapping[str, Standing]:
        standing, fresh = await self._compiled.standing(account_id)
        if fresh:
            self._forget_rates(account_id, {name for one in standing.values() for name in rate_names(one.acl, owner=one.arn)})
        return standing

    def _forget_rates(self, account_id: str, names: set[str]) -> None:
        """Forget the counts of rules that were changed or taken away, so that memory is bounded by what stands."""
        self._rates.keep_only(f"arn:aws:wafv2:{self._region}:{account_id}:", frozenset(names))

    async def _associations(self, account_id: str) -> list[Document]:
        return list(await self._storage.list(account_id, ASSOCIATION))

    def _endpoint(self, account_id: str, arn: str) -> str:
        kind, name = own_resource(arn, "ringwall", account_id=account_id, region=self._region, missing=WafItemNotFound)
        if kind != "endpoint" or name not in ENDPOINTS:
            raise InvalidRequest(
                "the ARN names no endpoint",
                remedy=f"write {endpoint_arn(self._region, account_id, 'NAME')}, NAME one of {', '.join(ENDPOINTS)}",
            )
        return name


def _weight(acl: WebAcl, view: RequestView) -> int:
    """Return what a judgement may cost, in characters of a scan (1 us each): at worst 15 ns for each capacity unit and byte."""
    looked_at = len(view.path) + len(view.query) + min(len(view.body), acl.body_limit) + sum(len(value) for _, value in view.headers)
    return looked_at * acl.capacity // 65
