"""``start``: begin an execution of the pipeline."""

from __future__ import annotations

import click

from delivery.cli.options import Settings, common_options, dry_run_option


@click.command()
@click.option("--commit", metavar="SHA", help="This commit, by its full id.")
@click.option(
    "--past-alarm",
    is_flag=True,
    help="Let this one release shift in production while an alarm fires.",
)
@click.option("--reason", metavar="TEXT", help="Why it may, for the ledger.")
@dry_run_option
@common_options
@click.pass_obj
def start(
    settings: Settings,
    *,
    commit: str | None,
    past_alarm: bool,
    reason: str | None,
    dry_run: bool,
) -> None:
    """Start an execution with the newest commit of the configured branch, or with one.

    With --local, commits that the plane's source does not have yet are pushed to it first.

    While an alarm fires that production's shift watches, CodeDeploy stops every shift, that
    of a fix too. --past-alarm lets one release through; it is refused while no alarm fires.
    """
    from delivery.cli.deciding import start_execution
    from delivery.cli.steering import start_past_alarm, start_with_commit

    if past_alarm or reason is not None:
        start_past_alarm(settings, past_alarm, reason or "", commit, dry_run=dry_run)
        return
    if commit is not None:
        start_with_commit(settings, commit, dry_run=dry_run)
        return
    start_execution(settings, dry_run=dry_run)
