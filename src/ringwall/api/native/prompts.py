"""The native API's sealed prompts: an account's policy, records found and opened, and their destruction.

Opening a record has an action that begins with no word of AWS's for reading (`Get`, `List`, `Describe`): policies that let somebody look at
everything are not meant for what people said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.native.operation import NativeOperation
from ringwall.api.native.shapes import NoInput, Shape, anything, own_arn
from ringwall.inference.prompts.policy import Mode, Policy
from ringwall.inference.prompts.record import About
from ringwall.inference.prompts.store import Wanted

Moment = Annotated[datetime, Meta(tz=True)]
PromptId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,64}\Z")]


class PolicyOutput(Shape, frozen=True, kw_only=True):
    """An account's policy, and what this process kept and lost under it since it started."""

    key: str
    retention_days: int
    mode: Mode
    guardrail_checks: bool
    kept: int
    lost: int


class ListPromptsInput(Shape, frozen=True, kw_only=True):
    """Which records to list. principal: an ARN. verdict: the graver one of question and answer."""

    since: Moment | None = None
    until: Moment | None = None
    principal: Annotated[str, Meta(max_length=2048)] = ""
    model: Annotated[str, Meta(max_length=2048)] = ""
    verdict: Literal["NONE", "ANONYMIZE", "BLOCK"] | None = None
    marker: Annotated[str, Meta(max_length=200)] = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 50


class PromptInput(Shape, frozen=True, kw_only=True):
    """Which record: the request's id, as in the audit record."""

    id: PromptId


class ShredInput(Shape, frozen=True, kw_only=True):
    """What to destroy: the data keys of all days before one (UTC), or all there are."""

    before: date | None = None
    everything: bool = False


class Prompt(Shape, frozen=True, kw_only=True):
    """What is known of a record without opening it."""

    id: str
    time: datetime
    expires: datetime
    principal: str
    route: str
    model: str
    guardrails: tuple[str, ...]
    verdict: str
    question_verdict: str
    answer_verdict: str
    ended: str
    withheld: bool
    characters: int


class ListPromptsOutput(Shape, frozen=True, kw_only=True):
    """Records, newest first. marker: go on from here; empty at the end. unreadable: stored records that were passed over."""

    prompts: tuple[Prompt, ...]
    marker: str
    unreadable: int


class OpenedPrompt(Shape, frozen=True, kw_only=True):
    """A record, and what it holds; `answer` is null while the answer is under way, or where the process died."""

    prompt: Prompt
    question: Any
    answer: Any


class ShredOutput(Shape, frozen=True, kw_only=True):
    """What was destroyed. left: more records are without their keys already, and are removed by and by."""

    data_keys: int
    records: int
    left: bool


async def _get_policy(call: Call, given: NoInput) -> PolicyOutput:  # noqa: ARG001 - a handler's shape
    return _policy(call, await call.rooms.prompts.get_policy(call.account_id))


async def _put_policy(call: Call, given: Policy) -> PolicyOutput:
    call.record["sealedPromptsPolicy"] = msgspec.to_builtins(given)
    await call.rooms.prompts.put_policy(call.account_id, given)
    return _policy(call, given)


async def _delete_policy(call: Call, given: NoInput) -> None:  # noqa: ARG001 - a handler's shape
    await call.rooms.prompts.remove_policy(call.account_id)


def _policy(call: Call, policy: Policy) -> PolicyOutput:
    counts = call.rooms.prompts.counts(call.account_id)
    return PolicyOutput(
        key=policy.key,
        retention_days=policy.retention_days,
        mode=policy.mode,
        guardrail_checks=policy.guardrail_checks,
        kept=counts.kept,
        lost=counts.lost,
    )


async def _list(call: Call, given: ListPromptsInput) -> ListPromptsOutput:
    wanted = Wanted(**{name: getattr(given, name) for name in Wanted.__struct_fields__})
    found = await call.rooms.prompts.search(call.account_id, wanted)
    return ListPromptsOutput(prompts=tuple(map(_prompt, found.records)), marker=found.marker, unreadable=found.unreadable)


async def _open(call: Call, given: PromptInput) -> OpenedPrompt:
    call.record["sealedPrompt"] = {"id": given.id}
    opened = await call.rooms.prompts.open(call.account_id, given.id)
    return OpenedPrompt(prompt=_prompt(opened.about), question=opened.question, answer=opened.answer)


async def _shred(call: Call, given: PromptInput) -> None:
    call.record["sealedPrompt"] = {"id": given.id}
    await call.rooms.prompts.shred(call.account_id, given.id)


async def _shred_many(call: Call, given: ShredInput) -> ShredOutput:
    asked = "everything" if given.before is None else given.before.isoformat()
    call.record["shredded"] = {"before": asked}
    done = await call.rooms.prompts.shred_many(call.account_id, before=given.before, everything=given.everything)
    call.record["shredded"] = {"before": asked, "dataKeys": done.data_keys, "records": done.records}
    return ShredOutput(data_keys=done.data_keys, records=done.records, left=done.left)


def _prompt(about: About) -> Prompt:
    return Prompt(
        id=about.id,
        time=about.moment,
        expires=datetime.fromtimestamp(about.expires, UTC),
        principal=about.principal,
        route=about.route,
        model=about.model,
        guardrails=about.guardrails,
        verdict=about.verdict,
        question_verdict=about.question,
        answer_verdict=about.answer,
        ended=about.ended,
        withheld=about.withheld,
        characters=about.characters,
    )


def _arn(call: Call, given: PromptInput) -> Sequence[str]:
    return own_arn(call, f"sealed-prompt/{given.id}")


OPERATIONS = (
    NativeOperation(
        Operation("ringwall", "GetSealedPromptsPolicy", "ringwall:GetSealedPromptsPolicy", _get_policy, anything, read_only=True),
        "GET",
        "/prompts/policy",
        "Show whether and how the account's prompts and answers are kept.",
        NoInput,
        PolicyOutput,
    ),
    NativeOperation(
        Operation("ringwall", "PutSealedPromptsPolicy", "ringwall:PutSealedPromptsPolicy", _put_policy, anything),
        "PUT",
        "/prompts/policy",
        "Have the account's prompts and answers kept, sealed under its own keys; the key is tried first.",
        Policy,
        PolicyOutput,
    ),
    NativeOperation(
        Operation("ringwall", "DeleteSealedPromptsPolicy", "ringwall:DeleteSealedPromptsPolicy", _delete_policy, anything),
        "DELETE",
        "/prompts/policy",
        "Keep nothing more; what was kept stays until its time is over, or it is shredded.",
        NoInput,
        None,
    ),
    NativeOperation(
        Operation("ringwall", "ListSealedPrompts", "ringwall:ListSealedPrompts", _list, anything, read_only=True),
        "GET",
        "/prompts",
        "Find sealed prompts by time, principal, model and verdict; no text is opened.",
        ListPromptsInput,
        ListPromptsOutput,
    ),
    NativeOperation(
        Operation("ringwall", "OpenSealedPrompt", "ringwall:OpenSealedPrompt", _open, _arn, read_only=True),
        "GET",
        "/prompts/{id}",
        "Open one sealed prompt: the question and the answer as it was released.",
        PromptInput,
        OpenedPrompt,
    ),
    NativeOperation(
        Operation("ringwall", "ShredSealedPrompt", "ringwall:ShredSealedPrompt", _shred, _arn),
        "DELETE",
        "/prompts/{id}",
        "Destroy one sealed prompt and its key.",
        PromptInput,
        None,
    ),
    NativeOperation(
        Operation("ringwall", "ShredSealedPrompts", "ringwall:ShredSealedPrompts", _shred_many, anything),
        "POST",
        "/prompts/shred",
        "Destroy data keys, so that nothing that was sealed with them opens again: of the days before one, or all.",
        ShredInput,
        ShredOutput,
    ),
)
