"""The three ways in which AWS writes a moment: seconds since 1970, ISO 8601, and the date of HTTP."""

from __future__ import annotations

import calendar
import math
import re
from datetime import UTC, datetime
from email.utils import formatdate

UNIX, ISO8601, RFC822 = "unixTimestamp", "iso8601", "rfc822"

_ISO = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,12}(?:\.\d{1,9})?", re.ASCII)
_HTTP = re.compile(r"[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? GMT", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def moment_from_number(seconds: float) -> datetime:
    """Read seconds since 1970, to the microsecond.

    Raises:
        ValueError: not a moment between the years 1 and 9999.
    """
    if not math.isfinite(seconds):
        raise ValueError("not finite")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("out of range") from error


def moment_from_text(text: str, form: str) -> datetime:
    """Read a moment that was written in one of the three forms.

    Raises:
        ValueError: the text is not in that form, or no moment.
    """
    if form == UNIX:
        if not _NUMBER.fullmatch(text):
            raise ValueError("not a number of seconds")
        return moment_from_number(float(text))
    if form == RFC822:
        return _from_http_date(text)
    if not _ISO.fullmatch(text):
        raise ValueError("not an ISO 8601 date and time with a zone")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error


def _from_http_date(text: str) -> datetime:
    """Read RFC 9110 section 5.6.7, IMF-fixdate, with the fraction that Smithy adds to it."""
    found = _HTTP.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        raise ValueError("not an HTTP date")
    day, _, year, hour, minute, second = (found[group] for group in range(1, 7))
    fraction = int(((found[7] or "") + "000000")[:6])
    return datetime(int(year), _MONTHS.index(found[2]) + 1, int(day), int(hour), int(minute), int(second), fraction, tzinfo=UTC)


def number_from_moment(moment: datetime) -> int | float:
    """Write seconds since 1970; whole seconds as an integer, others to the millisecond."""
    seconds = aware(moment).timestamp()
    return int(seconds) if seconds == int(seconds) else round(seconds, 3)


def text_from_moment(moment: datetime, form: str) -> str:
    """Write a moment in one of the three forms, fractions to the millisecond."""
    if form == UNIX:
        return str(number_from_moment(moment))
    utc = aware(moment).astimezone(UTC)
    millis = utc.microsecond // 1000
    if form == RFC822:
        base = formatdate(calendar.timegm(utc.utctimetuple()), usegmt=True)
        return f"{base[:-4]}.{millis:03d} GMT" if millis else base
    fraction = f".{millis:03d}" if millis else ""
    return f"{utc.year:04d}-{utc.month:02d}-{utc.day:02d}T{utc.hour:02d}:{utc.minute:02d}:{utc.second:02d}{fraction}Z"


def aware(moment: datetime) -> datetime:
    """Take a moment without a zone as UTC, as botocore does."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def form_of(trait: str, default: str) -> str:
    """Return the form that a `timestampFormat` trait names, or the protocol's default."""
    return {"unixtimestamp": UNIX, "iso8601": ISO8601, "rfc822": RFC822}.get(trait.lower(), default)
