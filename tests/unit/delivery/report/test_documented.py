"""The page about reports says what the report does."""

from __future__ import annotations

import re
from pathlib import Path

from delivery.cli.report import DEFAULT_DAYS, MOST_DAYS
from delivery.report import measures

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "report.md").read_text("utf-8")
ALL = (
    measures.LEAD_TIME,
    measures.FREQUENCY,
    measures.RECOVERY,
    measures.FAIL_RATE,
    measures.REWORK_RATE,
)


def test_the_definitions_on_the_page_are_those_of_the_report() -> None:
    section = PAGE.partition("## The five metrics")[2].partition("###")[0]
    rows = re.findall(r"^\| ([A-Z][^|]+) \| ([A-Z][^|]+\.) \|$", section, re.M)
    assert rows == [(each.name, each.definition) for each in ALL]


def test_the_bands_on_the_page_are_those_that_are_given() -> None:
    section = PAGE.partition("### Bands")[2]
    named = re.findall(r"^\| (\w[^|]+?) +\| (?:below|above|up)", section, re.M)
    assert named == [each.name for each in ALL if each.band is not None]
    hour, day = 3_600.0, 86_400.0
    ends = {
        measures.LEAD_TIME: (day - 1, 7 * day, 30 * day, 31 * day),
        measures.FREQUENCY: (1.01, 1 / 7, 1 / 30, 1 / 31),
        measures.RECOVERY: (hour - 1, day - 1, day - 1, day),
        measures.FAIL_RATE: (0.05, 0.2, 0.2, 0.21),
    }
    levels = ("elite", "high", "medium", "low")
    for measure, values in ends.items():
        assert measure.band is not None
        found = [measure.band(each) for each in values]
        assert all(level in name for level, name in zip(levels, found, strict=True))


def test_the_defaults_on_the_page_are_those_of_the_command() -> None:
    assert (
        f"| `--days` | {DEFAULT_DAYS} | how far to look back; {MOST_DAYS} at most"
        in PAGE
    )
