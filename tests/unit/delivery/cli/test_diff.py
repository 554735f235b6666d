"""``diff``, and ``deploy`` and ``diff`` of another template's stack."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from delivery_fakes import make_execution, make_stack, make_state

from delivery.deploy.access import secret_text
from delivery.model import Hidden, ResourceChange, StackContents, StoredSecret

FOUNDATION = "medical-record-analysis-foundation"
PIPELINE = "medical-record-analysis-pipeline"
ANSWERS = {
    "owner": "clinic",
    "repository": "records",
    "branch": "main",
    "access": "token",
    "environment": "production",
}
OUTPUTS = {
    "SourceTokenSecretArn": "arn:secret",
    "ArtifactBucketName": "artifacts",
    "ReleaseBucketName": "releases",
}
TEMPLATE = """
Parameters:
  Size: {Type: Number}
  Colour: {Type: String, Default: red}
Resources:
  Topic: {Type: AWS::SNS::Topic}
"""


@pytest.fixture
def other(tmp_path):
    """A template, its parameters, and the flags that name them."""
    template, parameters = tmp_path / "other.yaml", tmp_path / "parameters.json"
    template.write_text(TEMPLATE, encoding="utf-8")
    parameters.write_text('{"Size": 3}', encoding="utf-8")
    flags = ("--template", str(template), "--stack-name", "other")
    return parameters, flags


@pytest.fixture
def deployed(world):
    """Foundation and pipeline, whose change sets change the pipeline."""
    for name in (FOUNDATION, PIPELINE):
        world.stacks.stacks[name] = make_stack(name, outputs=AllOutputs(OUTPUTS))
    world.secrets.values["arn:secret"] = StoredSecret(
        "v7", secret_text(Hidden("ghp_synthetic_token"))
    )
    world.config_file.data = {"deployments": {"aws": {"answers": ANSWERS}}}
    return world


class AllOutputs(dict):
    """A foundation's outputs: each that a template asks for is there."""

    def __missing__(self, name: str) -> str:
        return f"made-{name}"

    def __contains__(self, name: object) -> bool:
        return str(name)[0].isupper()


def test_no_difference_exits_with_0(run, deployed) -> None:
    deployed.stacks.change_set_status = "FAILED"
    deployed.stacks.change_set_reason = "No updates are to be performed."
    result = run("diff", "--exit-code")
    assert result.exit_code == 0, result.stderr
    assert f"Stack {PIPELINE}: no changes." in result.stdout


def _changes_the_pipeline(world) -> None:
    changes = (
        ResourceChange(
            "Pipeline",
            "AWS::CodePipeline::Pipeline",
            "Modify",
            properties=("Stages",),
            paths=("/Properties/Stages/1",),
        ),
        ResourceChange("Key", "AWS::KMS::Key", "Modify", "True", "ReplaceAndDelete"),
        ResourceChange("Role", "AWS::IAM::Role", "Modify", properties=("Policies",)),
    )
    quiet = iter(
        [("FAILED", "No updates are to be performed."), ("CREATE_COMPLETE", "")]
    )
    look = world.stacks.change_set

    def each_in_turn(change_set):
        world.stacks.change_set_status, world.stacks.change_set_reason = next(quiet)
        world.stacks.pending_looks = 0
        return look(change_set)

    world.stacks.change_set = each_in_turn
    world.stacks.changes = changes
    world.pipelines.states = [make_state()]
    world.pipelines.runs = [make_execution("execution-5", "InProgress")]


def test_differences_exit_with_10_and_tell_paths_and_dangers(run, deployed) -> None:
    _changes_the_pipeline(deployed)
    result = run("diff", "--exit-code")
    assert result.exit_code == 10, result.stderr
    assert "/Properties/Stages/1" in result.stdout
    assert "Key  AWS::KMS::Key  DATA AT RISK, REPLACED" in result.stdout
    assert "Role  AWS::IAM::Role  PERMISSIONS" in result.stdout
    assert "execution execution-5 is cancelled" in result.stdout
    assert deployed.stacks.stacks[PIPELINE].status == "UPDATE_COMPLETE"
    assert deployed.secrets.stored == []


def test_differences_as_json(run, deployed) -> None:
    _changes_the_pipeline(deployed)
    result = run("diff", "--output", "json")
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert data["different"] and data["updates_pipeline"]
    assert data["running_execution"] == "execution-5"
    assert [each["changed"] for each in data["stacks"]] == [False, True]


def test_without_earlier_answers_a_difference_cannot_be_told(run, world) -> None:
    assert run("diff").exit_code == 2


def test_another_template_is_deployed_the_same_way(run, world, other) -> None:
    parameters, flags = other
    result = run("deploy", *flags, "--parameters", str(parameters), "--yes")
    assert result.exit_code == 0, result.stderr
    (request,) = world.stacks.requests
    assert (request.name, request.parameters) == ("other", {"Size": "3"})
    assert world.stacks.stacks["other"].status == "CREATE_COMPLETE"


def test_another_stack_keeps_the_values_that_nobody_gives(run, world, other) -> None:
    _, flags = other
    world.stacks.stacks["other"] = make_stack(
        "other", parameters={"Size": "5", "Gone": "x"}
    )
    data = json.loads(run("deploy", *flags, "--yes", "--output", "json").stdout)
    assert data["changed"] and not data["creates"]
    assert world.stacks.requests[0].keeps == ("Size",)


def test_another_stack_is_compared_and_left_alone(run, world, other) -> None:
    parameters, flags = other
    words = ("diff", *flags, "--parameters", str(parameters), "--exit-code")
    result = run(*words)
    assert result.exit_code == 10
    assert "Stack other: create" in result.stdout
    assert world.stacks.stacks == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "Size"),
        ('{"Size": 3, "Shape": "round"}', "no parameter Shape"),
        ("[1]", "no names with values"),
        ("{", "cannot be read"),
    ],
)
def test_parameters_that_do_not_fit_are_bad_input(
    run, world, other, text, said
) -> None:
    parameters, flags = other
    parameters.write_text(text, encoding="utf-8")
    result = run("deploy", *flags, "--parameters", str(parameters), "--yes")
    assert result.exit_code == 2
    assert said in result.stderr
    assert world.stacks.requests == []


@pytest.mark.parametrize(
    "text",
    [
        '{"Parameters": {"Size": "3"}, "Tags": {}}',
        '[{"ParameterKey": "Size", "ParameterValue": "3"}]',
    ],
)
def test_the_forms_of_the_pipeline_and_of_aws_are_read(run, world, other, text) -> None:
    parameters, flags = other
    parameters.write_text(text, encoding="utf-8")
    run("deploy", *flags, "--parameters", str(parameters), "--yes")
    assert world.stacks.requests[0].parameters == {"Size": "3"}


def test_a_template_needs_its_stacks_name(run, world, other) -> None:
    _, flags = other
    assert run("deploy", *flags[:2]).exit_code == 2


ROLE = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyDocument:
            Statement: [{{Effect: Allow, Action: [{actions}], Resource: "*"}}]
"""


@pytest.fixture
def role(world, tmp_path):
    """A stack with a role, and a template that lets it do more."""
    template = tmp_path / "role.yaml"
    template.write_text(ROLE.format(actions="s3:GetObject, s3:PutObject"))
    stack = world.stacks.stacks["other"] = make_stack("other")
    held = StackContents(stack, ROLE.format(actions="s3:GetObject"), ())
    world.deployed_stacks.found[stack.id] = held
    change = ResourceChange(
        "Role", "AWS::IAM::Role", "Modify", properties=("Policies",)
    )
    world.stacks.changes = (change,)
    return "--template", str(template), "--stack-name", "other"


def test_what_would_be_allowed_that_was_not_is_named(run, role) -> None:
    assert "ALLOWS MORE  Role allows s3:PutObject on *" in run("diff", *role).stdout
    data = json.loads(run("diff", *role, "--output", "json").stdout)
    assert data["stacks"][0]["widened"] == ["Role allows s3:PutObject on *"]


def test_it_is_named_before_the_question_of_a_deployment(run, role) -> None:
    result = run("deploy", *role, "--dry-run")
    assert "! ALLOWS MORE: Role allows s3:PutObject on *" in result.stderr


def test_permissions_that_cannot_be_compared_are_said(run, world, role) -> None:
    (held,) = world.deployed_stacks.found.values()
    world.deployed_stacks.found[held.stack.id] = replace(held, template="[")
    result = run("diff", *role)
    assert result.exit_code == 0
    assert "could not be compared" in result.stderr
