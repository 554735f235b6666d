"""A report as one HTML page that needs nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from delivery.drawing import (
    heading,
    html_page,
    html_table,
    listed,
    paragraph,
)
from delivery.report import words
from delivery.report import bands
from delivery.report.dora import Metric
from delivery.report.facts import ReleasedFacts, Report
from delivery.report.measures import SOURCE
from delivery.report.money import Money
from delivery.report.numbers import counted, moment
from delivery.report.pictures import (
    cost_picture,
    executions_picture,
    releases_picture,
    shifts_picture,
)

_METRICS = ("Metric", "Value", "Observations", "Band")
_STEPS = (
    "By CodeDeploy, one for each function whose code changed. When each began and ended is "
    "recorded; when each of its steps was taken is not."
)


def page(found: Report, money: Money | None = None) -> str:
    """Return the page as text; ``money`` where a month's cost was estimated."""
    title = f"Report of {found.environment}"
    return html_page(title, title, _sections(found, money))


def _sections(found: Report, money: Money | None) -> Iterator[str]:
    """Yield the sections in order; one more is one more line here."""
    yield _about(found)
    yield _dora(found)
    yield _pipeline(found)
    yield _releases(found)
    yield _updates(found)
    yield _shifts(found)
    if money is not None:
        yield _cost(money)


def _about(found: Report) -> str:
    period = found.period
    text = (
        f"What really happened from {moment(period.since)} to {moment(period.until)} UTC, "
        f"{counted(round(period.days), 'day')}: from the release ledger, the pipeline's "
        "history and git."
    )
    return paragraph(text, css="soft") + listed(found.notes)


def _dora(found: Report) -> str:
    rows = [
        (
            each.measure.name,
            words.value_of(each),
            words.rests_on(each),
            words.band_of(each),
        )
        for each in found.dora.metrics
    ]
    caption = f"Definitions after {SOURCE}; bands of the {bands.SOURCE}."
    return "\n".join(
        [
            heading(f"DORA metrics of {found.environment}"),
            html_table(caption, _METRICS, rows),
            *(_defined(each) for each in found.dora.metrics),
            _changes(found),
        ]
    )


def _defined(metric: Metric) -> str:
    text = f"{metric.measure.name}: {metric.measure.definition}"
    return paragraph(text, css="soft") + listed(metric.notes)


def _changes(found: Report) -> str:
    """Return the deployments that the metrics rest on."""
    if not found.dora.changes:
        return ""
    rows = [words.change_row(each) for each in reversed(found.dora.changes)]
    caption = "Deployments of changes, newest first"
    return html_table(caption, words.CHANGE_HEADER, rows)


def _pipeline(found: Report) -> str:
    parts = [heading("Pipeline"), listed(words.pipeline_lines(found))]
    if found.pipeline is not None and found.pipeline.executions:
        parts.append(executions_picture(found.pipeline.executions, found.period))
    return "\n".join(parts)


def _releases(found: Report) -> str:
    parts = [heading("Releases"), releases_picture(found.releases, found.period)]
    for each in found.releases:
        parts += [
            heading(each.environment, level=3),
            paragraph(words.released_line(each)),
            _release_table(each, found),
            listed(words.taken_back_lines(each)),
        ]
    return "\n".join(each for each in parts if each)


def _release_table(facts: ReleasedFacts, found: Report) -> str:
    if not facts.releases:
        return ""
    own = facts.environment == found.environment
    rows = [
        words.release_row(each, found.carried.get(each.number) if own else None)
        for each in reversed(facts.releases)
    ]
    return html_table("Newest first", words.RELEASE_HEADER, rows)


def _updates(found: Report) -> str:
    title = heading(f"Stack updates of {found.environment}")
    if not found.updates:
        return f"{title}\n{paragraph(words.NOT_RECORDED)}"
    rows = [words.update_row(each) for each in reversed(found.updates)]
    return f"{title}\n{html_table('Newest first', words.UPDATE_HEADER, rows)}"


def _shifts(found: Report) -> str:
    title = heading(f"Traffic shifts of {found.environment}")
    if not found.shifts:
        return f"{title}\n{paragraph(words.NOT_RECORDED)}"
    rows = [words.shift_row(each) for each in reversed(found.shifts)]
    return "\n".join(
        [
            title,
            paragraph(_STEPS, css="soft"),
            shifts_picture(found.shifts),
            html_table("Newest first", words.SHIFT_HEADER, rows),
        ]
    )


def _cost(money: Money) -> str:
    return "\n".join(
        [
            heading("Cost of a month"),
            paragraph(words.about_cost(money), css="soft"),
            cost_picture(money),
            html_table("In USD", words.COST_HEADER, words.cost_rows(money)),
        ]
    )
