"""A commit taken to production step by step, each command as a user types it.

The tests tell one story in order: deploy, approve, reject, a build that fails.
"""

from __future__ import annotations

import errno
import json
import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest
from own_plane import call_control

pytestmark = pytest.mark.plane

TOKEN = "ghp_SyntheticTokenThatMustNeverLeak0123456789"
STAGES = [
    "Source",
    "Build",
    "DeployDevelopment",
    "ApproveStaging",
    "DeployStaging",
    "ApproveProduction",
    "DeployProduction",
]


def test_the_first_deployment_prints_outputs_and_the_running_execution(
    project, deployed
) -> None:
    assert "MedicalRecordAnalysisPipeline" in deployed.stdout
    assert "(already running)" in deployed.stdout
    assert "Next: ./deploy_pipeline.py --local status --watch" in deployed.stdout
    assert "CREATE_COMPLETE" in deployed.stderr
    assert (project.folder / "pipeline_config.json").exists()


def test_the_status_lists_all_stages_in_order(project, deployed) -> None:
    status = project.json("status", "--local")
    assert [each["name"] for each in status["stages"]] == STAGES
    assert status["stages"][-1]["status"] == "NotStarted"


def test_an_approval_waits_for_its_execution_and_records_the_comment(
    project, deployed
) -> None:
    execution = project.json("status", "--local")["execution"]
    approved = project.tool(
        *("approve", "ApproveStaging", "--local", "--wait", "120"),
        *("--execution", execution[:8], "--comment", "smoke tests read"),
    )
    assert approved.returncode == 0, approved.stderr
    assert "approved: smoke tests read" in approved.stdout
    assert "one log group more" in approved.stderr


def test_a_rejection_stops_the_execution_and_its_comment_is_shown(
    project, deployed
) -> None:
    rejected = project.tool(
        *("reject", "ApproveProduction", "--local", "--wait", "120"),
        *("--comment", "dosage is wrong"),
    )
    assert rejected.returncode == 0, rejected.stderr
    watched = project.tool("status", "--watch", "--local")
    assert watched.returncode == 1
    assert "dosage is wrong" in watched.stdout
    stages = {
        each["name"]: each["status"]
        for each in project.json("status", "--local")["stages"]
    }
    assert stages["DeployStaging"] == "Succeeded"
    assert stages["ApproveProduction"] == "Failed"
    assert stages["DeployProduction"] == "NotStarted"


def test_a_report_tells_what_the_pipeline_did_and_what_nobody_recorded(
    project, deployed, tmp_path
) -> None:
    page = tmp_path / "report.html"
    found = project.json("report", "--local", "--html", str(page))
    (execution,) = found["pipeline"]["executions"]
    assert execution["outcome"] == "failed"
    assert found["pipeline"]["approvals"] == 2
    assert found["pipeline"]["most_failed_stages"] == []
    assert found["notes"][0] == "Nothing was released to production yet."
    assert {each["number"] for each in found["dora"]["metrics"]} == {None}
    assert "Executions of the pipeline over time" in page.read_text()


def test_nothing_awaits_approval_then_and_the_tool_says_where_it_stands(
    project, deployed
) -> None:
    done = project.tool("approve", "ApproveProduction", "--local", "--wait", "0")
    assert done.returncode == 3
    assert "Nothing awaits approval" in done.stderr


def test_a_second_deployment_changes_nothing_and_exits_zero(project, deployed) -> None:
    before = _secret_versions(project)
    done = project.tool("deploy", "--local", "--yes")
    assert done.returncode == 0, done.stderr
    assert "No changes" in done.stdout
    assert _secret_versions(project) == before


def test_the_same_token_again_makes_no_new_version(project, deployed) -> None:
    before = _secret_versions(project)
    words = ("deploy", "--local", "--yes", "--token-stdin")
    done = project.tool(*words, stdin=f"{TOKEN}\n")
    assert "No changes" in done.stdout, done.stderr
    assert _secret_versions(project) == before


def test_at_a_terminal_everything_is_asked_and_the_token_is_not_shown(
    project, deployed
) -> None:
    code, text = _at_a_terminal(
        project,
        ["deploy", "--local"],
        {
            "GitHub owner": "",
            "GitHub repository": "",
            "Branch whose pushes": "",
            "How the pipeline reads": "",
            "How far the pipeline": "",
            "GitHub token": TOKEN,
            "Go on?": "y",
        },
    )
    assert code == 0, text
    assert "No changes" in text
    assert "clinic/records" in text
    assert TOKEN not in text


def test_a_commit_that_breaks_a_test_stops_in_build_with_the_tests_name(
    project, deployed
) -> None:
    script = 'echo "FAILED tests/unit/test_a.py::test_b - assert 1 == 2"; exit 1\n'
    project.commit({"build.sh": script}, "Break a test")
    started = project.tool("start", "--local")
    assert started.returncode == 0, started.stderr
    watched = project.tool("status", "--watch", "--local", "--output", "json")
    status = json.loads(watched.stdout)
    assert watched.returncode == 1
    assert status["commit_summary"].startswith("Break a test")
    (failure,) = status["failures"]
    assert failure["stage"] == "Build"
    assert failure["tests"] == ["tests/unit/test_a.py::test_b"]
    assert failure["command"] == "bash build.sh"
    assert status["stages"][2]["status"] == "NotStarted"


def test_the_builds_log_is_shown_and_what_is_missing_is_said(project, deployed) -> None:
    lines = project.tool("logs", "build", "--since", "2d", "--local", "--output=json")
    told = [json.loads(each) for each in lines.stdout.splitlines()]
    assert any("FAILED tests/unit/test_a.py" in each["message"] for each in told)
    assert {each["source"] for each in told} >= {"BuildProject", "VerifyProject"}
    nothing = project.tool("logs", "functions", "--local")
    assert nothing.returncode == 2
    assert "Nothing here that logs" in nothing.stderr


def test_ctrl_c_ends_following_a_log(project, deployed) -> None:
    process = subprocess.Popen(
        [*project.command, "logs", "build", "--follow", "--since=2d", "--local"],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background has it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, said = process.communicate(timeout=20)
    assert process.returncode == 0, said
    assert "Traceback" not in rest + said


def test_a_commit_whose_template_fails_stops_in_development_with_the_cause(
    project, deployed
) -> None:
    template = (project.folder / "packaged.yaml").read_text()
    broken = template.replace("RetentionInDays: 7", "RetentionInDays: 6")
    project.commit({"build.sh": "true\n", "packaged.yaml": broken}, "Break the stack")
    project.tool("start", "--local")
    watched = project.tool("status", "--watch", "--local")
    assert watched.returncode == 1
    assert "DeployDevelopment" in watched.stdout
    assert "AnalyzeLogs" in watched.stdout, watched.stdout


def test_a_detached_head_stands_for_the_branch(project, deployed) -> None:
    project.git("checkout", "--quiet", "--detach")
    project.commit({"build.sh": "exit 3\n"}, "On no branch")
    project.tool("start", "--local")
    watched = project.tool("status", "--watch", "--local", "--output", "json")
    project.git("checkout", "--quiet", "main")
    assert json.loads(watched.stdout)["commit_summary"].startswith("On no branch")
    assert json.loads(watched.stdout)["branch"] == "main"


def test_a_token_whose_source_action_fails_is_taken_back(project, deployed) -> None:
    before = _token_in_use(project)
    fault = {"kind": "action", "target": "GitHub", "settings": {"times": 1}}
    call_control(f"http://127.0.0.1:{project.port}", "POST", "faults", fault)
    words = ("rotate-token", "--token-stdin", "--yes", "--local")
    done = project.tool(*words, stdin=f"{TOKEN}Bad\n")
    call_control(f"http://127.0.0.1:{project.port}", "DELETE", "faults")
    assert done.returncode == 1, done.stderr
    assert "uses the old token again" in done.stderr
    assert _token_in_use(project) == before
    assert json.loads(_secret(project)["SecretString"]) == {"token": TOKEN}


def test_a_token_is_replaced_and_proven(project, deployed) -> None:
    before = _token_in_use(project)
    words = ("rotate-token", "--token-stdin", "--yes", "--local", "--output=json")
    done = project.tool(*words, stdin=f"{TOKEN}New\n")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["previous_version"] == before != data["version"]
    assert _token_in_use(project) == data["version"]
    assert json.loads(_secret(project)["SecretString"]) == {"token": f"{TOKEN}New"}
    stages = project.json("status", "--local")["stages"]
    assert stages[0]["status"] == "Succeeded"
    assert TOKEN not in done.stdout + done.stderr
    project.tool("stop", "--abandon", "--yes", "--local")


def test_the_token_is_found_nowhere_but_in_secrets_manager(project, deployed) -> None:
    leaks = [
        str(path)
        for folder in (project.folder, project.state_dir)
        for path in folder.rglob("*")
        if path.is_file() and TOKEN.encode() in path.read_bytes()
    ]
    assert leaks == []
    assert TOKEN not in deployed.stdout + deployed.stderr
    processes = Path("/proc").glob("[0-9]*/cmdline")
    assert not any(_holds_token(path) for path in processes)
    events = [
        _client(project, "cloudformation").describe_stack_events(StackName=name)
        for name in (
            "medical-record-analysis-foundation",
            "medical-record-analysis-pipeline",
        )
    ]
    assert TOKEN not in json.dumps(events, default=str)
    pipeline = _client(project, "codepipeline").get_pipeline(
        name="MedicalRecordAnalysisPipeline"
    )
    assert TOKEN not in json.dumps(pipeline, default=str)
    assert json.loads(_secret(project)["SecretString"]) == {"token": f"{TOKEN}New"}


def _token_in_use(project) -> str:
    stacks = _client(project, "cloudformation").describe_stacks(
        StackName="medical-record-analysis-pipeline"
    )
    return next(
        each["ParameterValue"]
        for each in stacks["Stacks"][0]["Parameters"]
        if each["ParameterKey"] == "TokenVersion"
    )


def _holds_token(path: Path) -> bool:
    try:
        return TOKEN.encode() in path.read_bytes()
    except OSError:
        return False


def _client(project, service: str):
    import boto3

    return boto3.client(
        service,
        endpoint_url=f"http://127.0.0.1:{project.port}",
        region_name="us-east-1",
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",
    )


def _token_secret_arn(project) -> str:
    stacks = _client(project, "cloudformation").describe_stacks(
        StackName="medical-record-analysis-foundation"
    )
    outputs = stacks["Stacks"][0]["Outputs"]
    return next(
        each["OutputValue"]
        for each in outputs
        if each["OutputKey"] == "SourceTokenSecretArn"
    )


def _secret(project):
    return _client(project, "secretsmanager").get_secret_value(
        SecretId=_token_secret_arn(project)
    )


def _secret_versions(project) -> list[str]:
    answer = _client(project, "secretsmanager").list_secret_version_ids(
        SecretId=_token_secret_arn(project), IncludeDeprecated=True
    )
    return sorted(each["VersionId"] for each in answer["Versions"])


def _at_a_terminal(
    project, words: list[str], answers: dict[str, str], seconds: float = 90
) -> tuple[int, str]:
    """Run the tool on a terminal of its own, answering each question once it is there."""
    mine, its = pty.openpty()
    process = subprocess.Popen(
        [*project.command, *words],
        cwd=project.folder,
        env={**project.environment, "TERM": "xterm", "COLUMNS": "200"},
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
    )
    os.close(its)
    text, waiting = "", dict(answers)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not select.select([mine], [], [], 1)[0]:
            continue
        try:
            chunk = os.read(mine, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            break
        if not chunk:
            break
        text += chunk.decode(errors="replace")
        for question in [each for each in waiting if each in text]:
            os.write(mine, f"{waiting.pop(question)}\n".encode())
    os.close(mine)
    return process.wait(timeout=30), text
