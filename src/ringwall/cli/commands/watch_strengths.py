"""`ringwall watch show|check|calibrate|reset|pin|unpin`: the scores at which an account's content filters are confident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ringwall.cli.commands.watch_samples import Scored, read_sample, score_sample
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import OK
from ringwall.cli.output import complain, fields, printable, table
from ringwall.errors import InvalidRequest, RingwallError
from ringwall.watch.strengths import LEVELS, allowed, check_rates, fit, flagged, upper_bound, weaker

SUSPICIOUS = 3  # texts listed per category
_SHOWN = 100  # characters of a text that is shown because it was asked for

Levels = tuple[float, float, float]


def add_strengths(watch: Any) -> None:
    """Describe the commands, beside the others of `watch`."""
    watch.command("show", "show the content model that the account uses, and the thresholds that hold").set_defaults(run=_show)
    check = watch.command("check", "count how many of your own harmless texts the account's thresholds would stop")
    check.set_defaults(run=_check)
    calibrate = watch.command("calibrate", "fit thresholds on harmless texts of your own; shows them, and changes nothing without --apply")
    calibrate.add_argument(
        "--rates",
        metavar="L,M,H",
        default="3,1,0.3",
        help="per cent of harmless texts that may reach LOW, MEDIUM and HIGH (default: 3,1,0.3)",
    )
    calibrate.add_argument("--sure", action="store_true", help="keep to the rates with 95 %% confidence, not only in the sample")
    calibrate.add_argument("--apply", action="store_true", help="have the account's guardrails use them")
    calibrate.add_argument("--allow-weaker", action="store_true", help="also where they detect less than the model card's")
    calibrate.set_defaults(run=_calibrate)
    for command in (check, calibrate):
        command.add_argument(
            "--sample", metavar="FILE", required=True, help="a text a line, or .jsonl with a JSON value a line; - reads it"
        )
        command.add_argument("--member", metavar="NAME", default="text", help="member of a JSON line that is the text (default: text)")
        command.add_argument("--json-lines", action="store_true", help="standard input has JSON lines")
        command.add_argument("--print-texts", action="store_true", help="show the texts with the highest scores, not only their lines")
    watch.command("reset", "go back to the model card's thresholds").set_defaults(run=_reset)
    pin = watch.command("pin", "have the account use one version of the content model, whatever the installation's is")
    pin.add_argument("model", metavar="VERSION", help="one of those that `ringwall watch show` lists")
    pin.set_defaults(run=_pin)
    watch.command("unpin", "use the installation's version of the content model again").set_defaults(run=_unpin)


async def _show(context: Context) -> int:
    async with context.client() as client:
        watch = await client.call("GetWatch", {})
    context.show(watch, _readable(watch))
    return OK


def _readable(watch: dict[str, Any]) -> str:
    fitted = watch["fitted"]
    about: dict[str, Any] = {"model": watch["model"] or f"none: {watch['problem']}", "versions": watch["versions"], "pinned": watch["pin"]}
    if fitted is not None:
        sample = fitted["sample"]
        rates = " / ".join(f"{100 * rate:g} %" for rate in sample["rates"])
        about["fitted"] = f"{fitted['fittedAt']} by {fitted['fittedBy']}, on {sample['texts']} texts, for {rates}"
    if watch["stale"]:
        about["stale"] = "yes: they were fitted with another model, and the model card's hold; fit them again"
    rows = []
    for category, levels in watch["thresholds"].items():
        lost = weaker(levels, watch["shipped"][category])
        told = "model card" if levels == watch["shipped"][category] else f"own, weaker at {', '.join(lost)}" if lost else "own"
        rows.append({"category": category, **_cells(levels), "card": _joined(watch["shipped"][category]), "whose": told})
    columns = {"category": "category", "low": "low", "medium": "medium", "high": "high", "card": "model card", "whose": "whose"}
    return f"{fields(about)}\n\n{table(rows, columns)}"


def _cells(levels: Sequence[float]) -> dict[str, str]:
    return {name.lower(): f"{value:.4g}" for name, value in zip(LEVELS, levels, strict=True)}


def _joined(levels: Sequence[float]) -> str:
    return " / ".join(f"{value:.4g}" for value in levels)


async def _scored(context: Context, rates: Sequence[float] = (), *, sure: bool = False) -> tuple[dict[str, Any], list[Scored]]:
    """Read the sample, refuse one that is too small for the rates before anything leaves this machine, and have it scored."""
    given = context.arguments
    sample, again = read_sample(context, given.sample, given.member, as_json=given.json_lines)
    if again:
        complain(f"{again} texts are in the sample more than once, and count once")
    for rate in rates:
        allowed(len(sample), rate, sure=sure)
    async with context.client() as client:
        watch = await client.call("GetWatch", {})
        if watch["model"] is None:
            raise InvalidRequest(f"there is no content model: {watch['problem']}", remedy="see `ringwall watch show`")
        return watch, await score_sample(client, sample, watch["model"])


async def _check(context: Context) -> int:
    watch, scored = await _scored(context)
    thresholds = {category: tuple(levels) for category, levels in watch["thresholds"].items()}
    counted = {category: flagged([each.score(category) for each in scored], levels) for category, levels in thresholds.items()}
    any_of = [sum(_reaches(each, thresholds, at) for each in scored) for at in range(len(LEVELS))]
    rows = [
        {"category": category, **_rates(counts, len(scored)), "thresholds": _joined(thresholds[category])}
        for category, counts in counted.items()
    ]
    rows.append({"category": "any", **_rates(any_of, len(scored))})
    columns = {"category": "category", "low": "low", "medium": "medium", "high": "high", "thresholds": "thresholds"}
    value = {"model": watch["model"], "texts": len(scored), "flagged": {**counted, "ANY": any_of}, **_apart(scored)}
    parts = [
        f"{len(scored)} texts; per cent that reach each level, and in brackets what the rate is at most with 95 % confidence",
        table(rows, columns),
        *_warnings(context, scored, watch["shipped"]),
    ]
    context.show({**value, "suspicious": _suspicious(scored, watch["shipped"])}, "\n\n".join(parts))
    return OK


def _reaches(each: Scored, thresholds: Mapping[str, Sequence[float]], at: int) -> bool:
    """Say whether a text reaches a level in some category."""
    return bool(each.failed) or any(each.scores[category] >= levels[at] for category, levels in thresholds.items())


def _rates(counts: Sequence[int], texts: int) -> dict[str, str]:
    told = (f"{100 * count / texts:.2f} ({100 * upper_bound(count, texts):.2f})" for count in counts)
    return dict(zip(("low", "medium", "high"), told, strict=True))


def _apart(scored: Sequence[Scored]) -> dict[str, int]:
    """Count what no threshold changes."""
    return {"ruleFired": sum(bool(each.fired) for each in scored), "unjudged": sum(bool(each.failed) for each in scored)}


def _suspicious(scored: Sequence[Scored], shipped: dict[str, Sequence[float]]) -> dict[str, list[dict[str, Any]]]:
    """Return per category the lines with the highest scores, of those that reach the model card's LOW."""
    found = {}
    for category, levels in shipped.items():
        reach = [(each.scores[category], each.line) for each in scored if not each.failed and each.scores[category] >= levels[0]]
        high = sorted(reach, reverse=True)[:SUSPICIOUS]
        if high:
            found[category] = [{"line": line, "score": round(score, 4)} for score, line in high]
    return found


def _warnings(context: Context, scored: Sequence[Scored], shipped: dict[str, Sequence[float]]) -> list[str]:
    apart = _apart(scored)
    told = []
    if apart["ruleFired"]:
        lines = ", ".join(str(each.line) for each in scored if each.fired)
        told.append(f"{apart['ruleFired']} texts are stopped by a rule of prompt attacks, whatever the thresholds: {_short(lines)}")
    if apart["unjudged"]:
        lines = ", ".join(str(each.line) for each in scored if each.failed)
        told.append(f"{apart['unjudged']} texts cannot be judged, and are stopped whatever the thresholds: {_short(lines)}")
    texts = {each.line: each.text for each in scored}
    high = _suspicious(scored, shipped)
    if high:
        told.append("lines with the highest scores; a harmful text does not belong here:")
        for category, each in high.items():
            told.append(f"  {category}: " + ", ".join(f"line {one['line']} ({one['score']:.2f})" for one in each))
            if context.arguments.print_texts:
                told += [f"    {one['line']}: {printable(_short(texts[one['line']]))}" for one in each]
    return ["\n".join(told)] if told else []


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


async def _calibrate(context: Context) -> int:
    given = context.arguments
    rates = _read_rates(given.rates)
    watch, scored = await _scored(context, rates, sure=given.sure)
    present = watch["thresholds"]
    fitted: dict[str, Levels] = {}
    counts: dict[str, tuple[int, int, int]] = {}
    for category in present:
        scores = [each.score(category) for each in scored]
        fitted[category] = fit(scores, rates, sure=given.sure)
        counts[category] = flagged(scores, fitted[category])
    lost = {category: found for category, levels in fitted.items() if (found := weaker(levels, watch["shipped"][category]))}
    sample = {"texts": len(scored), "unjudged": _apart(scored)["unjudged"], "rates": rates, "flagged": counts}
    value = {
        "model": watch["model"],
        "sample": sample,
        "before": present,
        "thresholds": fitted,
        "weaker": lost,
        "suspicious": _suspicious(scored, watch["shipped"]),
    }
    refusal = await _apply(context, watch["model"], fitted, sample) if given.apply else None
    value["applied"] = given.apply and refusal is None
    parts = [*_report(scored, present, fitted, lost), *_warnings(context, scored, watch["shipped"])]
    context.show(value, "\n\n".join(parts if refusal else [*parts, _closing(given, lost)]))
    if refusal is not None:
        raise refusal
    return OK


async def _apply(context: Context, model: str, fitted: Mapping[str, Levels], sample: Mapping[str, Any]) -> RingwallError | None:
    """Have the account's guardrails use thresholds; return why they may not, which is told below what was found."""
    members = {"model": model, "thresholds": fitted, "sample": sample, "allowWeaker": context.arguments.allow_weaker}
    async with context.client() as client:
        try:
            await client.call("PutWatchThresholds", members)
        except RingwallError as refusal:
            return refusal
    return None


def _read_rates(given: str) -> Levels:
    try:
        return check_rates([float(part) / 100 for part in given.split(",")])
    except ValueError:
        raise InvalidRequest(f"`{given[:100]}` are no rates", remedy="write per cents such as 3,1,0.3") from None


def _report(scored: Sequence[Scored], present: dict[str, Levels], fitted: dict[str, Levels], lost: dict[str, tuple[str, ...]]) -> list[str]:
    """Lay out per category and level: threshold and rate before and after, and what the rate is at most."""
    rows = []
    for category, levels in fitted.items():
        scores = [each.score(category) for each in scored]
        before, after = flagged(scores, present[category]), flagged(scores, levels)
        for at, level in enumerate(LEVELS):
            rows.append(
                {
                    "category": category if not at else "",
                    "level": level,
                    "was": f"{present[category][at]:.4g}",
                    "rate": f"{100 * before[at] / len(scored):.2f} %",
                    "now": f"{levels[at]:.4g}",
                    "then": f"{100 * after[at] / len(scored):.2f} %",
                    "most": f"{100 * upper_bound(after[at], len(scored)):.2f} %",
                    "weaker": "weaker" if level in lost.get(category, ()) else "",
                }
            )
    columns = {
        "category": "category",
        "level": "level",
        "was": "threshold",
        "rate": "flagged",
        "now": "fitted",
        "then": "flagged",
        "most": "at most",
        "weaker": "",
    }
    return [f"{len(scored)} texts; `at most` is the rate that is not exceeded with 95 % confidence", table(rows, columns)]


def _closing(given: Any, lost: dict[str, tuple[str, ...]]) -> str:
    if given.apply:
        return "the account's guardrails use these thresholds"
    less = "" if not lost else f"; less would be detected in {', '.join(lost)}, which `--allow-weaker` allows"
    return f"nothing was changed: `--apply` has the account's guardrails use these thresholds{less}"


async def _reset(context: Context) -> int:
    return await _change(context, "DeleteWatchThresholds", {})


async def _pin(context: Context) -> int:
    return await _change(context, "PutWatchPin", {"version": context.arguments.model})


async def _unpin(context: Context) -> int:
    return await _change(context, "DeleteWatchPin", {})


async def _change(context: Context, operation: str, members: dict[str, Any]) -> int:
    async with context.client() as client:
        watch = await client.call(operation, members)
    context.show(watch, _readable(watch))
    return OK
