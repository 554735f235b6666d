"""``deploy``: questions, answers, the token's ways, and what is printed."""

from __future__ import annotations

import json

import pytest
from delivery_fakes import make_execution, make_stack, make_state

from delivery.cli import ask
from delivery.cli.deploying import reserved_by
from delivery.cli.options import Settings
from delivery.cli.wiring import Tools
from delivery.deploy.access import secret_text
from delivery.deploy.memory import remembered_answers
from delivery.model import Concurrency, Hidden, StoredSecret, WorkTree

FOUNDATION = "medical-record-analysis-foundation"
PIPELINE = "medical-record-analysis-pipeline"
TOKEN = "ghp_SyntheticTokenThatLeaksNowhere"
FLAGS = (
    "--owner=clinic",
    "--repository=records",
    "--branch=main",
    "--environment=production",
)
OUTPUTS = {
    "SourceTokenSecretArn": "arn:secret",
    "SourceConnectionArn": "arn:aws:codeconnections:us-east-1:1:connection/c",
    "DeliveryKeyArn": "arn:key",
    "ArtifactBucketName": "artifacts",
    "ReleaseBucketName": "releases",
    "LogBucketName": "logs",
    "PermissionsBoundaryArn": "arn:boundary",
    "CodeBuildServiceRoleArn": "arn:1",
    "CodePipelineServiceRoleArn": "arn:2",
    "CloudFormationServiceRoleArn": "arn:3",
    "VerificationRoleArn": "arn:4",
    "RecorderRoleArn": "arn:5",
    "ReviewRoleArn": "arn:6",
    "BreakGlassRoleArn": "arn:7",
    "CheckRoleArn": "arn:8",
    "RollbackRoleArn": "arn:9",
}


@pytest.fixture(autouse=True)
def outputs(world):
    world.stacks.outputs = OUTPUTS


def _nothing_to_do(world) -> None:
    for name in (FOUNDATION, PIPELINE):
        world.stacks.stacks[name] = make_stack(name, outputs=OUTPUTS)
    world.stacks.change_set_status = "FAILED"
    world.stacks.change_set_reason = "No updates are to be performed."
    world.secrets.values["arn:secret"] = StoredSecret("v1", secret_text(Hidden(TOKEN)))


def test_flags_and_a_token_on_stdin_deploy_without_a_question(run, world) -> None:
    result = run("--yes", *FLAGS, "--token-stdin", stdin=f"{TOKEN}\n")
    assert result.exit_code == 0, result.stderr
    assert "Deployed." in result.stdout
    assert [each.name for each in world.stacks.requests] == [FOUNDATION, PIPELINE]
    assert world.secrets.stored[0][1] == secret_text(Hidden(TOKEN))


def test_the_token_is_shown_and_remembered_nowhere(run, world) -> None:
    result = run("--yes", *FLAGS, "--token-stdin", stdin=f"{TOKEN}\n")
    everything = result.stdout + result.stderr + repr(world)
    assert TOKEN not in everything
    assert TOKEN not in json.dumps(world.config_file.data)


def test_the_token_may_come_from_the_environment(run, world, monkeypatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    result = run("--yes", *FLAGS, "--access=token")
    assert result.exit_code == 0, result.stderr
    assert TOKEN not in result.stderr
    assert len(world.secrets.stored) == 1


def test_there_is_no_flag_for_the_token_itself(run) -> None:
    result = run("deploy", "--token", TOKEN)
    assert result.exit_code == 2
    assert "No such option" in result.stderr


@pytest.mark.parametrize("missing", ["owner", "repository", "branch", "environment"])
def test_without_a_terminal_a_missing_value_names_its_flag(run, world, missing) -> None:
    flags = [each for each in FLAGS if not each.startswith(f"--{missing}")]
    result = run("--yes", *flags, "--token-stdin", stdin=TOKEN)
    assert result.exit_code == 2
    assert f"--{missing}" in result.stderr
    assert world.stacks.requests == []


def test_without_a_terminal_a_missing_token_names_its_ways(run, world) -> None:
    result = run("--yes", *FLAGS, "--access=token")
    assert result.exit_code == 2
    assert "--token-stdin" in result.stderr
    assert "GITHUB_TOKEN" in result.stderr
    assert world.stacks.requests == []


def test_without_a_terminal_a_confirmation_asks_for_yes(run, world) -> None:
    result = run(*FLAGS, "--token-stdin", stdin=TOKEN)
    assert result.exit_code == 2
    assert "--yes" in result.stderr
    assert world.stacks.requests == []


def test_a_connection_needs_no_token(run, world) -> None:
    result = run("--yes", *FLAGS, "--access=connection")
    assert result.exit_code == 0, result.stderr
    assert world.secrets.stored == []


def test_a_second_deployment_says_that_nothing_changed(run, world) -> None:
    run("--yes", *FLAGS, "--token-stdin", stdin=TOKEN)
    _nothing_to_do(world)
    result = run("--yes")
    assert result.exit_code == 0, result.stderr
    assert "No changes" in result.stdout
    assert len(world.secrets.stored) == 1


def test_answers_are_remembered_for_the_next_time(run, world) -> None:
    run("--yes", *FLAGS, "--access=connection")
    answers = remembered_answers(world.config_file.data, local=False)
    assert answers["owner"] == "clinic"
    run("--yes", "--branch=release")
    answers = remembered_answers(world.config_file.data, local=False)
    assert answers["branch"] == "release"
    assert answers["owner"] == "clinic"


def test_the_result_as_json_is_one_document(run, world) -> None:
    result = run("--yes", "--output", "json", *FLAGS, "--access=connection")
    data = json.loads(result.stdout)
    assert data["changed"] is True
    assert data["pipeline"]["status"] == "CREATE_COMPLETE"
    assert data["dry_run"] is False


def test_the_execution_that_the_creation_started_is_printed(run, world) -> None:
    executions = [[], [make_execution("execution-1")]]
    world.pipelines.states = [make_state()]
    world.pipelines.executions = lambda pipeline, limit=20: (
        executions.pop(0) if len(executions) > 1 else executions[0]
    )
    result = run("--yes", *FLAGS, "--access=connection")
    assert "execution-1 (already running)" in result.stdout


def test_a_dry_run_changes_nothing_and_is_not_remembered(run, world) -> None:
    result = run("--dry-run", *FLAGS, "--access=connection")
    assert result.exit_code == 0, result.stderr
    assert "Dry run: nothing was changed." in result.stdout
    assert world.stacks.stacks == {}
    assert world.config_file.data == {}


def test_a_region_that_residency_excludes_is_refused(run, world) -> None:
    result = run("--yes", "--region=eu-west-1", *FLAGS, "--access=connection")
    assert result.exit_code == 3
    assert "eu-west-1" in result.stderr
    assert world.stacks.requests == []


def test_the_plane_gets_the_branch_before_its_pipeline_is_made(run, world) -> None:
    result = run("--local", "--yes", *FLAGS, "--token-stdin", stdin=TOKEN)
    assert result.exit_code == 0, result.stderr
    assert world.plane.pushes == [("/repo", "main")]
    assert "status --watch" in result.stdout.splitlines()[-1]
    assert "--local" in result.stdout.splitlines()[-1]


def test_a_pipeline_that_listens_is_not_pushed_to(run, world) -> None:
    world.pipelines.states = [make_state()]
    world.plane.pushes = [("/repo", "main")]
    run("--local", "--yes", *FLAGS, "--token-stdin", stdin=TOKEN)
    assert len(world.plane.pushes) == 1


def test_a_dirty_work_tree_is_said_and_a_missing_branch_is_bad_input(
    run, world
) -> None:
    world.repository.tree = WorkTree("/repo", "work", "c" * 40, dirty=True)
    result = run("--local", "--yes", *FLAGS, "--token-stdin", stdin=TOKEN)
    assert "Uncommitted changes are not rehearsed" in result.stderr
    assert result.exit_code == 0
    world.repository.branches = ()
    result = run("--local", "--yes", *FLAGS, "--token-stdin", stdin=TOKEN)
    assert result.exit_code == 2
    assert "There is no branch main" in result.stderr


def test_outside_of_a_repository_the_plane_has_nothing_to_build(run, world) -> None:
    world.repository.tree = None
    result = run("--local", "--yes", *FLAGS, "--token-stdin", stdin=TOKEN)
    assert result.exit_code == 2
    assert "git init" in result.stderr


# --- At a terminal -----------------------------------------------------------------------


def test_everything_is_asked_summarised_and_confirmed(run, world, terminal) -> None:
    answers = ["clinic", "records", "main", "token", "staging", TOKEN, "y", "y", "y"]
    result = run(stdin="\n".join(answers) + "\n")
    assert result.exit_code == 0, result.stderr
    assert "GitHub owner" in result.stderr
    assert "clinic/records" in result.stderr
    assert TOKEN not in result.stdout + result.stderr
    remembered = remembered_answers(world.config_file.data, local=False)
    assert remembered["environment"] == "staging"


def test_enter_takes_what_the_repository_suggests(run, world, terminal) -> None:
    world.repository.tree = WorkTree("/r", "work", "c" * 40, False, "clinic", "records")
    result = run("--access=connection", stdin="\n\n\n\ny\ny\ny\n")
    assert result.exit_code == 0, result.stderr
    remembered = remembered_answers(world.config_file.data, local=False)
    assert remembered["branch"] == "work"
    assert remembered["repository"] == "records"


def test_a_malformed_answer_is_asked_again(run, world, terminal) -> None:
    flags = ("--repository=r", "--branch=main", "--environment=staging")
    result = run(*flags, "--access=connection", stdin="a/b\nclinic\ny\ny\ny\n")
    assert result.exit_code == 0, result.stderr
    assert "is not a GitHub user" in result.stderr


def test_enter_keeps_the_stored_token(run, world, terminal) -> None:
    _nothing_to_do(world)
    result = run(*FLAGS, "--access=token", stdin="\ny\n")
    assert result.exit_code == 0, result.stderr
    assert "Enter keeps the stored one" in result.stderr
    assert world.secrets.stored == []


def test_a_first_token_is_asked_for_until_there_is_one(run, world, terminal) -> None:
    result = run(*FLAGS, "--access=token", stdin=f"\n\n{TOKEN}\ny\ny\ny\n")
    assert result.exit_code == 0, result.stderr
    assert result.stderr.count("GitHub token (hidden)") == 3
    assert TOKEN not in result.stderr


def test_no_is_no(run, world, terminal) -> None:
    result = run(*FLAGS, "--access=connection", stdin="n\n")
    assert result.exit_code == 3
    assert "Nothing was changed" in result.stderr
    assert world.stacks.requests == []


def test_only_a_terminal_is_asked(monkeypatch) -> None:
    assert ask.is_interactive() is False
    assert ask.text("Q", flag="--q", default="d") == "d"
    assert ask.choice("Q", ["a"], flag="--q", default="a") == "a"
    assert ask.hidden("Q", flag="--q", optional=True) is None


def test_an_account_without_room_is_found_before_anything_is_deployed(
    run, world
) -> None:
    world.capacity.limits = Concurrency(10, 10)
    world.reserved = {"production": 400}
    result = run("--yes", *FLAGS, "--access=connection")
    assert result.exit_code == 2
    assert "production.lambda.reserved_concurrency" in result.stderr
    assert world.stacks.requests == []


def test_what_is_reserved_is_asked_for_of_the_environments_that_are_reached() -> None:
    tools = Tools(Settings())
    assert reserved_by(tools, ["development"]) == {"development": 0}
    assert reserved_by(tools, ["development", "staging", "production"]) == {
        "development": 0,
        "staging": 50,
        "production": 400,
    }


TWO_PLACES = """\
version: 1
compliance: {allowed_regions: [us-east-1, us-west-2]}
pipeline: {promotes_to: [us-west-2]}
environments: {development: {}, staging: {}, production: {}}
"""


@pytest.fixture
def two_places(tmp_path):
    path = tmp_path / "two_places.yaml"
    path.write_text(TWO_PLACES, encoding="utf-8")
    return f"--config={path}"


def _pipeline_request(world):
    return next(each for each in world.stacks.requests if each.name == PIPELINE)


def test_a_place_that_is_promoted_to_has_no_questions(run, world, two_places) -> None:
    result = run("--yes", two_places, "--region=us-west-2")
    assert result.exit_code == 0, result.stderr
    given = _pipeline_request(world).parameters
    assert (given["SourceAccess"], given["Environment"]) == ("promotion", "production")
    assert given["PromoterRoleArn"].endswith(
        ":role/medical-record-analysis-promoter-us-east-1"
    )
    assert "ReceiverRoleArns" not in given
    assert "Releases     of us-east-1" in result.stderr
    assert list(world.config_file.data["deployments"]) == ["aws us-west-2"]


def test_a_place_refuses_answers_that_mean_nothing_there(
    run, world, two_places
) -> None:
    result = run("--yes", two_places, "--region=us-west-2", *FLAGS)
    assert result.exit_code == 2
    assert "branch, environment, owner, repository" in result.stderr
    assert world.stacks.requests == []


def test_the_home_is_told_its_places_and_says_which_are_not_there(
    run, world, two_places
) -> None:
    result = run("--yes", two_places, *FLAGS, "--access=connection")
    assert result.exit_code == 0, result.stderr
    given = _pipeline_request(world).parameters
    assert given["ReceiverRoleArns"].endswith(
        ":role/medical-record-analysis-receiver-us-west-2"
    )
    assert "Promotes to  us-west-2" in result.stderr


TWO_ACCOUNTS = """\
version: 1
project: {account: "123456789012"}
compliance: {allowed_regions: [us-east-1, us-west-2]}
pipeline: {promotes_to: [us-west-2, 210987654321/us-west-2]}
environments: {development: {}, staging: {}, production: {}}
"""
OTHER = "210987654321"


@pytest.fixture
def two_accounts(tmp_path):
    path = tmp_path / "two_accounts.yaml"
    path.write_text(TWO_ACCOUNTS, encoding="utf-8")
    return f"--config={path}"


def test_a_place_of_another_account_asks_a_person_of_its_own(
    run, world, two_accounts
) -> None:
    world.account.number, world.account.partition = OTHER, "aws-us-gov"
    result = run("--yes", two_accounts, "--region=us-west-2")
    assert result.exit_code == 0, result.stderr
    given = _pipeline_request(world).parameters
    assert given["PromoterRoleArn"] == (
        "arn:aws-us-gov:iam::123456789012:role/medical-record-analysis-promoter-us-east-1"
    )
    assert given["PlaceApproves"] == "true"
    assert "Releases     of 123456789012/us-east-1" in result.stderr
    assert "Approval     here, before each release" in result.stderr
    assert "--region us-east-1, so that 123456789012/us-east-1 promotes here." in (
        result.stdout
    )


def test_a_place_of_the_homes_account_asks_where_the_home_does_not(
    run, world, two_accounts
) -> None:
    world.stacks.stacks[PIPELINE] = make_stack(
        PIPELINE, outputs={**OUTPUTS, "Environment": "staging"}
    )
    result = run("--yes", two_accounts, "--region=us-west-2")
    assert result.exit_code == 0, result.stderr
    assert _pipeline_request(world).parameters["PlaceApproves"] == "true"
    assert "Approval     here, before each release" in result.stderr


def test_a_place_of_the_homes_account_asks_nobody_twice(
    run, world, two_accounts
) -> None:
    world.stacks.stacks[PIPELINE] = make_stack(
        PIPELINE, outputs={**OUTPUTS, "Environment": "production"}
    )
    result = run("--yes", two_accounts, "--region=us-west-2")
    assert result.exit_code == 0, result.stderr
    assert _pipeline_request(world).parameters["PlaceApproves"] == "false"
    assert "Approval" not in result.stderr


@pytest.mark.parametrize("command", ["deploy", "diff"])
@pytest.mark.parametrize(
    ("account", "region"), [("999988887777", "us-east-1"), (OTHER, "us-east-1")]
)
def test_an_account_that_is_neither_home_nor_place_is_refused_before_all_else(
    run, world, two_accounts, command: str, account: str, region: str
) -> None:
    world.account.number = account
    result = run(command, two_accounts, f"--region={region}")
    assert result.exit_code == 3
    assert f"Nothing is deployed to {account}/{region}." in result.stderr
    assert "the home is 123456789012/us-east-1" in result.stderr
    assert "210987654321/us-west-2" in result.stderr
    assert "--profile" in result.stderr
    assert world.stacks.requests == []


def test_on_the_plane_the_refusal_says_how_an_account_is_signed_for(
    run, world, two_accounts
) -> None:
    world.account.number = "999988887777"
    result = run("--local", two_accounts)
    assert result.exit_code == 3
    assert "AWS_ACCESS_KEY_ID" in result.stderr


def test_without_an_account_of_the_home_any_credentials_are_the_homes(
    run, world, two_places
) -> None:
    world.account.number = "999988887777"
    result = run("--yes", two_places, *FLAGS, "--access=connection")
    assert result.exit_code == 0, result.stderr


def test_a_place_of_another_account_is_not_looked_at_and_its_command_is_told(
    run, world, two_accounts
) -> None:
    result = run("--yes", two_accounts, *FLAGS, "--access=connection")
    assert result.exit_code == 0, result.stderr
    told = " ".join(result.stderr.split())
    assert "Promotes to us-west-2, 210987654321/us-west-2" in told
    assert (
        "210987654321/us-west-2 is of another account, and was not looked at. If it has "
        "no delivery yet: ./deploy_pipeline.py deploy --region us-west-2 --profile NAME (a "
        "profile of account 210987654321)"
    ) in told


def test_on_the_plane_its_command_signs_with_the_digits_of_the_account(
    run, world, two_accounts
) -> None:
    result = run(
        *("--local", "--yes", two_accounts, *FLAGS, "--token-stdin"), stdin=f"{TOKEN}\n"
    )
    assert result.exit_code == 0, result.stderr
    assert (
        "AWS_ACCESS_KEY_ID=210987654321 ./deploy_pipeline.py --local deploy --region "
        "us-west-2"
    ) in " ".join(result.stderr.split())


def test_residency_holds_on_the_plane_too(run, world) -> None:
    result = run("--local", "--yes", "--region=eu-west-1", *FLAGS, "--token-stdin")
    assert result.exit_code == 3
    assert world.stacks.requests == []
