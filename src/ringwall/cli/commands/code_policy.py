"""`ringwall code-policy show|put|remove|scan`."""

from __future__ import annotations

from typing import Any

from ringwall.api.native.operation import parse_object
from ringwall.cli.client import Client
from ringwall.cli.commands.guardrail import identifier_of
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import FOUND, OK
from ringwall.cli.output import fields, printable
from ringwall.errors import InvalidRequest

_LEVELS = ("LOW", "MEDIUM", "HIGH")


def add_to(group: Any) -> None:
    """Describe the commands."""
    policies = group.group("code-policy", "what is done about code in models' answers; without a policy it is not scanned")
    show = policies.command("show", "show the account's policy and those of its guardrails")
    show.set_defaults(run=_show)
    put = policies.command(
        "put", "put the account's policy, or a guardrail's own, which can only make it stricter; what is not given is the default"
    )
    put.add_argument("file", metavar="FILE", nargs="?", help="codePolicyConfig as JSON, or - for standard input; in the options' place")
    put.add_argument("--action", choices=("NONE", "ANNOTATE", "BLOCK"), help="what findings do (default: BLOCK)")
    put.add_argument("--severity", choices=_LEVELS, help="the lowest that counts (default: MEDIUM)")
    put.add_argument("--unscanned", choices=("ALLOW", "BLOCK"), help="what code that no scanner reads does (default: BLOCK)")
    put.add_argument("--unparsed", choices=_LEVELS, help="how severe it is that code does not parse (default: MEDIUM)")
    put.add_argument("--language", metavar="L", action="append", help="only code in this language; several times (default: all)")
    put.add_argument(
        "--tool-argument",
        metavar="TOOL.ARGUMENT[=L]",
        action="append",
        help="an argument that holds code, * for any tool; several times (default: *.code, *.script, *.command, *.source)",
    )
    put.add_argument("--message", metavar="TEXT", help="what stands in the place of what is withheld")
    put.set_defaults(run=_put)
    remove = policies.command("remove", "remove the account's policy, or a guardrail's")
    remove.set_defaults(run=_remove)
    scan = policies.command("scan", "judge a text as an answer would be; exit code 1 if code in it is annotated or blocked")
    scan.add_argument("text", metavar="TEXT", help="the text, or - for standard input")
    scan.set_defaults(run=_scan)
    for command in (put, remove, scan):
        command.add_argument("--guardrail", metavar="ID", help="the policy of this guardrail: id, ARN or name")


async def _whose(client: Client, guardrail: str | None) -> dict[str, Any]:
    """Name the guardrail whose policy is meant; none: the account's is."""
    return {} if guardrail is None else {"guardrailIdentifier": await identifier_of(client, guardrail)}


async def _show(context: Context) -> int:
    async with context.client() as client:
        listed = await client.call("ListCodePolicies", {})
    shown = "\n\n".join(_readable(each) for each in listed["policies"])
    context.show(listed, shown or "no policy: code in answers is not scanned")
    return OK


def _readable(policy: dict[str, Any]) -> str:
    config = policy["codePolicyConfig"]
    return fields(
        {
            "for": f"guardrail {policy['guardrailId']}" if policy["guardrailId"] else "the account",
            "action": config["action"],
            "severity": config["severity"],
            "languages": ", ".join(config["languages"]) or "all",
            "unscanned": config["unscanned"],
            "unparsed": config["unparsed"],
            "tool arguments": ", ".join(config["toolArguments"]) or "none",
            "message": printable(config["blockedMessage"]),
            "revision": policy["revision"],
        }
    )


async def _put(context: Context) -> int:
    given = context.arguments
    options = {
        "action": given.action,
        "severity": given.severity,
        "unscanned": given.unscanned,
        "unparsed": given.unparsed,
        "languages": given.language,
        "toolArguments": given.tool_argument,
        "blockedMessage": given.message,
    }
    config = {name: value for name, value in options.items() if value is not None}
    if given.file is not None:
        if config:
            raise InvalidRequest("give a file or options, not both")
        config = parse_object(context.read_file(given.file))
    async with context.client() as client:
        made = await client.call("PutCodePolicy", {"codePolicyConfig": config, **await _whose(client, given.guardrail)})
    context.show(made, _readable(made))
    return OK


async def _remove(context: Context) -> int:
    given = context.arguments
    async with context.client() as client:
        await client.call("DeleteCodePolicy", await _whose(client, given.guardrail))
    whose = f"guardrail {given.guardrail}" if given.guardrail else "the account"
    context.show({"removed": given.guardrail}, f"removed the policy of {printable(whose)}")
    return OK


async def _scan(context: Context) -> int:
    given = context.arguments
    text = context.read_text(given.text)
    async with context.client() as client:
        judged = await client.call("ScanCode", {"text": text, **await _whose(client, given.guardrail)})
    receipt = judged["receipt"]
    lines = [f"{judged['action']}: {receipt['scanned']} of {receipt['blocks']} pieces of code scanned"]
    for each in receipt["findings"]:
        weakness = f" CWE-{each['cwe']}" if each["cwe"] else ""
        lines.append(f"{each['severity']}{weakness} {each['rule']}, line {each['line']}, characters {each['start']} to {each['end']}")
    lines += [f"not scanned: {each['language'] or 'unknown language'}: {each['reason']}" for each in receipt["notScanned"]]
    lines += [f"{each['scanner']} did not finish: {each['reason']}" for each in receipt["failures"]]
    context.show(judged, "\n".join(lines))
    return OK if judged["action"] == "NONE" else FOUND
