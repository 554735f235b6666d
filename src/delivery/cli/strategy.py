"""``strategy``: what a bad release would do to users, and what would stop it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from delivery.cli.fitting import echo, table
from delivery.cli.options import Settings, common_options

if TYPE_CHECKING:
    from delivery.strategy import Assessment, FunctionAssessment

DEFAULT_RATE = "10/s"
DEFAULT_ERROR_RATE = "5%"
DEFAULT_BASELINE = "0.01%"
DEFAULT_RESPONSE_MINUTES = 30.0


class Rate(click.ParamType):
    """Requests a second: 50, 50/s or 3000/m."""

    name = "rate"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        text, _, unit = str(value).partition("/")
        seconds = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}.get(unit.strip())
        try:
            rate = float(text) / (seconds or 0)
        except (ValueError, ZeroDivisionError):
            rate = -1.0
        if not 0 < rate <= 1_000_000:
            self.fail(f"{value!r} is not a rate such as 50/s or 600/m.", param, ctx)
        return rate


class Share(click.ParamType):
    """A share: 5%, or 0.05."""

    name = "share"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        text = str(value).strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            self.fail(f"{value!r} is not a share such as 5% or 0.05.", param, ctx)
        return share


@click.command()
@click.option("--environment", metavar="NAME", help="Only this environment.")
@click.option(
    "--rate",
    type=Rate(),
    default=DEFAULT_RATE,
    show_default=True,
    metavar="RATE",
    help="Requests a second to one function.",
)
@click.option(
    "--error-rate",
    type=Share(),
    default=DEFAULT_ERROR_RATE,
    show_default=True,
    metavar="SHARE",
    help="Share that fails in the bad release.",
)
@click.option(
    "--baseline",
    type=Share(),
    default=DEFAULT_BASELINE,
    show_default=True,
    metavar="SHARE",
    help="Share that fails in a good one.",
)
@click.option(
    "--response-minutes",
    type=click.FloatRange(0, 10_000),
    default=DEFAULT_RESPONSE_MINUTES,
    show_default=True,
    help="How long a person takes where no alarm stopped the shift.",
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a page with a plot, too.",
)
@common_options
@click.pass_obj
def strategy(
    settings: Settings,
    *,
    environment: str | None,
    rate: float,
    error_rate: float,
    baseline: float,
    response_minutes: float,
    html: Path | None,
) -> None:
    """Predict what a bad release would do, and say whether its alarms can fire.

    For each environment: the steps of its shift, what each alarm sees and needs, and
    how CodeDeploy's strategies compare. Nothing is read from AWS.
    """
    from delivery.cli.rendering import TEMPLATE, read_application, targets_of
    from delivery.config import load_configuration
    from delivery.strategy import Traffic, assess
    from delivery.strategy.words import assessment_data

    configuration = load_configuration(settings.config_path)
    template = read_application(TEMPLATE)
    traffic = Traffic(rate, error_rate, baseline, response_minutes)
    region = settings.region or configuration.project.region
    found = [
        assess(each.name, template, each.offered, traffic, region=region)
        for each in targets_of(configuration, environment)
    ]
    if html is not None:
        from delivery.cli.screen import write_page
        from delivery.strategy.page import page

        write_page(html, page(found))
    if settings.as_json:
        from delivery.cli.screen import print_result

        print_result({"environments": [assessment_data(each) for each in found]})
        return
    echo("\n\n".join(_text(each) for each in found))


def _text(assessment: Assessment) -> str:
    blocks = [assessment.environment]
    shifting = [each for each in assessment.functions if each.shift.enabled]
    if not shifting:
        blocks.append("  No traffic shift: a new version gets all traffic at once.")
    blocks += [_function_text(each) for each in shifting]
    blocks.append(_comparison_text(assessment))
    blocks += [
        f"{each.severity.value}: line {each.line}: {each.message}\n"
        f"  Next: {each.next_step}"
        for each in assessment.findings
    ]
    return "\n\n".join(blocks)


def _function_text(function: FunctionAssessment) -> str:
    from delivery.strategy.words import ALARM_HEADER, alarm_row, steps

    shift = function.shift
    how = steps(shift.schedule) if shift.schedule else shift.problem
    hooks = ", ".join(shift.hooks) or "none"
    lines = [
        f"{shift.logical_id}: {shift.kind}",
        f"  Steps: {how}",
        f"  Hooks: {hooks}",
    ]
    rows = [alarm_row(each) for each in function.alarms]
    if rows:
        lines += [
            f"  {line}" for line in table(rows, ALARM_HEADER, indent=2).splitlines()
        ]
    return "\n".join(lines)


def _comparison_text(assessment: Assessment) -> str:
    from delivery.strategy.words import (
        PREDICTION_HEADER,
        advice,
        chance,
        prediction_row,
    )

    weakest, traffic = assessment.weakest, assessment.traffic
    if weakest is None:
        return "No function shifts by a schedule that is known."
    rows = [prediction_row(each) for each in weakest.predictions]
    rows[0] = (f"{rows[0][0]} (configured)", *rows[0][1:])
    about = (
        f"{weakest.shift.logical_id}, {traffic.requests_per_second:g} requests/s, "
        f"{chance(traffic.error_rate)} fail in the bad release and "
        f"{chance(traffic.baseline_error_rate)} in a good one; without an alarm a person "
        f"recovers {traffic.response_minutes:g} minutes after the shift:"
    )
    return f"{about}\n{table(rows, PREDICTION_HEADER)}\n{advice(weakest, traffic)}".rstrip()
