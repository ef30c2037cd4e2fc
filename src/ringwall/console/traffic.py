"""The traffic page: the account's last hour, drawn, and its latest requests as they come."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any, Final

from ringwall.console.visit import Visit
from ringwall.errors import InvalidRequest
from ringwall.telemetry.traffic import MINUTES, SLICE_MINUTES, SLICES, Acted, Glimpse, Percentiles, TrafficReport
from ringwall.wire import HttpResponse

WIDTH: Final = 600
HEIGHT: Final = 180
TAIL: Final = 40
_DECADES: Final = (-4, 2)  # of seconds: 0.1 ms to 100 s
_LABELS: Final = ("0.1 ms", "1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s")
_NUMBER: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
_WORDS: Final = {"BLOCK": ("block", "blocked"), "ANONYMIZE": ("mask", "masked"), "NONE": ("pass", "passed")}


async def traffic(visit: Visit) -> HttpResponse:
    """Show the page."""
    report: TrafficReport = await visit.call("GetTraffic", {"latest": TAIL})
    return visit.page("traffic.html", {"report": report, "grid": grid(), "words": LEGEND, **view(report)})


async def traffic_json(visit: Visit) -> HttpResponse:
    """Return what changed for the page's own script: everything but the requests that it has shown already."""
    after = visit.query.get("after", "0")
    if not _NUMBER.fullmatch(after):
        raise InvalidRequest("`after` is a number from 0 on")
    report: TrafficReport = await visit.call("GetTraffic", {"after": int(after), "latest": TAIL})
    return visit.json(view(report))


LEGEND: Final = {"p50": "half of the answers", "p90": "nine of ten", "p99": "99 of 100"}


def view(report: TrafficReport) -> dict[str, Any]:
    """Return what is drawn, as texts and numbers: the page and its script show the same."""
    return {
        "counts": _counts(report),
        "bars": bars(report),
        "lines": lines(report),
        "policies": _acted(report.policies),
        "rules": _acted(report.rules),
        "guardrails": _acted(report.guardrails),
        "models": [[each.model, f"{each.requests:,}", f"{each.input_tokens:,}", f"{each.output_tokens:,}"] for each in report.models],
        "latest": [_line(glimpse) for glimpse in report.latest],
    }


def _counts(report: TrafficReport) -> dict[str, str]:
    last = int(report.now // 60) - 1  # the last whole minute
    lately = next((minute.requests for minute in report.minutes if minute.minute == last), 0)
    busiest = max((minute.requests for minute in report.minutes), default=0)
    return {
        "requests": f"{report.requests:,}",
        "rate": _rate(lately / 60),
        "peak": _rate(busiest / 60),
        "intervened": f"{sum(minute.intervened for minute in report.minutes):,}",
        **_three("answer", report.answer),
        **_three("first", report.first_token),
        **_three("guardrail", report.guardrail),
    }


def _three(name: str, percentiles: Percentiles) -> dict[str, str]:
    return {f"{name}-{each}": duration(getattr(percentiles, each)) for each in LEGEND}


def _rate(per_second: float) -> str:
    return f"{per_second:,.0f}" if per_second >= 100 or per_second == 0 else f"{per_second:.2g}"


def duration(milliseconds: float | None) -> str:
    """Write a latency so that two of them can be compared at a glance."""
    if milliseconds is None:
        return "–"
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:.3g} s"
    return f"{milliseconds:.3g} ms" if milliseconds >= 1 else f"{milliseconds:.2f} ms"


def bars(report: TrafficReport) -> list[dict[str, int]]:
    """Return sixty bars, oldest first, as percentages of the busiest minute; a minute with work shows at least a line."""
    last = int(report.now // 60)
    by_minute = {minute.minute: minute for minute in report.minutes}
    most = max((minute.requests for minute in report.minutes), default=0)
    return [
        {"all": _percent(found.requests, most), "hit": _percent(found.intervened, most)} if found is not None else {"all": 0, "hit": 0}
        for found in (by_minute.get(number) for number in range(last - MINUTES + 1, last + 1))
    ]


def _percent(part: int, whole: int) -> int:
    return max(2, round(100 * part / whole)) if part else 0


def lines(report: TrafficReport) -> dict[str, str]:
    """Return the points of one line for each percentile, on a scale of decades: two points for each five minutes, a level."""
    first = int(report.now // 60) // SLICE_MINUTES - SLICES + 1
    drawn: dict[str, str] = {}
    for name in LEGEND:
        drawn[name] = " ".join(
            _level(each.minute // SLICE_MINUTES - first, value)
            for each in report.slices
            if (value := getattr(each.latency, name)) is not None
        )
    return drawn


def _level(slot: int, milliseconds: float) -> str:
    height = height_of(milliseconds / 1000)
    left, right = (round((slot + part) * WIDTH / SLICES, 1) for part in (0.15, 0.85))
    return f"{left},{height} {right},{height}"


def height_of(seconds: float) -> float:
    """Return how far below the upper edge a latency is drawn."""
    low, high = _DECADES
    place = (math.log10(max(seconds, 10.0**low)) - low) / (high - low)
    return round(HEIGHT * (1 - min(place, 1.0)), 1)


def grid() -> list[tuple[float, str]]:
    """Return the heights of the decades, and what stands beside them."""
    return [(height_of(10.0 ** (_DECADES[0] + number)), label) for number, label in enumerate(_LABELS)]


def _acted(rows: tuple[Acted, ...]) -> list[list[Any]]:
    """Return for each row its name, three numbers as text, and the percentages of its bar: blocked and masked, of the largest row."""
    most = max((row.seen for row in rows), default=0)
    return [
        [_name(row.name), f"{row.seen:,}", f"{row.masked:,}", f"{row.blocked:,}", _percent(row.blocked, most), _percent(row.masked, most)]
        for row in rows
    ]


def _name(name: str) -> str:
    """Shorten an ARN to what follows its account: the page is the account's own."""
    return name.split(":", 5)[5] if name.startswith("arn:") and name.count(":") > 5 else name


def _line(glimpse: Glimpse) -> dict[str, Any]:
    kind, word = _WORDS.get(glimpse.action, ("", "answered"))
    if glimpse.code and glimpse.action != "BLOCK":
        kind, word = ("mask", glimpse.code)
    tokens = f"{glimpse.input_tokens:,} / {glimpse.output_tokens:,}" if glimpse.model else ""
    return {
        "number": glimpse.number,
        "time": datetime.fromtimestamp(glimpse.at, UTC).strftime("%H:%M:%S"),
        "stamp": datetime.fromtimestamp(glimpse.at, UTC).isoformat(timespec="milliseconds"),
        "operation": glimpse.operation,
        "model": glimpse.model,
        "kind": kind,
        "word": word,
        "rules": ", ".join(glimpse.rules),
        "digest": glimpse.digests[0].rpartition(":")[2][:16] if glimpse.digests else "",
        "digests": "\n".join(glimpse.digests),
        "took": duration(glimpse.milliseconds),
        "tokens": tokens,
    }
