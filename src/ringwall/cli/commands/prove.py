"""`ringwall prove bypass|streaming|policy|upgrade|all`: proofs, or the counterexample that ends them; from files or stored guardrails."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from ringwall.api.native.demo import demo_guardrail
from ringwall.api.native.operation import parse_object
from ringwall.bootstrap.house import load_scorers
from ringwall.cli.commands.guardrail import identifier_of
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import OK, REFUTED, UNKNOWN
from ringwall.cli.output import complain, printable
from ringwall.errors import InvalidRequest
from ringwall.guardrails import Guardrail, Scorers, compile_guardrail, normalise, parse_config
from ringwall.guardrails.policy import Source
from ringwall.policies import PolicySets, compile_policies, parse_policy
from ringwall.policies.document import Condition
from ringwall.reasoning import guardrails as upgrades
from ringwall.reasoning import policy as policies
from ringwall.reasoning.guardrails import prove_upgrade
from ringwall.reasoning.policy.errors import SolverMissing
from ringwall.reasoning.text import class_names, prove_bypass
from ringwall.reasoning.text.report import Report
from ringwall.reasoning.text.streaming import prove_streaming
from ringwall.text.detectors import Detectors

Outcome = Literal["proved", "refuted", "unknown"]
_Kind = Literal["bypass", "streaming", "policy", "upgrade"]
_EXIT: dict[Outcome, int] = {"proved": OK, "refuted": REFUTED, "unknown": UNKNOWN}
_WORDS: dict[Outcome, str] = {"proved": "PROVED", "refuted": "REFUTED", "unknown": "UNKNOWN (not a proof)"}


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """One proof attempt that ended.

    digest: SHA-256 of `report`, the report as JSON. certificates: digests of what was proved. readable: for the terminal.
    """

    kind: _Kind
    subject: str
    outcome: Outcome
    seconds: float
    digest: str
    report: msgspec.Raw
    certificates: tuple[str, ...] = ()
    markdown: str = ""
    readable: str = ""


def add_to(group: Any) -> None:
    """Describe the commands."""
    proofs = group.group("prove", "prove that a guardrail or a policy holds, or show what breaks it")
    bypass = proofs.command(
        "bypass", "prove that no encoding hides a listed phrase from a guardrail; exit code 0 proved, 1 refuted, 3 unknown"
    )
    _add_guardrail(bypass)
    bypass.add_argument("--encodings", metavar="A,B", help="classes of encodings (default: all): " + ", ".join(class_names()))
    bypass.add_argument("--depth", type=int, choices=(1, 2), default=2, help="layers of encoding (default: 2)")
    _add_report(bypass, _bypass)
    streaming = proofs.command(
        "streaming", "prove that a text in chunks is judged as the whole, and what must be held back; exit code 0, 1 or 3 likewise"
    )
    _add_guardrail(streaming)
    _add_report(streaming, _streaming)
    policy = proofs.command("policy", "answer questions about an IAM policy; exit code 0 all proved, 1 one refuted, 3 one unknown")
    policy.add_argument("file", metavar="FILE", help="a policy document, or - for standard input")
    policy.add_argument("--can", nargs=2, action="append", default=[], metavar=("ACTION", "RESOURCE"), help="prove that it can never")
    policy.add_argument("--no-more-permissive", metavar="OLD", help="prove that whatever FILE allows, this policy allows too")
    policy.add_argument(
        "--requires", nargs=2, action="append", default=[], metavar=("KEY=VALUE", "ACTION"), help="prove that it allows ACTION only so"
    )
    policy.add_argument("--dead", action="store_true", help="prove that every statement matters to some decision")
    _add_report(policy, _policy)
    upgrade = proofs.command("upgrade", "prove that a guardrail's new version stops all that the old one did; exit code 0, 1 or 3 likewise")
    for name in ("old", "new"):
        upgrade.add_argument(
            name, metavar=name.upper(), help="a JSON file, or the id, ARN or name of a stored guardrail; @N is its version N"
        )
    _add_report(upgrade, _upgrade)
    everything = proofs.command("all", "prove all of it: encodings, streaming, and the upgrade and policy that are given")
    _add_guardrail(everything)
    everything.add_argument("--old", metavar="OLD", help="the version that the guardrail replaces")
    everything.add_argument("--policy", metavar="FILE", help="an IAM policy, whose statements must all matter")
    _add_report(everything, _all)


def _add_guardrail(parser: Any) -> None:
    parser.add_argument("--guardrail", metavar="FILE|ID", help="a JSON file, or the id, ARN or name of a stored one (default: the demo's)")
    parser.add_argument("--source", choices=("INPUT", "OUTPUT"), default="INPUT", help="prompts or answers (default: INPUT)")


def _add_report(parser: Any, prove: Callable[[Context], Any]) -> None:
    parser.add_argument("--markdown", metavar="FILE", help="write the whole report there")
    parser.add_argument(
        "--record", action="store_true", help="leave an audit record of the outcome and the digests of report and certificates"
    )

    async def run(context: Context) -> int:
        return await _report(context, await prove(context))

    parser.set_defaults(run=run)


async def _report(context: Context, made: Sequence[Made]) -> int:
    """Show, write and record what was made; return the worst outcome's exit code."""
    given = context.arguments
    if given.markdown is not None:
        _write(given.markdown, "\n".join(each.markdown for each in made))
    if given.record:
        async with context.client() as client:
            for each in made:
                members = {"kind": each.kind, "subject": each.subject[:200], "outcome": each.outcome, "reportDigest": each.digest}
                await client.call("RecordProof", {**members, "certificateDigests": list(each.certificates)})
    outcomes = [each.outcome for each in made]
    outcome: Outcome = "refuted" if "refuted" in outcomes else "unknown" if "unknown" in outcomes else "proved"
    shown = [{name: value for name, value in _public(each).items() if value != ()} for each in made]
    readable = "\n\n".join(
        f"{_WORDS[each.outcome]} in {each.seconds:.1f} s: {each.kind} {printable(each.subject)}\n\n{each.readable}\nreport {each.digest}"
        for each in made
    )
    context.show({"outcome": outcome, "proofs": shown}, readable)
    return _EXIT[outcome]


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text, "utf-8")
    except OSError as error:
        raise InvalidRequest(f"cannot write `{file}`: {error.strerror}") from error


def _public(made: Made) -> dict[str, Any]:
    return {name: getattr(made, name) for name in ("kind", "subject", "outcome", "seconds", "digest", "certificates", "report")}


def _made(kind: _Kind, subject: str, started: float, report: bytes, **more: Any) -> Made:
    seconds = round(time.perf_counter() - started, 3)
    return Made(kind=kind, subject=subject, seconds=seconds, digest=hashlib.sha256(report).hexdigest(), report=msgspec.Raw(report), **more)


# -- encodings ------------------------------------------------------------------------------------------------------------------------


async def _bypass(context: Context) -> list[Made]:
    given = context.arguments
    encodings = None if given.encodings is None else [name.strip() for name in given.encodings.split(",")]
    return [await _prove_bypass(context, encodings, given.depth)]


async def _prove_bypass(context: Context, encodings: Sequence[str] | None, depth: int) -> Made:
    given = context.arguments
    guardrail = await _compiled(context, given.guardrail, load_scorers(context.settings.watch))
    detectors = _reading_all(guardrail, given.source)
    subject = f"{given.guardrail or 'the demo guardrail'} ({given.source}, depth {depth})"
    started = time.perf_counter()
    report = prove_bypass(detectors.automaton if detectors is not None else None, encodings=encodings, depth=depth)
    certificates = tuple(lemma.certificate.invariant_sha256 for lemma in report.lemmas if lemma.certificate is not None)
    text = report.to_markdown()
    note = _reporting(guardrail, given.source)
    return _made(
        "bypass",
        subject,
        started,
        report.to_json(),
        outcome=report.status,
        certificates=certificates,
        markdown=f"{text}\n{note}" if note else text,
        readable="\n".join(part for part in (_short(report, text), note) if part),
    )


def _short(report: Report, text: str) -> str:
    """Leave the matrix and the theorems to the whole report; premises stay."""
    premises = dict.fromkeys(
        (*report.premises, *(premise for cell in report.cells if cell.status == "premised" for premise in cell.premises))
    )
    head = text.partition("\n## Theorems")[0]
    return "\n".join(
        [head, "", "Premises (which cell needs which: --markdown FILE, or --json):", *(f"- {premise}" for premise in premises), ""]
    )


def _reporting(guardrail: Guardrail, source: Literal["INPUT", "OUTPUT"]) -> str:
    """Say which words the proof's conclusion is not about: what only reports blocks nothing, however it is written."""
    words = [name for (kind, name), (_, action) in guardrail.plans[source].actions.items() if kind == "word" and action == "NONE"]
    return f"{len(words)} listed words only report: they are found in every proved encoding, and nothing is blocked.\n" if words else ""


# -- streaming ------------------------------------------------------------------------------------------------------------------------


async def _streaming(context: Context) -> list[Made]:
    return [await _prove_streaming(context)]


async def _prove_streaming(context: Context) -> Made:
    given = context.arguments
    guardrail = await _compiled(context, given.guardrail, load_scorers(context.settings.watch))
    detectors = _reading_all(guardrail, given.source)
    started = time.perf_counter()
    report = prove_streaming(detectors.automaton if detectors is not None else None)
    text = report.to_markdown()
    subject = f"{given.guardrail or 'the demo guardrail'} ({given.source})"
    return _made("streaming", subject, started, report.to_json(), outcome=report.status, markdown=text, readable=text)


# -- upgrades -------------------------------------------------------------------------------------------------------------------------


async def _upgrade(context: Context) -> list[Made]:
    return [await _prove_upgrade(context, context.arguments.old, context.arguments.new)]


async def _prove_upgrade(context: Context, old: str, new: str | None) -> Made:
    scorers = load_scorers(context.settings.watch)
    versions = [await _compiled(context, name, scorers) for name in (old, new)]
    name = new or "the demo guardrail"
    started = time.perf_counter()
    report = prove_upgrade(versions[0], versions[1], old_name=old, new_name=name)
    text = upgrades.to_markdown(report)
    return _made("upgrade", f"{old} to {name}", started, upgrades.to_json(report), outcome=report.outcome, markdown=text, readable=text)


async def _compiled(context: Context, name: str | None, scorers: Scorers) -> Guardrail:
    """Compile a guardrail: the demo's for None, a file's, or a stored one."""
    if name is None:
        return compile_guardrail(parse_config(demo_guardrail()), scorers)
    if _is_file(name):
        read = normalise(parse_object(context.read_file(name)), generated_name="prove")
        for warning in read.warnings:
            complain(f"warning: {warning}")
        return compile_guardrail(parse_config(read.config), scorers)
    identifier, _, version = name.partition("@")
    async with context.client() as client:
        members = {"guardrailIdentifier": await identifier_of(client, identifier), "guardrailVersion": version or None}
        return compile_guardrail(parse_config(_configuration(await client.call("GetGuardrail", members))), scorers)


def _reading_all(guardrail: Guardrail, source: Source) -> Detectors | None:
    """Return the rule detectors of a source.

    Raises:
        InvalidRequest: they read texts as they are written: no theorem is about these.
    """
    detectors = guardrail.plans[source].detectors
    if detectors is not None and detectors.config.readings == "raw":
        raise InvalidRequest("the guardrail's readings are RAW: nothing holds of what is folded or encoded", remedy="leave `readings` out")
    return detectors


def _is_file(name: str) -> bool:
    return name == "-" or Path(name).is_file()


_LISTS = {"topics": "topicsConfig", "filters": "filtersConfig", "words": "wordsConfig", "managedWordLists": "managedWordListsConfig"} | {
    "piiEntities": "piiEntitiesConfig",
    "regexes": "regexesConfig",
    "tier": "tierConfig",
    "originStrengths": "originStrengths",
}
_POLICIES = ("topicPolicy", "contentPolicy", "wordPolicy", "sensitiveInformationPolicy", "contextualGroundingPolicy")


def _configuration(shown: dict[str, Any]) -> dict[str, Any]:
    """Turn what GetGuardrail shows into what CreateGuardrail takes."""
    config = {member: shown[member] for member in ("name", "blockedInputMessaging", "blockedOutputsMessaging")}
    if "readings" in shown:
        config["readings"] = shown["readings"]
    for policy in _POLICIES:
        if policy in shown:
            config[f"{policy}Config"] = {_LISTS[member]: value for member, value in shown[policy].items()}
    return config


# -- policies -------------------------------------------------------------------------------------------------------------------------


async def _policy(context: Context) -> list[Made]:
    given = context.arguments
    questions: list[policies.Question] = [
        policies.Unreachable(space=policies.RequestSpace(actions=(action,), resources=(resource,))) for action, resource in given.can
    ]
    if given.no_more_permissive is not None:
        questions.append(policies.NoMorePermissive(than=_policy_sets(context, given.no_more_permissive), name=given.no_more_permissive))
    for condition, action in given.requires:
        questions.append(policies.RequiresCondition(space=policies.RequestSpace(actions=(action,)), condition=_condition(condition)))
    if given.dead or not questions:
        questions.append(policies.NoDeadStatements())
    return [_prove_policy(context, given.file, questions)]


def _prove_policy(context: Context, file: str, questions: Sequence[policies.Question]) -> Made:
    sets = _policy_sets(context, file)
    started = time.perf_counter()
    report = policies.prove_policy(sets, questions, subject=file, solvers=_solvers())
    text = policies.to_markdown(report)
    return _made("policy", file, started, policies.to_json(report), outcome=report.outcome, markdown=text, readable=text)


def _policy_sets(context: Context, file: str) -> PolicySets:
    return PolicySets(compile_policies([parse_policy(context.read_file(file), name=file)]))


def _condition(given: str) -> Condition:
    key, equals, value = given.partition("=")
    if not (key and equals and value):
        raise InvalidRequest(f"`{given[:100]}` is no KEY=VALUE", remedy="for example aws:MultiFactorAuthPresent=true")
    return Condition("Bool" if value in ("true", "false") else "StringEquals", key.lower(), (value,))


def _solvers() -> tuple[policies.Solver, ...]:
    """Ask our own solver, then Z3 where it is installed."""
    try:
        return (*policies.DEFAULT_SOLVERS, policies.Z3Solver())
    except SolverMissing:
        return tuple(policies.DEFAULT_SOLVERS)


async def _all(context: Context) -> list[Made]:
    given = context.arguments
    made = []
    if given.policy is not None:
        made.append(_prove_policy(context, given.policy, [policies.NoDeadStatements()]))
    if given.old is not None:
        made.append(await _prove_upgrade(context, given.old, given.guardrail))
    return [await _prove_bypass(context, None, 2), await _prove_streaming(context), *made]
