"""``promote``: hand a verified release to other places."""

from __future__ import annotations

from pathlib import Path

import click

from delivery.cli.execution_options import artifact_option, own_execution_option
from delivery.cli.options import Settings, common_options, dry_run_option

_ALARMS = ("watched", "ignored")


class RoleArn(click.ParamType):
    """A role's ARN; several of them in a variable have commas between."""

    name = "role_arn"
    envvar_list_splitter = ","


@click.command()
@artifact_option
@click.option(
    "--to",
    type=RoleArn(),
    multiple=True,
    envvar="RECEIVER_ROLE_ARNS",
    metavar="ROLE_ARN",
    help="The receiver's role of a place, once for each; default: RECEIVER_ROLE_ARNS, "
    "with commas between.",
)
@click.option(
    "--artifact-sha256",
    envvar="ARTIFACT_SHA256",
    required=True,
    metavar="HEX",
    help="Hash of the artifact's SHA256SUMS, as the execution's build gave it; "
    "default: ARTIFACT_SHA256.",
)
@own_execution_option(required=True)
@click.option(
    "--shift-alarms",
    envvar="SHIFT_ALARMS",
    type=click.Choice(_ALARMS),
    default=_ALARMS[0],
    show_default=True,
    help="Whether alarms stop the places' shifts; else SHIFT_ALARMS says it.",
)
@click.option(
    "--override-reason",
    envvar="OVERRIDE_REASON",
    default="none",
    show_default=True,
    metavar="TEXT",
    help="Why alarms are ignored, for the places' ledgers; else OVERRIDE_REASON says it.",
)
@dry_run_option
@common_options
@click.pass_obj
def promote(
    settings: Settings,
    *,
    artifact: Path,
    to: tuple[str, ...],
    artifact_sha256: str,
    execution: str,
    shift_alarms: str,
    override_reason: str,
    dry_run: bool,
) -> int:
    """Hand the release of an execution to other places; the pipeline's last stage runs this.

    Each place is an account and region with a delivery of its own. It is given the
    packages that it lacks and the artifact, and its pipeline is started; it deploys,
    verifies and records by itself, and nobody waits for it here. Run again, nothing is
    handed on twice.

    The exit code is 1 when a place was not given the release; the others were.
    """
    from delivery.cli.promoting import promote_release
    from delivery.promote import Handover

    handover = Handover(execution, shift_alarms, override_reason)
    return promote_release(
        settings,
        handover,
        folder=artifact,
        to=to,
        artifact_sha256=artifact_sha256,
        dry_run=dry_run,
    )
