"""Make a report, and show it as text, JSON or a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from delivery.cli.costing import month_of
from delivery.cli.fitting import echo, table
from delivery.cli.options import Settings
from delivery.cli.screen import print_result, write_page
from delivery.cli.wiring import Tools
from delivery.errors import BadInput
from delivery.report import bands, words
from delivery.report.data import report_data
from delivery.report.dora import Metric
from delivery.report.facts import Report
from delivery.report.measures import SOURCE
from delivery.report.money import Money, Part, releases_a_month
from delivery.report.numbers import counted, moment
from delivery.report.page import page

# What a screen holds; the page and JSON have all.
_MOST_ROWS = 10
Cells = tuple[str, ...]
_REHEARSED = (
    "Rehearsed: ledger and commits carry this machine's time, pipeline and shifts that of "
    "the plane, which runs ahead while it waits."
)


def show_report(
    settings: Settings, environment: str, *, days: int, html: Path | None
) -> None:
    """Print what happened in the last ``days``, and write the page if one is asked for."""
    tools = Tools(settings)
    found = tools.reporter().report(environment, days=days, now=tools.now_there())
    found, money = _with_cost(settings, found)
    if settings.local:
        found = replace(found, notes=(*found.notes, _REHEARSED))
    if html is not None:
        write_page(html, page(found, money))
    if settings.as_json:
        print_result(report_data(found, money))
        return
    echo("\n\n".join(_blocks(found, money)))


def _with_cost(settings: Settings, found: Report) -> tuple[Report, Money | None]:
    """Estimate a month at the pace of the period; what hinders that is a note."""
    try:
        estimated = month_of(settings, releases_a_month(found))
    except BadInput as error:
        note = f"What a month costs is not known: {error.what}"
        return replace(found, notes=(*found.notes, note)), None
    parts = (
        Part(each.name, each.before, each.after) for each in estimated.estimate.sections
    )
    releases = estimated.assumptions["releases"]
    return found, Money(tuple(parts), releases, estimated.prices.region)


def _blocks(found: Report, money: Money | None) -> Iterator[str]:
    period = found.period
    yield "\n".join(
        [
            f"{moment(period.since)} to {moment(period.until)} UTC, "
            f"{counted(round(period.days), 'day')}",
            *found.notes,
        ]
    )
    yield "\n".join(
        ["Pipeline", *(f"  {line}" for line in words.pipeline_lines(found))]
    )
    yield "\n".join(
        ["Releases", *(f"  {words.released_line(each)}" for each in found.releases)]
    )
    yield _recorded(
        f"Stack updates of {found.environment}",
        [words.update_row(each) for each in found.updates],
        words.UPDATE_HEADER,
    )
    yield _recorded(
        f"Traffic shifts of {found.environment}",
        [words.shift_row(each) for each in found.shifts],
        words.SHIFT_HEADER,
    )
    if money is not None:
        yield _cost(money)
    yield (
        f"DORA metrics of {found.environment}\n"
        f"  Definitions after {SOURCE}\n"
        f"  Bands of the {bands.SOURCE}"
    )
    yield from (_metric(each) for each in found.dora.metrics)


def _cost(money: Money) -> str:
    text = table(words.cost_rows(money), words.COST_HEADER, indent=2)
    rows = (f"  {line}" for line in text.splitlines())
    return "\n".join(["Cost of a month", f"  {words.about_cost(money)}", *rows])


def _recorded(title: str, rows: Sequence[Cells], header: Cells) -> str:
    """Return the newest rows as a table, or that there are none."""
    if not rows:
        return f"{title}: {words.NOT_RECORDED}"
    newest = rows[-_MOST_ROWS:]
    if len(newest) < len(rows):
        title += f", the newest {len(newest)} of {len(rows)}"
    text = table(newest, header, indent=2)
    return "\n".join([title, *(f"  {line}" for line in text.splitlines())])


def _metric(metric: Metric) -> str:
    lines = [
        f"{metric.measure.name}: {words.value_of(metric)}",
        f"  Means: {metric.measure.definition}",
        f"  Rests: on {words.rests_on(metric)}",
        f"  Band:  {words.band_of(metric)}",
        *(f"  Note:  {each}" for each in metric.notes),
    ]
    return "\n".join(lines)
