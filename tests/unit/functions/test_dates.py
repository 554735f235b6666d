"""FHIR's dates of any precision."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from medical_records.fhir.dates import Partial, Precision, parse_partial


def _read(text: str) -> Partial:
    partial = parse_partial(text)
    assert partial is not None
    return partial


@pytest.mark.parametrize(
    ("text", "precision"),
    [
        ("2020", Precision.YEAR),
        ("2020-02", Precision.MONTH),
        ("2020-02-29", Precision.DAY),
        ("2020-02-29T13:28:17Z", Precision.TIME),
        ("2015-02-07T13:28:17.239+02:00", Precision.TIME),
        ("2015-06-30T23:59:60Z", Precision.TIME),
        ("0001-01-01T00:00:00+14:00", Precision.TIME),
        ("9999-12-31T23:59:60-12:00", Precision.TIME),
    ],
)
def test_dates_of_fhir_are_read_with_their_precision(
    text: str, precision: Precision
) -> None:
    assert _read(text).precision is precision


@pytest.mark.parametrize(
    "text",
    [
        *("", "0000", "20", "2020-13", "2020-00", "2021-02-29", "2020-1-1"),
        *("2020-01-01T10:00:00", "2020-01-01T24:00:00Z", "2020-01-01T10:00Z"),
        *("2020-01-01 10:00:00Z", "2020-01-01T10:00:00+15:00", "tomorrow"),
        *("２０２０", "2020\n", " 2020"),
    ],
)
def test_what_fhir_does_not_call_a_date_is_none(text: str) -> None:
    assert parse_partial(text) is None


def test_zones_are_compared_by_the_instant_they_mean() -> None:
    assert _read("2020-01-01T01:00:00+02:00") == _read("2019-12-31T23:00:00Z")


def test_year_stands_before_its_first_month_and_day() -> None:
    dates = ["2020-01-01T00:00:00Z", "2020-01-01", "2020-01", "2020", "2019-12-31"]

    assert sorted(dates, key=_read) == list(reversed(dates))


@settings(max_examples=40, deadline=None)
@given(st.datetimes(), st.integers(-13 * 60, 14 * 60))
def test_every_instant_is_read_as_the_instant_it_is(
    naive: dt.datetime, offset_minutes: int
) -> None:
    offset = dt.timedelta(minutes=offset_minutes)
    moment = naive.replace(tzinfo=dt.timezone(offset))
    epoch = _read("1970-01-01T00:00:00Z").nanoseconds

    found = _read(moment.isoformat()).nanoseconds - epoch

    elapsed = naive - dt.datetime(1970, 1, 1) - offset
    assert found == elapsed // dt.timedelta(microseconds=1) * 1000


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=40))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    parse_partial(text)
