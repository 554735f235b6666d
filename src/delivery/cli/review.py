"""``review``: what an execution would change in the environment behind an approval."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from delivery.cli.options import Settings, common_options
from delivery.cli.screen import print_result
from delivery.cli.wiring import Tools
from delivery.errors import BadInput
from delivery.names import ENVIRONMENTS, PIPELINE_NAME

if TYPE_CHECKING:
    from delivery.flows.review import Candidate, Published


@click.command()
@click.argument("environment", type=click.Choice(ENVIRONMENTS))
@click.option(
    "--execution",
    envvar="PIPELINE_EXECUTION_ID",
    default="",
    metavar="ID",
    help="The pipeline's execution; default: PIPELINE_EXECUTION_ID.",
)
@click.option(
    "--show",
    is_flag=True,
    help="Print the report that the pipeline made, the newest without --execution.",
)
@click.option(
    "--again",
    is_flag=True,
    help="Look again at what the pipeline reviewed before; no artifact is needed.",
)
@click.option(
    "--artifact",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("."),
    help="The build artifact's folder; default: here.",
)
@click.option(
    "--write-to",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write report.txt, report.json, summary.txt and link.txt there.",
)
@common_options
@click.pass_obj
def review(
    settings: Settings,
    *,
    environment: str,
    execution: str,
    show: bool,
    again: bool,
    artifact: Path,
    write_to: Path | None,
) -> None:
    """Show what an execution would change in ENVIRONMENT, before anybody approves it.

    The pipeline runs this in front of each approval: it makes a change set, reads it,
    removes it, and stores the report in the release store.
    """
    tools = Tools(settings)
    if show:
        click.echo(_stored(tools, environment, execution), nl=False)
        return
    if not execution:
        raise BadInput(
            "The execution is missing.",
            why="A review tells about the package of one execution.",
            next_step="Give --execution ID, or --show for the newest report.",
        )
    candidate = (
        _reviewed_before(tools, environment, execution)
        if again
        else _candidate(artifact, environment, execution)
    )
    published = tools.reviewer(execution).review(candidate)
    if write_to is not None:
        _write(published, write_to)
    _print(published, settings)


def _candidate(artifact: Path, environment: str, execution: str) -> Candidate:
    from delivery.flows.review import Candidate
    from delivery.review.inputs import read_configuration, read_overrides

    name = f"template-configuration.{environment}.json"
    parameters, tags = read_configuration(
        _artifact_file(artifact, name).decode(), name=name
    )
    overrides = read_overrides(os.environ.get("PARAMETER_OVERRIDES", ""))
    return Candidate(
        environment=environment,
        execution=execution,
        template=_artifact_file(artifact, "packaged.yaml"),
        parameters=parameters | overrides,
        tags=tags,
    )


def _reviewed_before(tools: Tools, environment: str, execution: str) -> Candidate:
    from delivery.flows.review import stored_candidate

    found = stored_candidate(tools.release_store, environment, execution)
    if found is None:
        raise _never_reviewed(environment, execution)
    return found


def _artifact_file(artifact: Path, name: str) -> bytes:
    path = artifact / name
    if not path.is_file():
        raise BadInput(
            f"{path} is not there.",
            why="The review reads the build's artifact.",
            next_step="Run it in the artifact's folder, or give --artifact DIR.",
        )
    return path.read_bytes()


def _stored(tools: Tools, environment: str, execution: str) -> str:
    from delivery.flows.review import stored_review

    executions = (
        [execution]
        if execution
        else [each.id for each in tools.pipelines.executions(PIPELINE_NAME)]
    )
    text = stored_review(tools.release_store, environment, executions)
    if text is None:
        raise _never_reviewed(environment, execution)
    return text


def _never_reviewed(environment: str, execution: str) -> BadInput:
    which = f"Execution {execution} was not" if execution else "No recent execution was"
    return BadInput(
        f"{which} reviewed for {environment}.",
        why="The stage in front of the approval does that, as its last action.",
        next_step="./deploy_pipeline.py status",
    )


def _write(published: Published, folder: Path) -> None:
    import json

    from delivery.review.report import as_data, as_text, summary_of

    folder.mkdir(parents=True, exist_ok=True)
    review = published.review
    data = json.dumps(as_data(review), indent=1, ensure_ascii=False)
    (folder / "report.json").write_text(f"{data}\n", encoding="utf-8")
    (folder / "report.txt").write_text(as_text(review), encoding="utf-8")
    (folder / "summary.txt").write_text(summary_of(review), encoding="utf-8")
    (folder / "link.txt").write_text(published.link, encoding="utf-8")


def _print(published: Published, settings: Settings) -> None:
    from delivery.review.report import as_data, as_text

    if settings.as_json:
        print_result(as_data(published.review) | {"link": published.link})
        return
    click.echo(as_text(published.review), nl=False)
    click.echo(f"\nStored at {published.link}", err=True)
