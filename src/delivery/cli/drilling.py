"""The work of ``drill``: refuse, confirm, go back and forth, report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime


from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_dry_run, print_result
from delivery.cli.straining import Wanted
from delivery.cli.undoing import PRODUCTION, confirm, verified
from delivery.cli.wiring import Tools
from delivery.errors import EXIT_DONE, NotVerified, OperationFailed, Refused
from delivery.flows.drill import Drill, Drilled
from delivery.flows.undone import Undone
from delivery.model import Outcome, Verdict
from delivery.verify.report import verdict_text

_EXIT_CODES = {
    Outcome.PASSED: EXIT_DONE,
    Outcome.FAILED: OperationFailed.exit_code,
}


def run_drill(
    settings: Settings, asked: Wanted, *, production: bool, dry_run: bool
) -> int:
    """Run the drill and return the exit code.

    Raises:
        Refused: for production, unless that was said in so many words.
    """
    environment = asked.environment
    if environment == PRODUCTION and not production:
        raise Refused(
            "Production is not drilled by default.",
            why="Its users' traffic would go to an older release and back.",
            next_step="./deploy_pipeline.py drill staging, or add --production.",
        )
    drill = _compose(Tools(replace(settings, yes=True)), asked)
    plan = drill.plan()
    way = (
        f"{environment}: traffic and stack go to release {plan.back_to}, then back to "
        f"release {plan.served}, while {asked.rate:g} requests/s are sent"
    )
    if dry_run:
        print_dry_run(way, as_json=settings.as_json)
        return EXIT_DONE
    echo(f"{way}.", err=True)
    confirm(settings, environment)
    drilled = drill.run(plan)
    if settings.as_json:
        print_result(drilled.as_data())
    else:
        echo("\n".join(drilled_lines(drilled)))
    return _EXIT_CODES.get(drilled.outcome, NotVerified.exit_code)


def _compose(tools: Tools, asked: Wanted) -> Drill:
    def verify(done: Undone, began: datetime) -> Verdict:
        return verified(tools, done, began) or Verdict(done.environment)

    return Drill(
        undoer=tools.undoer(asked.environment),
        traffic=tools.traffic,
        verify=verify,
        clock=tools.clock,
        screen=tools.screen,
        rate=asked.rate,
        mix=asked.mix,
    )


def drilled_lines(drilled: Drilled) -> Iterator[str]:
    """Yield the report: each way, what requests met, and the outcome."""
    for leg in drilled.legs:
        yield (
            f"{leg.name}: release {leg.done.from_release} to {leg.done.to_release}, "
            f"traffic in {leg.done.seconds:.1f} s, all of it verified in "
            f"{leg.seconds:.1f} s"
        )
        yield from (f"  {line}" for line in verdict_text(leg.verdict).splitlines())
    requests = drilled.requests
    yield (
        f"Requests: {requests.sent} sent in {requests.seconds:.1f} s, "
        f"{requests.failed} failed"
    )
    if not requests.kept_up:
        yield (
            f"This machine sent {requests.sustained:.0f} of the {requests.rate:g} "
            "requests/s that were asked for."
        )
    yield f"Drill: {drilled.outcome.value}"
