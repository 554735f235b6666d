"""``status``, ``start``, ``approve`` and ``reject``."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from delivery_fakes import (
    START,
    failed_build,
    make_action,
    make_execution,
    make_stack,
    make_stage,
    make_state,
    waiting_stage,
)

from awsrules.statuses import BuildStatus
from delivery.errors import NotPermitted
from delivery.model import BuildPhase


@pytest.fixture
def waiting(world):
    world.pipelines.runs = [make_execution()]
    world.pipelines.states = [
        make_state(
            make_stage("Source", "Succeeded", make_action("GitHub")), waiting_stage()
        )
    ]
    return world


def _failed(world) -> None:
    action = make_action(
        "Build",
        "Failed",
        provider="CodeBuild",
        external_id="B:1",
        started_at=START,
        changed_at=START + timedelta(seconds=7),
    )
    world.pipelines.runs = [make_execution(status="Failed")]
    world.pipelines.states = [make_state(make_stage("Build", "Failed", action))]
    world.pipelines.history = {"execution-1": {"Build": (action,)}}
    world.builds.builds["B:1"] = failed_build(BuildPhase("BUILD", BuildStatus.FAILED))
    world.builds.log = ["FAILED tests/a.py::test_b - no", "a.yaml:3: E1 wrong"]


def test_status_shows_stages_actions_and_what_to_type(run, waiting) -> None:
    result = run("status")
    assert result.exit_code == 0
    assert "✓ Source" in result.stdout
    assert "▸ ApproveStaging" in result.stdout
    assert "./deploy_pipeline.py approve ApproveStaging" in result.stdout
    assert "c0ffee01: Mend it" in result.stdout


def test_status_as_json_has_names_and_statuses(run, waiting) -> None:
    data = json.loads(run("status", "--output", "json").stdout)
    assert [(each["name"], each["status"]) for each in data["stages"]] == [
        ("Source", "Succeeded"),
        ("ApproveStaging", "InProgress"),
    ]
    assert data["execution"] == "execution-1"
    assert data["approvals"][0]["stage"] == "ApproveStaging"


def test_status_of_a_failed_build_names_the_test(run, world) -> None:
    _failed(world)
    text = run("status").stdout
    assert "Build/Build failed." in text
    assert "test tests/a.py::test_b" in text
    assert "a.yaml:3: E1 wrong" in text
    assert "7 s" in text


def test_status_without_an_execution_says_so(run, world) -> None:
    world.pipelines.states = [make_state(make_stage("Source"))]
    assert "no execution yet" in run("status").stdout


def test_status_without_a_pipeline_is_bad_input(run, world) -> None:
    result = run("status")
    assert result.exit_code == 2
    assert "creates it" in result.stderr


def test_a_closed_door_is_shown(run, world) -> None:
    from dataclasses import replace

    stage = replace(
        make_stage("DeployProduction"), inbound_enabled=False, inbound_reason="frozen"
    )
    world.pipelines.states = [make_state(stage)]
    assert "(closed: frozen)" in run("status").stdout


@pytest.mark.parametrize(("status", "code"), [("Succeeded", 0), ("Failed", 1)])
def test_watching_ends_with_the_execution_and_its_exit_code(
    run, world, status, code
) -> None:
    identifier = "e" * 36
    world.pipelines.states = [make_state(waiting_stage(execution=identifier))]
    running, ended = make_execution(identifier), make_execution(identifier, status)
    world.pipelines.runs = [running]
    world.pipelines.execution = lambda pipeline, execution_id: (
        ended if world.clock.seconds > 9 else running
    )
    result = run("status", "--watch")
    assert result.exit_code == code
    assert "waits for a decision" in result.stderr
    assert status in result.stdout


def test_start_prints_the_execution(run, waiting) -> None:
    result = run("start")
    assert "execution-9 has started" in result.stdout
    assert waiting.pipelines.started[0].startswith("start-")


def test_start_as_json(run, waiting) -> None:
    assert (
        json.loads(run("start", "--output=json").stdout)["execution"] == "execution-9"
    )


def test_start_without_a_pipeline_is_bad_input(run, world) -> None:
    assert run("start").exit_code == 2


def test_a_dry_start_starts_nothing(run, waiting) -> None:
    assert "would be started" in run("start", "--dry-run").stdout
    assert waiting.pipelines.started == []


def test_on_the_plane_newer_commits_are_pushed_which_starts_it(run, waiting) -> None:
    waiting.plane.started = ("execution-7",)
    assert "execution-7 has started" in run("start", "--local").stdout
    assert waiting.pipelines.started == []


def test_on_the_plane_without_newer_commits_it_is_started(run, waiting) -> None:
    waiting.plane.pushes = [("/repo", "main")]
    assert "execution-9 has started" in run("start", "--local").stdout


def test_approve_records_the_comment(run, waiting) -> None:
    result = run("approve", "ApproveStaging", "--comment", "smoke tests read")
    assert result.exit_code == 0, result.stderr
    assert waiting.pipelines.decisions == [
        ("ApproveStaging", "token-execution-1", True, "smoke tests read")
    ]
    assert "approved: smoke tests read" in result.stdout
    assert "token-execution-1" not in result.stdout + result.stderr


def test_reject_records_the_comment(run, waiting) -> None:
    result = run("reject", "ApproveStaging", "--comment", "dosage", "--output=json")
    assert json.loads(result.stdout) == {
        "stage": "ApproveStaging",
        "execution": "execution-1",
        "decision": "rejected",
        "comment": "dosage",
    }
    assert waiting.pipelines.decisions[0][2] is False


def test_without_a_comment_who_decided_is_recorded(run, waiting, monkeypatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    run("approve", "ApproveStaging")
    assert waiting.pipelines.decisions[0][3] == "approved by ann"


def test_the_approvals_own_words_and_link_are_shown(run, waiting) -> None:
    settings = {"CustomData": "two topics more", "ExternalEntityLink": "https://r"}
    action = make_action("Approve", "InProgress", configuration=settings)
    waiting.pipelines.history = {"execution-1": {"ApproveStaging": (action,)}}
    text = run("approve", "ApproveStaging", "--dry-run").stderr
    assert "two topics more" in text
    assert "https://r" in text


def test_a_commit_that_is_not_known_is_said_to_be(run, waiting) -> None:
    waiting.pipelines.runs = [make_execution(commit="", commit_summary="")]
    assert "Commit not known" in run("approve", "ApproveStaging", "--dry-run").stderr


def test_a_terminal_shows_what_waits_and_asks(run, waiting, terminal) -> None:
    result = run("approve", "ApproveStaging", stdin="looks good\ny\n")
    assert result.exit_code == 0, result.stderr
    assert "Commit c0ffee01: Mend it" in result.stderr
    assert waiting.pipelines.decisions[0][3] == "looks good"


def test_no_decides_nothing(run, waiting, terminal) -> None:
    result = run("approve", "ApproveStaging", "--comment=x", stdin="n\n")
    assert result.exit_code == 3
    assert waiting.pipelines.decisions == []


def test_naming_the_execution_is_confirmation_enough(run, waiting, terminal) -> None:
    run("approve", "ApproveStaging", "--comment=x", "--execution=execution-1")
    assert len(waiting.pipelines.decisions) == 1


def test_another_execution_is_not_decided_about(run, waiting) -> None:
    result = run("approve", "ApproveStaging", "--execution=execution-0", "--wait=0")
    assert result.exit_code == 3
    assert waiting.pipelines.decisions == []


def test_nothing_to_approve_says_so_after_a_while(run, world) -> None:
    world.pipelines.states = [make_state(make_stage("ApproveStaging"))]
    result = run("approve", "ApproveStaging", "--wait", "10")
    assert result.exit_code == 3
    assert "Nothing awaits approval" in result.stderr
    assert world.clock.seconds >= 10


def test_a_dry_approval_decides_nothing(run, waiting) -> None:
    result = run("approve", "ApproveStaging", "--dry-run")
    assert "would be approved" in result.stdout
    assert waiting.pipelines.decisions == []


def test_an_unknown_stage_is_bad_input(run, waiting) -> None:
    assert run("approve", "Staging").exit_code == 2


def test_what_the_review_found_is_shown_before_the_decision(run, waiting) -> None:
    text = b"What release a..b would change\n+ Topic\n"
    waiting.release_store.put("reviews/execution-1/staging.txt", text)
    result = run("approve", "ApproveStaging", "--dry-run")
    assert "  What release a..b would change" in result.stderr
    assert "  + Topic" in result.stderr


def test_an_unreadable_review_does_not_hold_a_decision_back(
    run, waiting, monkeypatch
) -> None:
    def denied(prefix):
        raise NotPermitted("The tool could not list reviews.")

    monkeypatch.setattr(waiting.release_store, "keys", denied)
    result = run("approve", "ApproveStaging", "--comment=x")
    assert result.exit_code == 0
    assert "The review could not be read" in result.stderr


def test_status_warns_of_who_is_not_notified(run, waiting) -> None:
    topic = {"NoticesTopicArn": "arn:topic"}
    name = "medical-record-analysis-pipeline"
    waiting.stacks.stacks[name] = make_stack(name, outputs=topic)
    waiting.subscriptions.addresses = ["ann@example.org"]
    assert "Warning: ann@example.org has not confirmed" in run("status").stdout
    data = json.loads(run("status", "--output=json").stdout)
    assert "ann@example.org" in data["warnings"][0]


def test_subscriptions_that_cannot_be_read_are_a_warning(
    run, waiting, monkeypatch
) -> None:
    def denied(name):
        raise NotPermitted("The tool could not read stack x.")

    monkeypatch.setattr(waiting.stacks, "find", denied)
    result = run("status")
    assert result.exit_code == 0
    assert "could not be checked" in result.stdout


def test_on_a_terminal_the_status_is_redrawn(run, world, monkeypatch, capsys) -> None:
    from delivery.cli import showing
    from delivery.operate.status import status_of

    statuses = [
        status_of(make_state(make_stage("Source", each)), make_execution(), {})
        for each in ("InProgress", "Succeeded")
    ]
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert showing._follow(iter(statuses), lambda: START) is statuses[-1]


def test_what_runs_took_the_time_until_now(run, world) -> None:
    running = make_action("Shift", "InProgress", started_at=START)
    world.pipelines.states = [make_state(make_stage("Deploy", "InProgress", running))]
    world.pipelines.runs = [make_execution()]
    world.pipelines.history = {"execution-1": {"Deploy": (running,)}}
    world.clock.seconds = 95
    assert "Shift                  InProgress       95 s" in run("status").stdout


def test_a_diagnosis_begins_with_the_cause(run, world) -> None:
    _failed(world)
    result = run("diagnose")
    assert result.exit_code == 0
    first = result.stdout.splitlines()[0]
    assert first == "Build/Build: phase BUILD: test tests/a.py::test_b failed"
    assert "Next:" in result.stdout


def test_a_diagnosis_as_json_has_the_failures_of_status(run, world) -> None:
    _failed(world)
    data = json.loads(run("diagnose", "--output", "json").stdout)
    assert data["status"] == "Failed"
    assert data["failures"][0]["tests"] == ["tests/a.py::test_b"]


def test_nothing_failed_is_said(run, waiting) -> None:
    assert "No action of execution execution-1 failed" in run("diagnose").stdout


def test_a_denied_call_long_before_the_end_is_not_the_cause(run, world) -> None:
    _failed(world)
    denied = "(AccessDenied) when calling the GetObject operation"
    world.builds.log = [denied, *(["ok"] * 50)]
    assert "GetObject" not in run("diagnose").stdout.splitlines()[0]


def test_a_place_that_is_promoted_to_is_not_started_by_hand(run, world) -> None:
    source = make_action("Promotion", category="Source")
    world.pipelines.states = [make_state(make_stage("Source", "Succeeded", source))]
    result = run("start")
    assert result.exit_code == 3
    assert "is started by another place" in result.stderr
    assert "retry" in result.stderr
