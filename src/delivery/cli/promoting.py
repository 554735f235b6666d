"""The work of ``promote``: check what is handed on, hand it on, say what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_result
from delivery.cli.wiring import Tools
from delivery.flows.promote import HandedOn
from delivery.promote import Handover, read_artifact, receivers_of
from delivery.report.numbers import counted

EXIT_FAILED = 1


def promote_release(
    settings: Settings,
    handover: Handover,
    *,
    folder: Path,
    to: Sequence[str],
    artifact_sha256: str,
    dry_run: bool,
) -> int:
    """Hand the artifact in ``folder`` on, print what each place got, give the exit code."""
    receivers = receivers_of(to)
    artifact = read_artifact(folder, artifact_sha256)
    done = (
        Tools(settings)
        .promoter()
        .promote(handover, artifact, receivers, dry_run=dry_run)
    )
    if settings.as_json:
        data = {
            "home_execution": handover.execution,
            "dry_run": dry_run,
            "places": [each.as_data() for each in done],
        }
        print_result(data)
    else:
        echo("\n".join(line for each in done for line in _lines(each, dry_run)))
    return EXIT_FAILED if any(each.error for each in done) else 0


def _lines(place: HandedOn, dry_run: bool) -> Iterator[str]:
    if place.error is not None:
        yield f"{place.receiver}: not handed on."
        yield from (f"  {line}" for line in str(place.error).splitlines())
        return
    packages = counted(place.packages, "package")
    if dry_run:
        yield (
            f"Dry run: {place.receiver} would be given the release; {packages}, "
            f"{place.lacking} to put."
        )
        return
    yield (
        f"{place.receiver}: execution {place.execution} has started; {packages}, "
        f"{place.lacking} newly put."
    )
    region = place.receiver.region
    yield f"Follow it with credentials of account {place.receiver.account}:"
    yield f"./deploy_pipeline.py status --execution {place.execution} --region {region}"
