"""``review`` as it is typed: by the pipeline, and by who wants to read a report."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from delivery_fakes import FakePipelines, make_execution
from release_fakes import FakeReleaseStore

from delivery.cli import review as command
from delivery.cli import reviewing
from delivery.cli.options import Settings
from delivery.errors import BadInput, Refused
from delivery.flows.review import Published
from delivery.review.report import Finding, Review, Revision

LINK = "https://console/reviews/1/staging.txt"
REVIEW = Review(
    environment="staging",
    stack="medical-record-analysis-lambda-staging",
    creates=False,
    execution="execution-1",
    made_at=datetime(2026, 11, 23, tzinfo=UTC),
    revision=Revision("c0ffee0123456789", "Mend it"),
    finding=Finding.NO_CHANGES,
)


@pytest.fixture
def artifact(tmp_path):
    (tmp_path / "packaged.yaml").write_text("Resources: {}\n")
    configuration = {"Parameters": {"Stage": "x", "Bucket": "a"}, "Tags": {"t": "r"}}
    (tmp_path / "template-configuration.staging.json").write_text(
        json.dumps(configuration)
    )
    return tmp_path


@pytest.fixture
def run(artifact, monkeypatch):
    seen: list = []

    class FakeReviewer:
        def review(self, candidate):
            seen.append(candidate)
            found = replace(REVIEW, conflicts=invoke.conflicts, pins=invoke.pins)
            return Published(found, LINK)

    store = FakeReleaseStore()
    tools = SimpleNamespace(
        reviewer=lambda execution: FakeReviewer(),
        release_store=store,
        pipelines=FakePipelines(runs=[make_execution("new"), make_execution("old")]),
    )
    monkeypatch.setattr(reviewing, "Tools", lambda settings: tools)
    # The build that runs these tests is inside an execution of its own.
    for name in ("PIPELINE_EXECUTION_ID", "PARAMETER_OVERRIDES"):
        monkeypatch.delenv(name, raising=False)

    def invoke(*args: str, env=None):
        given = ["staging", "--artifact", str(artifact), *args]
        return CliRunner().invoke(
            command.review, given, obj=Settings(), env=env, standalone_mode=False
        )

    invoke.seen, invoke.store, invoke.conflicts = seen, store, ()
    invoke.pins = ()
    return invoke


def test_the_pipelines_variables_say_what_is_reviewed(run) -> None:
    env = {
        "PIPELINE_EXECUTION_ID": "execution-1",
        "PARAMETER_OVERRIDES": '{"Bucket": "b"}',
    }
    result = run(env=env)
    assert "no changes to the stack" in result.output
    (candidate,) = run.seen
    assert candidate.execution == "execution-1"
    assert candidate.parameters == {"Stage": "x", "Bucket": "b"}
    assert candidate.tags == {"t": "r"}


def test_what_the_build_exports_is_written_to_files(run, tmp_path) -> None:
    folder = tmp_path / "review"
    run("--execution", "execution-1", "--write-to", str(folder))
    summary = (folder / "summary.txt").read_text()
    assert summary == "staging: c0ffee01 Mend it | no changes to the stack"
    assert (folder / "link.txt").read_text() == LINK
    assert json.loads((folder / "report.json").read_text())["finding"] == "no_changes"
    assert "Commits" in (folder / "report.txt").read_text()


def test_a_release_that_cannot_coexist_is_refused_after_its_report(
    run, tmp_path
) -> None:
    run.conflicts = ("variable Worker.TABLE: it is needed.",)
    result = run("--execution", "e1", "--write-to", str(tmp_path / "out"))
    assert isinstance(result.exception, Refused)
    assert result.exception.exit_code == 3
    assert "Worker.TABLE" in result.exception.why
    assert "Worker.TABLE" in (tmp_path / "out" / "report.txt").read_text()


def test_a_release_over_a_function_that_was_moved_by_hand_is_refused(
    run, tmp_path
) -> None:
    run.pins = ("mra-analyze serves version 7 (slow)",)
    result = run("--execution", "e1", "--write-to", str(tmp_path / "out"))
    assert isinstance(result.exception, Refused)
    assert "./rollback.py staging --reconcile" in result.exception.next_step
    report = (tmp_path / "out" / "report.txt").read_text()
    assert "mra-analyze serves version 7 (slow)" in report
    assert "REFUSED: pinned" in (tmp_path / "out" / "summary.txt").read_text()


def test_the_report_as_json_has_its_link(run) -> None:
    result = run("--execution", "execution-1", "--output", "json")
    assert json.loads(result.output)["link"] == LINK


def test_an_execution_must_be_named(run) -> None:
    error = run().exception
    assert isinstance(error, BadInput) and "--execution ID" in error.next_step


def test_a_missing_artifact_is_bad_input(run, artifact) -> None:
    (artifact / "packaged.yaml").unlink()
    assert isinstance(run("--execution", "execution-1").exception, BadInput)


def test_the_newest_stored_report_is_shown(run) -> None:
    run.store.put("reviews/old/staging.txt", b"What release a..b would change\n")
    assert run("--show").output == "What release a..b would change\n"


def test_the_stored_report_of_one_execution_is_shown(run) -> None:
    run.store.put("reviews/old/staging.txt", b"old\n")
    run.store.put("reviews/new/staging.txt", b"new\n")
    assert run("--show", "--execution", "old").output == "old\n"
    assert run("--show").output == "new\n"


@pytest.mark.parametrize("more", [(), ("--execution", "old")])
def test_a_report_that_was_never_made_is_said(run, more) -> None:
    assert isinstance(run("--show", *more).exception, BadInput)


def test_what_was_reviewed_before_is_reviewed_again_without_an_artifact(
    run, artifact
) -> None:
    run.store.put(
        "reviews/execution-1/staging.configuration.json",
        b'{"Parameters": {"Stage": "y"}, "Tags": {}}',
    )
    run.store.put("reviews/execution-1/packaged.yaml", b"Resources: {}")
    (artifact / "packaged.yaml").unlink()
    run("--again", "--execution", "execution-1")
    (candidate,) = run.seen
    assert candidate.parameters == {"Stage": "y"}
    assert candidate.template == b"Resources: {}"


def test_what_was_never_reviewed_cannot_be_again(run) -> None:
    error = run("--again", "--execution", "execution-1").exception
    assert isinstance(error, BadInput) and "was not reviewed" in error.what
