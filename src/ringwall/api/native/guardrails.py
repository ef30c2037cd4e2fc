"""The native API's guardrails: AWS's operations with the short form accepted, and judgements in full."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ringwall.api.aws.checking import apply_guardrail
from ringwall.api.aws.operation import Call, Operation
from ringwall.api.aws.operations.bedrock import record_update
from ringwall.api.aws.registry import BY_NAME
from ringwall.api.native.demo import demo_guardrail
from ringwall.api.native.guardrail_proofs import GuardrailProofsOutput, ProofsOfUpdate, guardrail_proofs, proofs_of_update, summaries
from ringwall.api.native.judgement import Judgement, judgement
from ringwall.api.native.operation import NativeOperation
from ringwall.api.native.shapes import Shape, anything
from ringwall.errors import InvalidRequest
from ringwall.guardrails import Applied, Block, Guardrail, GuardrailConfig, compile_guardrail, evaluate, normalise, parse_config, record
from ringwall.guardrails.policy import TextOrigin

Identifier = Annotated[str, Meta(min_length=1, max_length=2048)]
Version = Annotated[str, Meta(pattern=r"^([1-9][0-9]{0,7}|DRAFT)\Z")]
Source = Literal["INPUT", "OUTPUT"]

_POLICIES_KEPT = 32
_INLINE_CHARACTERS = 2_000
"""Texts up to this length are judged on the event loop (a few milliseconds at most); longer ones in a thread."""


class GuardrailInput(Shape, frozen=True, kw_only=True):
    """One guardrail, or one version of it."""

    guardrail_identifier: Identifier
    guardrail_version: Version | None = None


class ListGuardrailsInput(Shape, frozen=True, kw_only=True):
    """Which guardrails to list; with an identifier: that guardrail's versions."""

    guardrail_identifier: Identifier | None = None
    max_results: Annotated[int, Meta(ge=1, le=1000)] | None = None
    next_token: Annotated[str, Meta(max_length=2048)] | None = None


class VersionInput(Shape, frozen=True, kw_only=True):
    """The guardrail whose draft is frozen."""

    guardrail_identifier: Identifier
    description: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class ApplyInput(Shape, frozen=True, kw_only=True):
    """What to judge: `text` alone, or `content` blocks as ApplyGuardrail takes them.

    origin: of `text`, where a tool or a document says it; a block of `content` has it beside its text (`{"text": {"text", "origin"}}`).
    """

    guardrail_identifier: Identifier
    guardrail_version: Version = "DRAFT"
    source: Source = "INPUT"
    text: str | None = None
    origin: TextOrigin | None = None
    content: list[dict[str, Any]] | None = None
    output_scope: Literal["INTERVENTIONS", "FULL"] = "INTERVENTIONS"


class CheckInput(Shape, frozen=True, kw_only=True):
    """A text, where it comes from, and the policy to judge it by (absent: the demo's); nothing is stored."""

    text: str
    source: Source = "INPUT"
    origin: TextOrigin | None = None
    policy: dict[str, Any] | None = None


class CreateOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The new guardrail; `warnings` say how a short form was read, and what is worth knowing about the detectors."""

    guardrail_id: str
    guardrail_arn: str
    version: str
    created_at: Any
    warnings: tuple[str, ...]


class UpdateOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The changed draft, and which proofs of the former one are lost."""

    guardrail_id: str
    guardrail_arn: str
    version: str
    updated_at: Any
    warnings: tuple[str, ...]
    proofs: ProofsOfUpdate


class ApplyOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """ApplyGuardrail's answer, and the judgement in full."""

    answer: dict[str, Any]
    judgement: Judgement


# -- resources, as the permission check sees them -------------------------------------------------------------------------------------


def _guardrail(call: Call, given: GuardrailInput) -> Sequence[str]:
    return BY_NAME["bedrock", "GetGuardrail"].resources(call, _words(given))


class _Tag(Shape, frozen=True, kw_only=True):
    key: str
    value: str


def _check_document(document: Mapping[str, Any]) -> None:
    """Check what the permission check reads of a guardrail's document; the guardrail service checks the rest.

    Raises:
        InvalidRequest: `guardrailIdentifier` in the body, or tags that are no list of keys and values.
    """
    if "guardrailIdentifier" in document:
        raise InvalidRequest("`guardrailIdentifier` stands in the path, not in the document")
    try:
        msgspec.convert(document.get("tags") or [], list[_Tag])
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"`tags` must be a list of objects with `key` and `value`: {error}") from error


# -- handlers -------------------------------------------------------------------------------------------------------------------------


async def _create(call: Call, given: dict[str, Any]) -> CreateOutput:
    created = await call.rooms.guardrails.create_from_document(call.account_id, given)
    answer = created.answer
    return CreateOutput(
        guardrail_id=answer["guardrailId"],
        guardrail_arn=answer["guardrailArn"],
        version=answer["version"],
        created_at=answer["createdAt"],
        warnings=created.warnings,
    )


async def _update(call: Call, given: dict[str, Any]) -> UpdateOutput:
    identifier = given["guardrailIdentifier"]
    document = {name: value for name, value in given.items() if name != "guardrailIdentifier"}
    if document.get("name") is None:
        document["name"] = (await call.rooms.guardrails.get_guardrail(call.account_id, {"guardrailIdentifier": identifier}))["name"]
    read = normalise(document, generated_name=document["name"])
    updated = await call.rooms.guardrails.replace_draft(call.account_id, {**read.config, "guardrailIdentifier": identifier})
    record_update(call, updated)
    answer = updated.answer
    return UpdateOutput(
        guardrail_id=answer["guardrailId"],
        guardrail_arn=answer["guardrailArn"],
        version=answer["version"],
        updated_at=answer["updatedAt"],
        warnings=read.warnings,
        proofs=proofs_of_update(updated.proofs),
    )


def _words(given: msgspec.Struct) -> dict[str, Any]:
    """Return an input in AWS's words, without what was not given."""
    return {name: value for name, value in msgspec.to_builtins(given).items() if value is not None}


async def _get(call: Call, given: GuardrailInput) -> dict[str, Any]:
    shown = await call.rooms.guardrails.get_guardrail(call.account_id, _words(given))
    status = await call.rooms.guardrails.proof_status(call.account_id, _words(given))
    return {**shown, "proofs": msgspec.to_builtins(summaries(status))}


async def _proofs(call: Call, given: GuardrailInput) -> GuardrailProofsOutput:
    return guardrail_proofs(await call.rooms.guardrails.proof_status(call.account_id, _words(given)))


async def _list(call: Call, given: ListGuardrailsInput) -> dict[str, Any]:
    return await call.rooms.guardrails.list_guardrails(call.account_id, _words(given))


async def _delete(call: Call, given: GuardrailInput) -> None:
    await call.rooms.guardrails.delete_guardrail(call.account_id, _words(given))


async def _freeze(call: Call, given: VersionInput) -> dict[str, Any]:
    return await call.rooms.guardrails.create_guardrail_version(call.account_id, _words(given))


async def _apply(call: Call, given: ApplyInput) -> ApplyOutput:
    if (given.text is None) == (given.content is None):
        raise InvalidRequest("give either `text` or `content`")
    if given.origin is not None and given.text is None:
        raise InvalidRequest("`origin` goes with `text`", remedy="give each block of `content` its own `origin`")
    request = {
        "guardrailIdentifier": given.guardrail_identifier,
        "guardrailVersion": given.guardrail_version,
        "source": given.source,
        "content": given.content if given.text is None else [{"text": {"text": given.text, "origin": given.origin}}],
        "outputScope": given.output_scope,
    }
    run = await apply_guardrail(call, request)
    return ApplyOutput(answer=run.answer, judgement=judgement(run.evaluation))


class _Policies:
    """Compiled policies of `check`, the latest few."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, Guardrail] = OrderedDict()

    async def ready(self, call: Call, document: Mapping[str, Any]) -> Guardrail:
        """Compile a policy in a thread, as the account's own guardrails are, or return it from before."""
        watch = await call.rooms.guardrails.watches.get(call.account_id)
        uses = watch.scorers.content.model_id if watch.scorers.content is not None else ""
        name = msgspec.json.encode((document, uses, watch.thresholds), order="deterministic")
        found = self._kept.get(name)
        if found is None:
            config = parse_config(normalise(document, generated_name="check").config)
            watch.refuse_if_absent(config)
            found = self._kept[name] = await asyncio.to_thread(compile_guardrail, config, watch.scorers, watch.thresholds)
            if len(self._kept) > _POLICIES_KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(name)
        return found


_policies = _Policies()


async def _check(call: Call, given: CheckInput) -> Judgement:
    guardrail = await _policies.ready(call, given.policy if given.policy is not None else demo_guardrail())
    if given.origin is not None and given.source == "OUTPUT":
        raise InvalidRequest("an answer is the model's own words: `origin` goes with the source INPUT")
    blocks = (Block(given.text, frozenset(), given.origin or ""),)
    if len(given.text) <= _INLINE_CHARACTERS:
        evaluation = evaluate(guardrail, given.source, blocks, call.rooms.limits)
    else:
        evaluation = await asyncio.to_thread(evaluate, guardrail, given.source, blocks, call.rooms.limits)
    applied = Applied(guardrail_id="check", version="DRAFT", arn="")
    call.record |= record(evaluation, applied, lambda data: call.rooms.keys.digest(call.account_id, data))
    return judgement(evaluation)


def _row(service: str, name: str, handle: Any) -> Operation:
    """Return a row that is checked and recorded exactly as AWS's operation of this name, and handled by `handle`."""
    aws = BY_NAME[service, name]

    def resources(call: Call, given: Any) -> Sequence[str]:
        return aws.resources(call, given if isinstance(given, dict) else _words(given))

    def conditions(call: Call, given: Any) -> dict[str, Any]:
        return aws.conditions(call, given if isinstance(given, dict) else _words(given)) if aws.conditions is not None else {}

    return Operation(service, name, aws.action, handle, resources, read_only=aws.read_only, conditions=conditions)


OPERATIONS = (
    NativeOperation(
        _row("bedrock", "CreateGuardrail", _create),
        "POST",
        "/guardrails",
        "Create a guardrail from AWS's JSON or the short form of it.",
        dict,
        CreateOutput,
        status=201,
        input_schema=GuardrailConfig,
        check=_check_document,
    ),
    NativeOperation(_row("bedrock", "ListGuardrails", _list), "GET", "/guardrails", "List guardrails.", ListGuardrailsInput, dict),
    NativeOperation(
        _row("bedrock", "GetGuardrail", _get),
        "GET",
        "/guardrails/{guardrailIdentifier}",
        "Show a guardrail, with its proof status in short.",
        GuardrailInput,
        dict,
    ),
    NativeOperation(
        Operation("ringwall", "GetGuardrailProofs", BY_NAME["bedrock", "GetGuardrail"].action, _proofs, _guardrail, read_only=True),
        "GET",
        "/guardrails/{guardrailIdentifier}/proofs",
        "Show what is proved of a guardrail's listed words, theorem by theorem.",
        GuardrailInput,
        GuardrailProofsOutput,
    ),
    NativeOperation(
        _row("bedrock", "UpdateGuardrail", _update),
        "PUT",
        "/guardrails/{guardrailIdentifier}",
        "Replace a guardrail's draft, and name the proofs that are lost by it.",
        dict,
        UpdateOutput,
        input_schema=GuardrailConfig,
        check=_check_document,
    ),
    NativeOperation(
        _row("bedrock", "DeleteGuardrail", _delete),
        "DELETE",
        "/guardrails/{guardrailIdentifier}",
        "Delete a guardrail, or one version of it.",
        GuardrailInput,
        None,
    ),
    NativeOperation(
        _row("bedrock", "CreateGuardrailVersion", _freeze),
        "POST",
        "/guardrails/{guardrailIdentifier}/versions",
        "Freeze a guardrail's draft under the next number.",
        VersionInput,
        dict,
        status=201,
    ),
    NativeOperation(
        _row("bedrock-runtime", "ApplyGuardrail", _apply),
        "POST",
        "/guardrails/{guardrailIdentifier}/apply",
        "Judge a text by a guardrail, and show what each rule saw.",
        ApplyInput,
        ApplyOutput,
    ),
    NativeOperation(
        Operation("ringwall", "Check", "ringwall:Check", _check, anything, read_only=True),
        "POST",
        "/check",
        "Judge a text by a policy that is not stored.",
        CheckInput,
        Judgement,
    ),
)
