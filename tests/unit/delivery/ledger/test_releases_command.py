"""``releases``: list, verify and record as they are typed."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from delivery_fakes import FakeAccount, FakeScreen, FakeStacks, make_stack
from measure_fakes import FakeMetrics
from release_fakes import BUCKET, SCOPE, LedgerBuilder, make_deployed

from delivery.cli import releases as command
from delivery.cli import releasing
from delivery.cli.options import Settings
from delivery.errors import BadInput, Unreachable
from delivery.flows.measure import Measurer
from delivery.flows.record import Recorded
from delivery.flows.releases import ReleaseReader, find_store
from delivery.ledger.events import (
    AliasMove,
    Approval,
    Commit,
    Kind,
    Pinned,
    StoredTemplate,
)
from delivery.ledger.releases import releases_of
from delivery.model import DEPLOYMENTS, Measure

EXECUTION = "execution-1"
MEASURES = (Measure(DEPLOYMENTS, 1.0, {"Environment": "production"}),)


@pytest.fixture
def ledger() -> LedgerBuilder:
    """Return a ledger whose templates are really there."""
    builder = LedgerBuilder()
    for name, version, good in (("one", "7", True), ("two", "8", False)):
        content = name.encode()
        digest = sha256(content).hexdigest()
        key = f"releases/{digest}/packaged.yaml"
        builder.store.objects[key] = [content]
        builder.release(
            name,
            version,
            good=good,
            commit=Commit(f"{name}00000000", None, f"Commit {name}"),
            approval=Approval("arn:aws:iam::123456789012:user/dana"),
            template=StoredTemplate(BUCKET, key, "v1", digest),
        )
    return builder


@pytest.fixture
def run(ledger, monkeypatch):
    """Return what runs ``releases`` with arguments against the ledger."""
    asked: list = []

    metrics, screen = FakeMetrics(), FakeScreen()

    class FakeRecorder:
        def record(self, occasion):
            asked.append(occasion)
            written = tuple(ledger.events[-2:])
            return Recorded(releases_of(ledger.events)[0], written, MEASURES)

    tools = SimpleNamespace(
        release_reader=lambda: ReleaseReader(FakeAccount(), SCOPE.region, ledger.store),
        recorder=lambda: FakeRecorder(),
        measurer=lambda: Measurer(metrics, screen),
    )
    monkeypatch.setattr(releasing, "Tools", lambda settings: tools)

    def invoke(*args: str, env=None):
        return CliRunner().invoke(
            command.releases, list(args), obj=Settings(), env=env, standalone_mode=False
        )

    invoke.asked, invoke.metrics, invoke.screen = asked, metrics, screen
    return invoke


def test_releases_are_listed_newest_first_with_what_became_of_them(run) -> None:
    lines = run("production").output.splitlines()
    assert lines[0] == "production"
    assert lines[2].split()[:4] == ["2", "two00000", "Commit", "two"]
    assert "failed" in lines[2] and lines[2].endswith("live")
    assert "verified" in lines[3] and lines[3].endswith("last known good")


def test_without_an_environment_all_are_listed(run) -> None:
    output = run().output
    assert "development: nothing was released yet." in output
    assert "staging: nothing was released yet." in output
    assert "production\nRELEASE" in output


def test_the_limit_applies_to_each_environment(run) -> None:
    assert "one00000" not in run("--limit", "1", "production").output


def test_the_list_as_json_holds_all_that_was_recorded(run) -> None:
    (found,) = json.loads(run("production", "--output", "json").output)["environments"]
    assert (found["live"], found["last_known_good"]) == (2, 1)
    newest = found["releases"][0]
    assert newest["state"] == "failed"
    assert newest["reason"] == "Failed: x."
    assert newest["functions"]["mra-analyze"]["version"] == "8"
    assert newest["template"]["bucket"] == BUCKET


def test_an_open_pin_is_shown(run, ledger) -> None:
    move = AliasMove("live", "8", "7")
    ledger.add(Pinned("mra-analyze", move, "8", "errors since noon"))
    assert "Pinned: mra-analyze serves 7, not 8: errors since noon" in (
        run("production").output
    )
    data = json.loads(run("production", "--output", "json").output)
    assert data["environments"][0]["pins"][0]["function"] == "mra-analyze"


def test_a_whole_ledger_verifies_with_exit_code_0(run) -> None:
    result = run("verify", "production")
    assert result.return_value == 0
    assert result.output == (
        "production: 6 events, 2 releases; the chain is whole and every template is "
        "there.\n"
    )


def test_a_broken_chain_verifies_with_exit_code_1(run, ledger) -> None:
    key = SCOPE.key(3)
    ledger.store.objects[key] = [ledger.store.objects[key][-1] + b" "]
    result = run("verify")
    assert result.return_value == 1
    assert "production: 6 events, 2 releases; 1 problem:" in result.output
    assert SCOPE.key(4) in result.output


def test_an_unreadable_event_is_a_problem_and_not_a_crash(run, ledger) -> None:
    ledger.store.objects[SCOPE.key(3)] = [b"{"]
    assert run("verify", "production").return_value == 1


def test_a_missing_template_is_a_problem(run, ledger) -> None:
    key = ledger.events[0].fact.template.key
    del ledger.store.objects[key]
    result = run("verify", "production", "--output", "json")
    assert result.return_value == 1
    data = json.loads(result.output)
    assert data["whole"] is False
    (problem,) = data["environments"][0]["problems"]
    assert problem == {"key": SCOPE.key(1), "problem": f"its template {key} is gone"}


def test_a_changed_template_is_a_problem(run, ledger) -> None:
    ledger.store.objects[ledger.events[0].fact.template.key] = [b"changed"]
    assert "was changed" in run("verify", "production").output


def write_manifest(folder: Path, digest: str) -> None:
    manifest = {"build_id": "Build:1", "template": {"sha256": digest}}
    (folder / "deployment_manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def artifact(tmp_path):
    (tmp_path / "packaged.yaml").write_text("Resources: {}\n")
    write_manifest(tmp_path, sha256(b"Resources: {}\n").hexdigest())
    return tmp_path


def record(run, artifact, *more: str, outcome: str = "verified"):
    return run(
        "record",
        "production",
        "--outcome",
        outcome,
        "--artifact",
        str(artifact),
        *more,
        env={"PIPELINE_EXECUTION_ID": EXECUTION},
    )


def test_what_was_recorded_is_said(run, artifact) -> None:
    result = record(run, artifact)
    assert result.output == (
        "Recorded traffic_complete, failed for release 2 in production.\n"
    )
    (occasion,) = run.asked
    assert (occasion.execution, occasion.outcome) == (EXECUTION, Kind.VERIFIED)
    assert (occasion.template, occasion.build_id) == (b"Resources: {}\n", "Build:1")


def test_what_a_release_tells_is_measured_after_it_was_recorded(run, artifact) -> None:
    record(run, artifact)
    assert tuple(run.metrics.kept) == MEASURES
    assert run.screen.lines == []


def test_a_measure_that_is_lost_is_said_and_fails_no_record(run, artifact) -> None:
    run.metrics.refuses = Unreachable("No.", why="Throttling: Rate exceeded.")
    result = record(run, artifact)
    assert result.exception is None
    assert result.output.startswith("Recorded ")
    assert "lacks Deployments of this run: Throttling" in run.screen.text


def test_what_was_recorded_as_json_names_the_objects(run, artifact) -> None:
    data = json.loads(record(run, artifact, "--output", "json").output)
    assert [each["key"] for each in data["written"]] == [SCOPE.key(5), SCOPE.key(6)]
    assert data["release"] == 2


def test_the_reason_of_a_failure_is_read_from_the_tests_report(run, artifact) -> None:
    report = artifact / "verify.xml"
    report.write_text("<a><testcase name='test_x'><failure/></testcase></a>")
    record(run, artifact, "--junit", str(report), outcome="failed")
    assert run.asked[0].reason == "Failed: test_x."


def test_without_a_report_no_reason_is_given(run, artifact) -> None:
    record(run, artifact, "--junit", str(artifact / "none.xml"), outcome="failed")
    assert run.asked[0].reason == ""


def test_a_missing_artifact_is_bad_input(run, artifact) -> None:
    (artifact / "packaged.yaml").unlink()
    error = record(run, artifact).exception
    assert isinstance(error, BadInput) and "packaged.yaml is not there" in error.what


@pytest.mark.parametrize("text", ["{", "[]", '{"build_id": "Build:1"}'])
def test_a_broken_manifest_is_bad_input(run, artifact, text) -> None:
    (artifact / "deployment_manifest.json").write_text(text)
    assert isinstance(record(run, artifact).exception, BadInput)


def test_a_template_of_another_build_is_bad_input(run, artifact) -> None:
    write_manifest(artifact, sha256(b"Other: {}\n").hexdigest())
    error = record(run, artifact).exception
    assert isinstance(error, BadInput) and "is not the template" in error.what
    assert run.asked == []


def test_nothing_new_is_said_too() -> None:
    builder = LedgerBuilder()
    builder.add(make_deployed())
    text = releasing._recorded_text(Recorded(releases_of(builder.events)[0], ()))
    assert text == "Nothing to record: release 1 in production is deployed already."


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], ["list"]),
        (["production"], ["list", "production"]),
        (["--local", "production"], ["--local", "list", "production"]),
        (["--output", "json"], ["--output", "json", "list"]),
        (["--output=json", "staging"], ["--output=json", "list", "staging"]),
        (["--limit", "3"], ["list", "--limit", "3"]),
        (["verify"], ["verify"]),
        (["--local", "verify"], ["--local", "verify"]),
        (["--help"], ["--help"]),
    ],
)
def test_the_list_is_what_no_other_command_is(given, expected) -> None:
    assert command.with_list(given, commands={"list", "verify", "record"}) == expected


def test_the_release_store_is_named_by_the_foundation() -> None:
    name = "medical-record-analysis-foundation"
    stacks = FakeStacks(
        {name: make_stack(name, outputs={"ReleaseBucketName": "bucket"})}
    )
    assert find_store(stacks) == "bucket"


@pytest.mark.parametrize("outputs", [None, {}])
def test_without_a_foundation_there_is_no_release_store(outputs) -> None:
    name = "medical-record-analysis-foundation"
    found = {} if outputs is None else {name: make_stack(name, outputs=outputs)}
    with pytest.raises(BadInput, match="There is no release store here"):
        find_store(FakeStacks(found))
