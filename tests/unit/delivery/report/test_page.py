"""A report as one page that needs nothing from elsewhere, and hides nothing."""

from __future__ import annotations

import re
from decimal import Decimal
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from report_fakes import (
    execution,
    history_of,
    line,
    released,
    run,
    shift,
    taken_back,
)

from delivery.report.facts import report_of
from delivery.report.money import Money, Part
from delivery.report.page import page

EVIL = "<script>alert('x')</script>&\"\n"


def _busy(text: str = "an alarm fired"):
    releases = [
        released(1, "a", 10, kind="first", summary=text),
        released(2, "b", 200, summary=text),
        released(3, "c", 400, verdict="failed", summary=text),
    ]
    tries = [("a", 9, "Succeeded"), ("b", 199, "Succeeded"), ("x", 300, "Failed")]
    return report_of(
        history_of(
            *releases,
            back=[
                taken_back(3, 2, 401, reason=text),
                taken_back(2, 0, 402, reason=text, function=text),
            ],
            executions=[execution(*each) for each in tries],
            runs=[run(*each, summary=text) for each in tries],
            shifts=[shift(9), shift(199, "Failed", error=text), shift(300, "Stopped")],
            log=line("a", "b", "c"),
        )
    )


class _Shape(HTMLParser):
    """The elements of a page, and whether each that is opened is closed in order."""

    VOID = {"meta", "line", "rect", "circle", "polyline"}

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID or tag in {"rect", "circle"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("report", [report_of(history_of()), _busy(), _busy(EVIL)])
def test_a_page_is_whole_and_its_pictures_are_well_formed(report) -> None:
    text = page(report)
    shape = _Shape(text)
    assert shape.open == []
    assert text.startswith("<!DOCTYPE html>")
    pictures = re.findall(r"<svg.*?</svg>", text, re.S)
    assert pictures
    for picture in pictures:
        assert ElementTree.fromstring(picture).find("title") is not None


def test_a_page_needs_nothing_from_elsewhere() -> None:
    shape = _Shape(page(_busy()))
    tags = {tag for tag, _ in shape.seen}
    assert not tags & {"script", "link", "img", "iframe", "object", "image", "use"}
    names = {name for _, attributes in shape.seen for name in attributes}
    assert not names & {"src", "href", "srcset", "data", "xlink:href", "style"}
    assert "url(" not in page(_busy()) and "@import" not in page(_busy())


def test_whatever_was_written_by_others_is_escaped() -> None:
    text = page(_busy(EVIL))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_a_page_shows_each_metric_with_its_definition_and_observations() -> None:
    report = _busy()
    text = _plain(page(report))
    for metric in report.dora.metrics:
        assert metric.measure.name in text
        assert metric.measure.definition in text
        assert f"{metric.observations} {metric.measure.of}" in text


def test_a_page_lists_the_deployments_that_the_metrics_rest_on() -> None:
    text = _plain(page(_busy("bad analysis")))
    table = text.partition("Deployments of changes, newest first")[2]
    rows = re.findall(r" ([abcx])  (\d|-)  (good|failed)  ", table)
    assert rows == [
        ("c", "3", "failed"),
        ("x", "-", "failed"),
        ("b", "2", "failed"),
        ("a", "1", "good"),
    ]


def test_the_pictures_are_executions_releases_and_shifts() -> None:
    labels = re.findall(r'aria-label="([^"]+)"', page(_busy()))
    assert labels == [
        "Executions of the pipeline over time, by how they ended",
        "Releases of each environment",
        "How long each traffic shift took",
    ]


def test_rollbacks_are_marked_in_the_line_of_their_environment() -> None:
    text = page(_busy("bad analysis"))
    assert "rolled back from release 3: bad analysis" in text


def test_where_no_shift_was_recorded_the_page_says_so() -> None:
    text = page(report_of(history_of(released(1, "a", 5))))
    assert "Traffic shifts of production</h2>\n<p>not recorded in this period" in text
    assert "How long each traffic shift took" not in text


def test_without_a_pipeline_the_page_says_so_and_draws_none() -> None:
    text = _plain(page(report_of(history_of(there=False))))
    assert "Executions: not known, there is no pipeline" in text


def _plain(text: str) -> str:
    from html import unescape

    return unescape(re.sub(r"<[^>]+>", " ", text))


def test_the_cost_of_a_month_is_drawn_where_it_was_estimated() -> None:
    parts = (Part("pipeline", Decimal("13.32"), Decimal("9.56")),)
    found = report_of(history_of(released(1, "a", 5)))
    text = page(found, Money(parts, Decimal(22), "us-east-1"))
    assert "for 22 releases a month" in text
    assert "pipeline: 9.56 USD, 13.32 before" in text
    for picture in re.findall(r"<svg.*?</svg>", text, re.S):
        ElementTree.fromstring(picture)
    assert "Cost of a month" not in page(found)
