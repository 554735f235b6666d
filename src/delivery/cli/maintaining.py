"""The work of the reviews: put their sections together, and show them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from delivery.cli.auditing import lock_audit
from delivery.cli.cleaning import kept_since
from delivery.cli.costing import month_of
from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_result, write_page
from delivery.cli.wiring import Tools
from delivery.config import Configuration
from delivery.cost.words import usd
from delivery.errors import BadInput
from delivery.flows.maintenance import Maintainer
from delivery.maintain.findings import Checkup, Section, counted
from delivery.maintain.settings import settings_section
from delivery.model import CheckResult, Outcome
from delivery.report.history import Period
from delivery.report.money import Money, Part, a_month
from delivery.supply.audit import audit_dependencies

DAYS = {"weekly": 7, "monthly": 30, "quarterly": 90}


def review(settings: Settings, kind: str, *, report: Path | None) -> int:
    """Print a review and return its exit code.

    Raises:
        NotPermitted: when nothing of it may be read.
    """
    tools = Tools(settings)
    until = tools.now_there()
    period = Period(until - timedelta(days=DAYS[kind]), until)
    maintainer = tools.maintainer()
    with tools.screen.working("Reading") as tell:
        sections = []
        for section in _sections(tools, maintainer, kind, period):
            tell(section.title)
            sections.append(section)
    maintainer.insist_on_an_answer()
    checkup = Checkup(kind, period.since, period.until, tuple(sections))
    if report is not None:
        write_page(report, checkup.text() + "\n", flag="--report")
    if settings.as_json:
        print_result(checkup.as_data())
    else:
        echo(checkup.text())
    return checkup.exit_code


def _sections(
    tools: Tools, maintainer: Maintainer, kind: str, period: Period
) -> Iterator[Section]:
    past = maintainer.pipeline_past(period)
    yield past
    yield maintainer.waiting(period.until)
    yield _cost(tools.settings, past, period)
    if kind == "weekly":
        return
    yield maintainer.held_roles(period.since)
    yield maintainer.build_times(period)
    yield maintainer.leftovers(tools.cleaner, kept_since(tools))
    maintainer.insist_on_an_answer()  # before a look that takes a minute
    yield _dependencies(tools)
    if kind == "monthly":
        return
    yield maintainer.token(period.until)
    yield _settings(tools.configuration)
    yield maintainer.security()


def _cost(settings: Settings, past: Section, period: Period) -> Section:
    """Estimate a month at the pace of the period; an execution that succeeded released."""
    released = past.facts.get("executions", {}).get("succeeded", 0)
    try:
        found = month_of(settings, a_month(released, period.days))
    except BadInput as error:
        check = CheckResult("cost", Outcome.NOT_RUN, error.what, error.next_step)
        return Section("Cost of a month", checks=(check,))
    parts = (Part(e.name, e.before, e.after) for e in found.estimate.sections)
    money = Money(tuple(parts), found.assumptions["releases"], found.prices.region)
    told = (
        f"About {usd(money.after)} USD for {counted(int(money.releases), 'release')}, "
        f"{usd(money.before)} without a free tier; what AWS bills is not read."
    )
    return Section(
        "Cost of a month",
        lines=tuple(f"{each.name}: {usd(each.after)} USD" for each in money.parts),
        facts={
            "usd_before_free_tier": float(money.before),
            "usd_after_free_tier": float(money.after),
            "releases": int(money.releases),
            "parts": {each.name: float(each.after) for each in money.parts},
        },
        checks=(CheckResult("cost", Outcome.PASSED, told),),
    )


def _dependencies(tools: Tools) -> Section:
    """Ask about the locks; what nobody answered was not run."""
    audited = audit_dependencies(
        lock_audit(
            service=os.environ.get("DEPENDENCY_AUDIT_SERVICE"),
            expect_nobody=tools.settings.local,
        )
    )
    outcome = audited.outcome
    if outcome is Outcome.INCONCLUSIVE and not audited.packages:
        outcome = Outcome.NOT_RUN
    counting = [each for each in audited.holes if not each.accepted]
    check = CheckResult(
        "dependencies", outcome, audited.why, "./deploy_pipeline.py dependencies"
    )
    return Section(
        "Dependencies",
        lines=tuple(f"{e.package} {e.version}: {e.id}" for e in counting),
        facts={"packages": audited.packages, "holes": len(counting)},
        checks=(check,),
    )


def _settings(configuration: Configuration) -> Section:
    found = configuration.settings
    return settings_section(
        {each.key: each.value for each in found},
        {each.key: str(each.source) for each in found},
    )
