"""The work of ``cost``: read templates and configuration, estimate, and show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from delivery.cli.fitting import echo, table
from delivery.cli.options import Settings
from delivery.cli.rendering import TEMPLATE, read_application, targets_of
from delivery.config import Configuration, delivery_parameters, load_configuration
from delivery.cost import words
from delivery.cost.actions import Around, environment_pattern
from delivery.cost.assumptions import Assumptions
from delivery.cost.model import Section
from delivery.cost.prices import load_prices
from delivery.cost.report import Report, Templates, cost_report, read_facts
from delivery.errors import BadInput

FOUNDATION = Path("templates/foundation.yaml")
PIPELINE = Path("templates/pipeline.yaml")

Rates = Sequence[tuple[str, Decimal]]


def show_cost(
    settings: Settings,
    environment: str | None,
    *,
    rates: Rates,
    access: str,
    given: Mapping[str, Decimal],
) -> None:
    """Print the estimate of a month, as text or as JSON.

    Raises:
        BadInput: for an environment that the configuration does not have, or a template
            that cannot be read.
    """
    configuration = load_configuration(settings.config_path)
    targets_of(configuration, environment)
    known = tuple(configuration.environments)
    assumed = Assumptions(given, known, _requests(configuration, rates), access)
    report = make_report(
        configuration, assumed, region=settings.region, only=environment
    )
    origins = words.origins(report, configured(configuration, report))
    if settings.as_json:
        from delivery.cli.screen import print_result
        from delivery.cost.data import report_data

        print_result(report_data(report, origins))
        return
    echo("\n".join(_text(report, origins)))


def make_report(
    configuration: Configuration,
    assumed: Assumptions,
    *,
    region: str | None = None,
    only: str | None = None,
) -> Report:
    """Read the templates with this configuration, and estimate a month."""
    from awsrules.templates import TemplateError

    prices = load_prices()
    region = region or configuration.project.region
    prefix = f"{configuration.project.name}-lambda-"
    around = Around(environment_pattern(prefix), _text_of)
    delivery = {**delivery_parameters(configuration), "SourceAccess": assumed.access}
    templates = Templates(
        foundation=read_application(FOUNDATION),
        pipeline=read_application(PIPELINE),
        application=read_application(TEMPLATE),
        delivery=delivery,
        environments={each.name: each.offered for each in targets_of(configuration)},
    )
    try:
        facts = read_facts(templates, prices, around, region=region)
    except TemplateError as error:
        raise BadInput(
            "The templates cannot be resolved.",
            why=str(error),
            next_step="./deploy_pipeline.py validate",
        ) from error
    return cost_report(facts, assumed, prices, region=region, only=only)


def month_of(settings: Settings, releases: Decimal | None) -> Report:
    """Estimate a month with so many releases, and the defaults for all else."""
    configuration = load_configuration(settings.config_path)
    given = {} if releases is None else {"releases": releases}
    assumed = Assumptions(given, tuple(configuration.environments), {})
    return make_report(configuration, assumed, region=settings.region)


def _text_of(path: str) -> str:
    file = Path(path)
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _requests(configuration: Configuration, rates: Rates) -> dict[str, Decimal]:
    """Return the requests a month that were given, by environment."""
    for name, _ in rates:
        if name:
            targets_of(configuration, name)
    for_all = [rate for name, rate in rates if not name][-1:]
    found = {name: rate for name in configuration.environments for rate in for_all}
    return found | {name: rate for name, rate in rates if name}


def configured(configuration: Configuration, report: Report) -> Iterator[words.Origin]:
    """Yield the values of the configuration that the amounts stand on."""
    shown = [each.name for each in report.estimate.sections]
    for setting in configuration.settings:
        block, _, key = setting.key.partition(".")
        of_an_environment = block in configuration.environments
        if of_an_environment and (block not in shown or key not in words.OF_A_PLACE):
            continue
        if of_an_environment or setting.key in words.OF_THE_DELIVERY:
            value = words.setting_text(setting.value)
            yield words.Origin(setting.key, value, "", str(setting.source))


def _text(report: Report, origins: Sequence[words.Origin]) -> Iterator[str]:
    """Yield what it stands on, the lines, and last what it comes to."""
    yield "Assumptions"
    yield table([each.row for each in origins], words.ORIGIN_HEADER)
    yield ""
    for section in report.estimate.sections:
        yield from _section(section)
    yield "Free tier: one for the whole account, used up in the order of this page"
    yield table(words.free_rows(report), words.FREE_HEADER)
    yield ""
    yield "What keeps it low"
    yield table([words.lever_row(each) for each in report.levers], words.LEVER_HEADER)
    yield ""
    for each in report.unpriced:
        yield f"not priced: {each.section}: {each.what} × {each.count}: {each.why}"
    yield from (f"note: {each}" for each in words.notes(report))
    yield ""
    yield table(_totals(report), words.TOTAL_HEADER)
    yield ""
    yield from words.corridor_lines(report)
    yield from (f"  - {each}" for each in words.reason_lines(report))


def _section(section: Section) -> Iterator[str]:
    yield f"{section.name}, in USD before and after the free tier"
    rows = [words.line_row(each) for each in section.lines]
    total = ("Together", "", "", words.usd(section.before), words.usd(section.after))
    yield table([*rows, total], words.LINE_HEADER)
    yield ""


def _totals(report: Report) -> list[tuple[str, ...]]:
    rows = [(each.name, each.before, each.after) for each in report.estimate.sections]
    rows.append(("Total", report.estimate.before, report.estimate.after))
    return [(name, words.usd(before), words.usd(after)) for name, before, after in rows]
