"""``rehearse``: the plane's commands, and the report of two releases."""

from __future__ import annotations

import json

import pytest
from delivery_fakes import make_execution, make_stage, make_state

from delivery.cli.rehearsing import curl_line, report_lines
from delivery.cli.wiring import DEFAULT_PORT, default_plane_settings
from delivery.errors import BadInput
from delivery.flows.rehearse import Phase, Rehearsal
from delivery.flows.release import Release, StageResult
from delivery.model import AliasRoute, Outcome
from delivery.operate.shift import journeys_of
from delivery.operate.status import Failure, status_of

FOUNDATION_OUTPUTS = {
    name: "value"
    for name in (
        "SourceTokenSecretArn",
        "DeliveryKeyArn",
        "ArtifactBucketName",
        "ReleaseBucketName",
        "LogBucketName",
        "PermissionsBoundaryArn",
        "CodeBuildServiceRoleArn",
        "CodePipelineServiceRoleArn",
        "CloudFormationServiceRoleArn",
        "VerificationRoleArn",
        "RecorderRoleArn",
        "ReviewRoleArn",
        "BreakGlassRoleArn",
        "CheckRoleArn",
        "RollbackRoleArn",
    )
}


def test_status_tells_scripts_whether_and_where_it_runs(run, world) -> None:
    data = json.loads(run("rehearse", "status", "--output", "json").stdout)
    assert data == {"running": False, "endpoint_url": None}
    world.plane.up = True
    data = json.loads(run("rehearse", "--output", "json", "status").stdout)
    assert data["running"] is True
    assert data["endpoint_url"] == "http://127.0.0.1:4720"


def test_status_as_text(run, world) -> None:
    assert "does not run" in run("rehearse", "status").stdout
    world.plane.up = True
    assert "http://127.0.0.1:4720" in run("rehearse", "status").stdout


def test_start_starts_once(run, world) -> None:
    assert "The plane runs at" in run("rehearse", "start").stdout
    assert "already runs" in run("rehearse", "start").stdout
    data = json.loads(run("rehearse", "start", "--output=json").stdout)
    assert data["running"] is True


def test_stop_says_what_it_discards(run, world, tmp_path) -> None:
    world.plane.up = True
    (tmp_path / "plane").mkdir()
    result = run("rehearse", "stop")
    assert "Discarded: its stacks" in result.stdout
    assert "Kept: logs" in result.stdout
    assert "does not run" in run("rehearse", "stop").stdout
    assert json.loads(run("rehearse", "stop", "--output=json").stdout) == {
        "stopped": False,
        "running": False,
    }


def test_a_dry_stop_stops_nothing(run, world) -> None:
    world.plane.up = True
    assert "would be stopped" in run("rehearse", "stop", "--dry-run").stdout
    assert world.plane.up


def test_reset_asks_before_it_removes(run, world, terminal, tmp_path) -> None:
    world.plane.up = True
    (tmp_path / "plane").mkdir()
    assert run("rehearse", "reset", stdin="n\n").exit_code == 3
    assert world.plane.up
    assert "is removed" in run("rehearse", "reset", stdin="y\n").stdout
    assert not world.plane.up


def test_reset_for_scripts(run, world) -> None:
    assert "would be stopped" in run("rehearse", "reset", "--dry-run").stdout
    data = json.loads(run("rehearse", "reset", "--yes", "--output=json").stdout)
    assert data == {"reset": True, "running": False}


def test_options_and_environment_say_where_the_plane_lives(
    world, monkeypatch, tmp_path
) -> None:
    assert default_plane_settings().port == DEFAULT_PORT
    monkeypatch.setenv("REHEARSAL_PORT", "4601")
    assert default_plane_settings().port == 4601
    monkeypatch.setenv("REHEARSAL_PORT", "many")
    with pytest.raises(BadInput, match="REHEARSAL_PORT"):
        default_plane_settings()


def test_a_dry_run_rehearses_nothing(run, world) -> None:
    result = run("rehearse", "run", "--dry-run", "--port", "4602")
    assert "port 4602" in result.stdout
    assert not world.plane.up


def _release(outcome: str = "passed", *failures: Failure) -> Release:
    state = make_state(make_stage("Source", "Succeeded"))
    from dataclasses import replace

    status = replace(status_of(state, make_execution(), {}), failures=failures)
    stages = (StageResult("Source", Outcome("passed"), 1.25),)
    return Release("execution-1", "c0ffee0123", Outcome(outcome), stages, status)


ROUTES = [
    AliasRoute("analyze", "live", "1"),
    AliasRoute("analyze", "live", "1", {"2": 0.1}),
    AliasRoute("analyze", "live", "2"),
]


def _rehearsal(**more) -> Rehearsal:
    known = {
        "endpoint_url": "http://127.0.0.1:4599",
        "phases": (Phase("Start the plane", 1.0),),
        "releases": (_release(), _release()),
        "journeys": tuple(journeys_of(ROUTES)),
        "production": {"ApiUrl": "https://abc.execute-api.us-east-1.amazonaws.com/p"},
    }
    return Rehearsal(**{**known, **more})


def test_the_report_holds_all_that_was_seen() -> None:
    missing = ({"resource": "Trail", "type": "AWS::X", "reason": "no records"},)
    refused = {
        "role": "arn:aws:iam::1:role/pipeline",
        "action": "sns:Publish",
        "resource": "arn:aws:sns:topic",
        "reason": "because no identity-based policy allows the sns:Publish action",
    }
    whole = _rehearsal(not_rehearsed=missing, not_allowed=(refused,))
    text = "\n".join(report_lines(whole))
    assert "  pipeline: sns:Publish on arn:aws:sns:topic, because no identity" in text
    assert "Release 2: passed, commit c0ffee01" in text
    assert "analyze:live  1 → 1 +2@10% → 2" in text
    assert "Trail (AWS::X): no records" in text
    assert "curl --aws-sigv4" in text
    assert "Try next:" in text
    assert text.endswith("The rehearsal passed.")


def test_a_failed_rehearsal_shows_why() -> None:
    failure = Failure("Build", "Build", "phase BUILD: test a failed")
    rehearsal = _rehearsal(
        releases=(_release("failed", failure),), journeys=(), production={}
    )
    text = "\n".join(report_lines(rehearsal))
    assert "phase BUILD: test a failed" in text
    assert "none seen" in text
    assert "curl" not in text
    assert text.endswith("The rehearsal failed.")


def test_the_request_keeps_the_apis_host_and_goes_to_the_plane() -> None:
    line = curl_line(
        "https://abc.execute-api.us-east-1.amazonaws.com/production",
        "http://127.0.0.1:4599",
    )
    host = "abc.execute-api.us-east-1.amazonaws.com"
    assert f"--connect-to {host}:80:127.0.0.1:4599" in line
    assert line.endswith(f"http://{host}/production/health")


def _rehearse(run, world, monkeypatch, outcome: str, *words: str):
    releases = (_release(outcome), _release(outcome))

    class Rehearser:
        def run(self, tree):
            return _rehearsal(releases=releases)

    monkeypatch.setattr(
        "delivery.cli.rehearsing.make_rehearser", lambda *asked: Rehearser()
    )
    return run("rehearse", "run", *words)


def test_run_exits_zero_only_when_all_of_it_held(run, world, monkeypatch) -> None:
    assert _rehearse(run, world, monkeypatch, "passed").exit_code == 0
    assert _rehearse(run, world, monkeypatch, "failed").exit_code == 1


def test_run_as_json_ends_with_outcome_and_releases(run, world, monkeypatch) -> None:
    result = _rehearse(run, world, monkeypatch, "passed", "--output", "json")
    data = json.loads(result.stdout)
    assert list(data)[-2:] == ["outcome", "releases"]
    assert data["outcome"] == "passed"
    assert data["releases"][0]["stages"] == [
        {"name": "Source", "outcome": "passed", "seconds": 1.2}
    ]


def test_run_is_always_local_and_asks_nothing(run, world, monkeypatch) -> None:
    _rehearse(run, world, monkeypatch, "passed")
    assert world.settings[-1].local
    assert world.settings[-1].yes


def test_the_rehearsal_is_composed_from_the_tools_and_remembered(world) -> None:
    from delivery.cli import rehearsing
    from delivery.cli.options import Settings
    from delivery.deploy.memory import remembered_answers
    from delivery.flows.rehearse import dummy_token, rehearsal_answers

    world.stacks.outputs = FOUNDATION_OUTPUTS
    tools = rehearsing.Tools(Settings(local=True, yes=True), brief=True)
    rehearser = rehearsing.make_rehearser(tools)
    assert rehearser.push("main").branch == "main"
    tree = world.repository.work_tree()
    answers, token = rehearsal_answers(tree, "main"), dummy_token()
    assert rehearser.deploy(answers, token).changed
    assert len(world.plane.pushes) == 1
    assert remembered_answers(world.config_file.data, local=True)["branch"] == "main"
    assert token.reveal() not in str(world.config_file.data)


def test_places_of_other_accounts_are_left_out_and_said_to_be(world, tmp_path) -> None:
    from delivery.cli import rehearsing
    from delivery.cli.options import Settings
    from delivery.flows.rehearse import dummy_token, rehearsal_answers
    from delivery.names import PIPELINE_STACK

    path = tmp_path / "accounts.yaml"
    path.write_text(
        "version: 1\n"
        'project: {account: "444455556666"}\n'
        "compliance: {allowed_regions: [us-east-1, us-west-2]}\n"
        "pipeline: {promotes_to: [us-west-2, 210987654321/us-west-2]}\n"
        "environments: {development: {}, staging: {}, production: {}}\n",
        encoding="utf-8",
    )
    world.stacks.outputs = FOUNDATION_OUTPUTS
    settings = Settings(local=True, yes=True, config_path=path)
    rehearser = rehearsing.make_rehearser(rehearsing.Tools(settings, brief=True))

    assert [each.region for each in rehearser.places] == ["us-west-2"]
    (left_out,) = rehearser.left_out
    assert left_out["resource"] == "210987654321/us-west-2"
    assert (
        "AWS_ACCESS_KEY_ID=210987654321 ./deploy_pipeline.py --local deploy --region "
        "us-west-2"
    ) in left_out["reason"]

    tree = world.repository.work_tree()
    rehearser.deploy(rehearsal_answers(tree, "main"), dummy_token())
    (request,) = [r for r in world.stacks.requests if r.name == PIPELINE_STACK]
    # The account of the plane stands for the home's.
    assert request.parameters["ReceiverRoleArns"] == (
        "arn:aws:iam::123456789012:role/medical-record-analysis-receiver-us-west-2"
    )
