"""Make a review and say what it found, or show one that was made before."""

from __future__ import annotations

import json
import os
from pathlib import Path


from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_result
from delivery.cli.wiring import Tools
from delivery.errors import BadInput, Refused
from delivery.flows.candidate import Candidate, stored_candidate, stored_review
from delivery.flows.review import Published
from delivery.names import PIPELINE_NAME
from delivery.review.inputs import read_configuration, read_overrides
from delivery.review.report import as_data, as_text, summary_of


def show_review(settings: Settings, environment: str, execution: str) -> None:
    """Print a stored report: of ``execution``, or the newest when that is empty."""
    text = _stored(Tools(settings), environment, execution)
    if settings.as_json:
        print_result({"report": text})
        return
    echo(text.rstrip("\n"))


def make_review(
    settings: Settings,
    environment: str,
    execution: str,
    *,
    artifact: Path | None,
    write_to: Path | None,
) -> None:
    """Look ahead at what ``artifact`` holds, or without one at what was reviewed before."""
    tools = Tools(settings)
    candidate = (
        _reviewed_before(tools, environment, execution)
        if artifact is None
        else _candidate(artifact, environment, execution)
    )
    published = tools.reviewer(execution).review(candidate)
    if write_to is not None:
        _write(published, write_to)
    _print(published, settings)
    _refuse_conflicts(published)
    _refuse_pins(published)


def _refuse_conflicts(published: Published) -> None:
    """Refuse a release that would break the version which serves while traffic shifts."""
    review = published.review
    if not review.conflicts:
        return
    raise Refused(
        f"This release cannot serve beside the one in {review.environment}.",
        why="\n".join(review.conflicts),
        next_step="Do it in two releases, as said above: first expand, then contract "
        "(docs/releases.md).",
    )


def _refuse_pins(published: Published) -> None:
    """Refuse a release over functions that were moved by hand."""
    review = published.review
    if not review.pins:
        return
    raise Refused(
        f"Functions are pinned in {review.environment}: {'; '.join(review.pins)}.",
        why="CodeDeploy refuses an alias that is not where the stack left it, and if it "
        "did not, the deployment would silently undo what somebody did on purpose.",
        next_step=f"./rollback.py {review.environment} --reconcile, then "
        "./deploy_pipeline.py retry.",
    )


def _candidate(artifact: Path, environment: str, execution: str) -> Candidate:
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
    folder.mkdir(parents=True, exist_ok=True)
    review = published.review
    data = json.dumps(as_data(review), indent=1, ensure_ascii=False)
    (folder / "report.json").write_text(f"{data}\n", encoding="utf-8")
    (folder / "report.txt").write_text(as_text(review), encoding="utf-8")
    (folder / "summary.txt").write_text(summary_of(review), encoding="utf-8")
    (folder / "link.txt").write_text(published.link, encoding="utf-8")


def _print(published: Published, settings: Settings) -> None:
    if settings.as_json:
        print_result(as_data(published.review) | {"link": published.link})
        return
    echo(as_text(published.review).rstrip("\n"))
    echo(f"\nStored at {published.link}", err=True)
