"""A pipeline's declaration is checked, its variables resolved, its triggers read."""

from __future__ import annotations

from typing import Any

import pytest
from awsrules.pipelines import (
    InvalidPipeline,
    UnknownVariable,
    check_pipeline,
    push_starts,
    resolve_variables,
)


def action(name: str = "A", category: str = "Build", **more: Any) -> dict[str, Any]:
    kind = {"category": category, "owner": "AWS", "provider": "P", "version": "1"}
    return {"name": name, "actionTypeId": kind, **more}


def source(**more: Any) -> dict[str, Any]:
    return action("Source", "Source", outputArtifacts=[{"name": "Code"}], **more)


def pipeline(*stages: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    declared = [
        {"name": f"S{i}", "actions": actions} for i, actions in enumerate(stages)
    ]
    return {"name": "P", "stages": declared, **more}


def test_a_pipeline_of_a_source_and_a_build_is_accepted() -> None:
    build = action(
        inputArtifacts=[{"name": "Code"}], configuration={"X": "#{Vars.CommitId}"}
    )
    check_pipeline(pipeline([source(namespace="Vars")], [build]))


def test_an_artifact_may_come_from_an_earlier_run_order_of_the_same_stage() -> None:
    later = action("B", inputArtifacts=[{"name": "Made"}], runOrder=2)
    earlier = action("A", outputArtifacts=[{"name": "Made"}], runOrder=1)
    check_pipeline(pipeline([source()], [later, earlier]))


@pytest.mark.parametrize(
    ("declared", "code", "said"),
    [
        (pipeline([source()]), "InvalidStructureException", "at least two stages"),
        (
            pipeline([action()], [action()]),
            "InvalidStructureException",
            "start with a stage that only contains source",
        ),
        (
            pipeline([source()], [action(), source()]),
            "InvalidStructureException",
            "only occur in the first stage",
        ),
        (
            pipeline([source()], [action(), action()]),
            "InvalidActionDeclarationException",
            "unique within a stage: A",
        ),
        (
            pipeline([source()], [action("a b")]),
            "ValidationException",
            "Not a valid name: 'a b'",
        ),
        (
            pipeline([source()], [action(inputArtifacts=[{"name": "X"}])]),
            "InvalidActionDeclarationException",
            "Input Artifact Bundle X in action A is not declared",
        ),
        (
            pipeline([source()], [action(outputArtifacts=[{"name": "Code"}])]),
            "InvalidActionDeclarationException",
            "Code has been used more than once",
        ),
        (
            pipeline([source()], [action(configuration={"X": "#{Vars.Y}"})]),
            "InvalidActionDeclarationException",
            "whose namespace no preceding action declares",
        ),
        (
            pipeline([source(namespace="V")], [action(namespace="V")]),
            "InvalidActionDeclarationException",
            "'V' is used more than once",
        ),
        (
            pipeline([source()], [action(configuration={"X": "y" * 1001})]),
            "ValidationException",
            "more than 1000 characters",
        ),
        (
            pipeline([source()], [action(timeoutInMinutes=5)]),
            "InvalidActionDeclarationException",
            "Only a manual approval can have a timeout",
        ),
    ],
)
def test_what_codepipeline_refuses_is_refused_by_its_code(
    declared: dict[str, Any], code: str, said: str
) -> None:
    with pytest.raises(InvalidPipeline, match=said) as refusal:
        check_pipeline(declared)
    assert refusal.value.code == code


def test_configuration_that_an_action_type_needs_must_be_there() -> None:
    build = action(configuration={})
    build["actionTypeId"]["provider"] = "CodeBuild"
    with pytest.raises(InvalidPipeline, match="'ProjectName'"):
        check_pipeline(pipeline([source()], [build]))


def test_s3_needs_an_object_where_it_is_a_source_and_not_where_it_is_a_target() -> None:
    kind = {"owner": "AWS", "provider": "S3", "version": "1"}
    from_s3 = source(configuration={"S3Bucket": "b"})
    from_s3["actionTypeId"] = {"category": "Source", **kind}
    with pytest.raises(InvalidPipeline, match="'S3ObjectKey'"):
        check_pipeline(pipeline([from_s3], [action()]))
    to_s3 = action(configuration={"BucketName": "b"})
    to_s3["actionTypeId"] = {"category": "Deploy", **kind}
    check_pipeline(pipeline([source()], [to_s3]))


def test_variables_are_replaced_wherever_they_stand() -> None:
    text = '{"v":"#{Build.TAG}-#{codepipeline.PipelineExecutionId}"}'
    known = {"Build": {"TAG": "1"}, "codepipeline": {"PipelineExecutionId": "e"}}
    assert resolve_variables(text, known) == '{"v":"1-e"}'


def test_a_variable_that_nobody_put_out_is_named() -> None:
    with pytest.raises(UnknownVariable, match="#{Build.TAG}"):
        resolve_variables("#{Build.TAG}", {"Build": {}})


@pytest.mark.parametrize(
    ("branches", "branch", "starts"),
    [
        ({"includes": ["main"]}, "main", True),
        ({"includes": ["release/*"]}, "release/1", True),
        ({"includes": ["*"], "excludes": ["wip-*"]}, "wip-1", False),
        ({"includes": ["main"]}, "other", False),
    ],
)
def test_a_declared_trigger_filters_by_branch(
    branches: dict[str, list[str]], branch: str, starts: bool
) -> None:
    git = {"sourceActionName": "Source", "push": [{"branches": branches}]}
    declared = pipeline([source()], triggers=[{"gitConfiguration": git}])
    watching = source(configuration={"BranchName": "other", "DetectChanges": "false"})
    assert push_starts(declared, watching, branch) is starts


def test_without_a_trigger_the_actions_branch_counts_unless_detection_is_off() -> None:
    declared = pipeline([source()])
    watching = source(configuration={"BranchName": "main"})
    deaf = source(configuration={"BranchName": "main", "DetectChanges": "false"})
    assert push_starts(declared, watching, "main")
    assert not push_starts(declared, watching, "other")
    assert not push_starts(declared, deaf, "main")
