"""How many tokens a question is to its model, counted under the guardrails and limits that questions stand under.

The count is the upstream's own, or the built-in model's: where nobody counts exactly, the request is refused. What is counted goes to the
upstream, so the guardrails judge it first: what they mask is counted masked, what they block is not counted. No model thinks, so no budget
of tokens or cost is used; limits on requests hold.
"""

from __future__ import annotations

from ringwall.api.aws.asking import model_resource
from ringwall.api.aws.operation import Call
from ringwall.inference.errors import ContentBlocked
from ringwall.inference.gateway import Passed, Wanted
from ringwall.inference.limits import Subject, Usage, counted_key
from ringwall.wire.dialects.model import Ask


async def count_tokens(call: Call, ask: Ask, wanted: Wanted | None, *, route: str) -> int:
    """Return the count.

    Args:
        call: who asks.
        ask: the question.
        wanted: the guardrail that the request names, beside those of the account and the key.
        route: the endpoint it came by, as limits name it.

    Raises:
        ContentBlocked: a guardrail blocks it. ContentRefused: it holds what no guardrail judges. TokensUncounted: nobody counts it.
    """
    place = await call.rooms.upstreams.models.find(call.account_id, ask.model)
    model = ask.model if place.row.is_pattern else place.row.id
    if model != ask.model:
        assert call.authorize is not None
        await call.authorize(model_resource(call, model))
    subject = Subject(account_id=call.account_id, key_id=counted_key(call.principal), model_id=model, route=route)
    grant = await call.rooms.budgets.admit(subject, Usage(), counts_tokens=False)
    try:
        passed = await _judge(call, ask, (model, *place.row.aliases), wanted)
        tokens = await call.rooms.upstreams.count_tokens(passed.ask, place)
    finally:
        await grant.settle(Usage())
    call.record.update({"model": ask.model, "dialect": ask.dialect, "inputTokens": tokens, **grant.record})
    return tokens


async def _judge(call: Call, ask: Ask, names: tuple[str, ...], wanted: Wanted | None) -> Passed:
    guards = await call.rooms.guardrails.questions.guards(call.account_id, names, wanted, call.principal.guardrail)
    passed = await call.rooms.gateway.judge(call.account_id, ask, guards)
    call.record["input"] = [judged.record for judged in passed.questions]
    if passed.blocked is not None:
        raise ContentBlocked(passed.blocked)
    return passed
