"""`ringwall prompts policy show|put|remove`, `prompts list|show|shred`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ringwall.cli.context import Context
from ringwall.cli.exit_codes import OK
from ringwall.cli.output import fields, printable, table


def add_to(group: Any) -> None:
    """Describe the commands."""
    prompts = group.group("prompts", "keep prompts and answers sealed, find and open them, destroy them")
    _add_policy(prompts)
    listing = prompts.command("list", "find sealed prompts; no text is opened")
    listing.add_argument("--since", metavar="TIME", help="not before this moment (2026-11-22T10:00:00Z)")
    listing.add_argument("--until", metavar="TIME", help="not after this moment")
    listing.add_argument("--principal", metavar="ARN", help="asked by this one only")
    listing.add_argument("--model", metavar="NAME", help="asked of this model only")
    listing.add_argument("--verdict", choices=("NONE", "ANONYMIZE", "BLOCK"), help="with this verdict only")
    listing.add_argument("--limit", type=int, default=50, metavar="N", help="how many at most (default: 50)")
    listing.add_argument("--marker", metavar="MARKER", help="go on where the last list ended")
    listing.set_defaults(run=_list)
    show = prompts.command("show", "open one sealed prompt; the audit record says who did")
    show.add_argument("id", metavar="ID", help="of the request, as in the audit record")
    show.set_defaults(run=_show)
    shred = prompts.command("shred", "destroy keys, so that what was sealed with them opens no more, ever")
    which = shred.add_mutually_exclusive_group(required=True)
    which.add_argument("--record", metavar="ID", help="one sealed prompt, with its own key")
    which.add_argument("--before", metavar="DAY", help="everything of the days before this one (UTC, 2026-11-22)")
    which.add_argument("--everything", action="store_true", help="everything of the account; the policy stays")
    shred.set_defaults(run=_shred)


def _add_policy(prompts: Any) -> None:
    policy = prompts.group("policy", "whether, how and how long prompts are kept")
    policy.command("show", "show the account's policy").set_defaults(run=_policy_show)
    put = policy.command("put", "keep prompts and answers from now on")
    put.add_argument("--key", metavar="KEY", default="local:", help="customer key: local:NAME or aws-kms:ARN (default: local:)")
    put.add_argument("--retention-days", type=int, default=30, metavar="N", help="after which a record opens no more (default: 30)")
    put.add_argument("--mode", choices=("required", "best-effort"), default="required", help="what happens when nothing can be kept")
    put.add_argument("--guardrail-checks", action="store_true", help="keep the texts of ApplyGuardrail too")
    put.set_defaults(run=_policy_put)
    policy.command("remove", "keep nothing more; what was kept stays until its time is over").set_defaults(run=_policy_remove)


async def _policy_show(context: Context) -> int:
    async with context.client() as client:
        found = await client.call("GetSealedPromptsPolicy", {})
    context.show(found, _policy(found))
    return OK


async def _policy_put(context: Context) -> int:
    given = context.arguments
    members = {"key": given.key, "retentionDays": given.retention_days, "mode": given.mode, "guardrailChecks": given.guardrail_checks}
    async with context.client() as client:
        found = await client.call("PutSealedPromptsPolicy", members)
    context.show(found, _policy(found))
    return OK


async def _policy_remove(context: Context) -> int:
    async with context.client() as client:
        await client.call("DeleteSealedPromptsPolicy", {})
    context.show({"removed": True}, "no prompt is kept from now on; what was kept stays until its time is over (`ringwall prompts shred`)")
    return OK


def _policy(found: dict[str, Any]) -> str:
    shown = {
        "key": found["key"],
        "retention": f"{found['retentionDays']} days",
        "mode": found["mode"],
        "guardrail checks": found["guardrailChecks"],
        "kept since start": found["kept"],
        "lost since start": found["lost"],
    }
    return fields(shown)


async def _list(context: Context) -> int:
    given = context.arguments
    members = {name: getattr(given, name) for name in ("since", "until", "principal", "model", "verdict", "limit", "marker")}
    async with context.client() as client:
        listed = await client.call("ListSealedPrompts", members)
    columns = {
        "time": "time",
        "id": "id",
        "principal": "who",
        "model": "model",
        "verdict": "verdict",
        "ended": "ended",
        "characters": "chars",
    }
    lines = table(listed["prompts"], columns) if listed["prompts"] else "no sealed prompts"
    if listed["marker"]:
        lines += f"\n\nmore: --marker {listed['marker']}"
    if listed["unreadable"]:
        lines += f"\n\n{listed['unreadable']} stored records cannot be read: they were altered"
    context.show(listed, lines)
    return OK


async def _show(context: Context) -> int:
    async with context.client() as client:
        opened = await client.call("OpenSealedPrompt", {"id": context.arguments.id})
    context.show(opened, "\n".join(_opened(opened)))
    return OK


def _opened(opened: dict[str, Any]) -> Iterator[str]:
    prompt, answer = opened["prompt"], opened["answer"]
    named = {"id": "id", "time": "time", "principal": "who", "model": "model", "questionVerdict": "question", "answerVerdict": "answer"}
    yield fields(
        {name: prompt[member] for member, name in named.items()} | {"guardrails": prompt["guardrails"], "kept until": prompt["expires"]}
    )
    yield from _question(opened["question"])
    if answer is None:
        yield "\n(the answer was under way when the process ended, or still is)"
        return
    for block in answer.get("blocks", ()):
        kind = block["kind"] if block["kind"] != "tool_use" else f"calls {printable(block.get('name', ''))}"
        yield f"\n[answer: {kind}]\n{_lines(block['text'])}"
    for output in answer.get("outputs", ()):
        yield f"\n[output]\n{_lines(output)}"
    yield from _marks(prompt, answer)


def _marks(prompt: dict[str, Any], answer: dict[str, Any]) -> Iterator[str]:
    if answer.get("withheld") or prompt["withheld"]:
        yield "\n(a guardrail withheld the answer, or the rest of it)"
    if not answer.get("released", True):
        yield "\n(the application was given no answer)"
    if prompt["ended"]:
        yield f"\n(ended: {prompt['ended']})"


def _question(question: dict[str, Any]) -> Iterator[str]:
    for part in question.get("system", ()):
        yield from _part("system", part)
    for turn in question.get("turns", ()):
        for part in turn["parts"]:
            yield from _part(turn["role"], part)
    for tool in question.get("tools", ()):
        yield f"\n[tool {printable(tool['name'])}]\n{_lines(tool['description'])}"
    for text in (*question.get("elsewhere", ()), *question.get("content", ())):
        yield f"\n[{text.get('origin', 'text')}]\n{_lines(text['text'])}"
    for masked in question.get("masked", ()):
        yield f"\n[text {masked['index']}, as the model was given it]\n{_lines(masked['given'])}"


def _part(role: str, part: dict[str, Any]) -> Iterator[str]:
    kind = part["type"]
    if kind == "unjudged":
        yield f"\n[{role}: {printable(part['kind'])}, not kept]"
    elif kind == "tool_use":
        yield f"\n[{role}: calls {printable(part['name'])}]\n{_lines(part['arguments'])}"
    elif kind == "tool_result":
        for inner in part["content"]:
            yield from _part("tool", inner)
    else:
        yield f"\n[{role}{': reasoning' if kind == 'reasoning' else ''}]\n{_lines(part['text'])}"


def _lines(text: str) -> str:
    return "\n".join(map(printable, text.splitlines()))


async def _shred(context: Context) -> int:
    given = context.arguments
    async with context.client() as client:
        if given.record:
            await client.call("ShredSealedPrompt", {"id": given.record})
            context.show({"shredded": given.record}, f"destroyed {printable(given.record)} and its key")
            return OK
        members = {"everything": True} if given.everything else {"before": given.before}
        done = await client.call("ShredSealedPrompts", members)
    said = f"destroyed {done['dataKeys']} data keys and removed {done['records']} records"
    context.show(done, said + ("; the rest, already without their keys, are removed by and by" if done["left"] else ""))
    return OK
