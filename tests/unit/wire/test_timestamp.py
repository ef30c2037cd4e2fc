"""The three forms of a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.wire.timestamp import ISO8601, RFC822, UNIX, moment_from_number, moment_from_text, number_from_moment, text_from_moment

MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(  # noqa: DTZ001 - the zone is added below
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)


@given(moment=MOMENTS, form=st.sampled_from([ISO8601, RFC822]))
def test_what_is_written_is_read(moment: datetime, form: str) -> None:
    assert moment_from_text(text_from_moment(moment, form), form) == moment


@given(moment=MOMENTS)
def test_seconds_are_exact_to_the_millisecond(moment: datetime) -> None:
    assert abs(moment_from_number(number_from_moment(moment)) - moment) < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "form", "moment"),
    [
        ("2019-12-16T22:48:18-01:00", ISO8601, datetime(2019, 12, 16, 23, 48, 18, tzinfo=UTC)),
        ("2000-01-02T20:34:56.123Z", ISO8601, datetime(2000, 1, 2, 20, 34, 56, 123000, tzinfo=UTC)),
        ("Sun, 02 Jan 2000 20:34:56.456 GMT", RFC822, datetime(2000, 1, 2, 20, 34, 56, 456000, tzinfo=UTC)),
        ("1422172800", UNIX, datetime(2015, 1, 25, 8, tzinfo=UTC)),
        ("-1.5", UNIX, datetime(1969, 12, 31, 23, 59, 58, 500000, tzinfo=UTC)),
    ],
)
def test_forms(text: str, form: str, moment: datetime) -> None:
    assert moment_from_text(text, form) == moment


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2026-01-02", ISO8601),
        ("2026-01-02T03:04:05", ISO8601),
        ("2026-13-02T03:04:05Z", ISO8601),
        ("2026-W01-1T03:04:05Z", ISO8601),
        ("0001-01-01T00:00:00+23:59", ISO8601),
        ("٢026-01-02T03:04:05Z", ISO8601),
        ("now", RFC822),
        ("Fri, 32 Jan 2026 03:04:05 GMT", RFC822),
        ("Fri, 02 Jan 2026 03:04:05 +0100", RFC822),
        ("1e9", UNIX),
        ("NaN", UNIX),
        ("9" * 12, UNIX),
        ("", UNIX),
    ],
)
def test_what_is_refused(text: str, form: str) -> None:
    with pytest.raises(ValueError):
        moment_from_text(text, form)


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), 1e18, -1e18, 2**70])
def test_numbers_out_of_range_are_refused(seconds: float) -> None:
    with pytest.raises(ValueError):
        moment_from_number(seconds)
