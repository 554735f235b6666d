"""What a stack, its aliases and its execution say, as facts to record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from delivery_fakes import make_action, make_execution
from release_fakes import make_contents, make_deployed, make_route

from delivery.errors import Refused
from delivery.ledger.events import Commit, Deployment
from delivery.ledger.facts import (
    ReleasedAlias,
    alias_arns,
    approval_of,
    commit_of,
    deployed_facts,
    deployed_versions,
    refuse_unless_deployed,
    traffic_of,
)
from delivery.model import StackResource

LIVE = ReleasedAlias(make_route(), "7", "code")


def facts(contents=None, execution=None):
    fact = make_deployed()
    return deployed_facts(
        contents or make_contents(),
        [LIVE],
        commit=fact.commit,
        execution=execution or make_execution(),
        template=fact.template,
        approval=None,
        build_id="Build:1",
    )


def test_aliases_are_found_by_type_and_not_by_name() -> None:
    assert alias_arns(make_contents().resources) == [
        "arn:aws:lambda:us-east-1:123456789012:function:mra-analyze:live"
    ]


def test_the_published_version_is_the_last_part_of_its_arn() -> None:
    assert deployed_versions(make_contents().resources) == {"mra-analyze": "7"}


def test_of_two_versions_the_stack_published_the_higher_last() -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:mra-analyze"
    resources = [
        StackResource(f"V{number}", "AWS::Lambda::Version", f"{arn}:{number}")
        for number in (9, 10, 8)
    ]
    assert deployed_versions(resources) == {"mra-analyze": "10"}


def test_traffic_is_complete_when_the_alias_serves_the_published_version_alone() -> (
    None
):
    assert traffic_of([LIVE]).complete


def test_traffic_is_not_complete_while_two_versions_serve() -> None:
    route = make_route(version="6", v7=0.1)
    traffic = traffic_of([ReleasedAlias(route, "7", "code")])
    assert traffic.elsewhere == (
        "mra-analyze:live serves 6 +7@10%, and the stack published 7",
    )


def test_traffic_is_not_complete_when_somebody_moved_the_alias() -> None:
    assert not traffic_of([ReleasedAlias(make_route(version="6"), "7", "c")]).complete


def test_a_function_is_recorded_with_version_code_alias_and_revision() -> None:
    contents = make_contents(parameters={"AnalyzeFunctionRevision": "abc"})
    function = facts(contents).functions["mra-analyze"]
    assert (function.logical_id, function.alias) == ("AnalyzeFunction", "live")
    assert (function.version, function.code_sha256) == ("7", "code")
    assert function.revision == "abc"


def test_masked_parameters_are_named_and_their_values_left_out() -> None:
    contents = make_contents(parameters={"Stage": "x", "ApiKey": "****"})
    found = facts(contents)
    assert found.parameters == {"Stage": "x"}
    assert found.hidden_parameters == ("ApiKey",)


def test_tags_role_and_api_deployment_are_recorded() -> None:
    found = facts()
    assert found.tags == {"team": "records"}
    assert found.role_arn == "arn:role"
    assert found.api_deployments == {"Deploy1": "d1"}


@pytest.mark.parametrize("trigger", ["ManualRollback", "AutomatedRollback"])
def test_an_execution_that_rolls_a_stage_back_is_recorded_as_such(trigger) -> None:
    found = facts(execution=make_execution(trigger=trigger))
    assert found.kind is Deployment.ROLLBACK


def source(**outputs: str):
    return {"Source": (make_action("GitHub", category="Source", outputs=outputs),)}


def test_the_commits_time_comes_from_the_source_action() -> None:
    commit = commit_of(
        make_execution(),
        source(
            CommitId="abc",
            CommitMessage="Mend it\n\nBecause.",
            AuthorDate="2026-11-23T10:00:00+02:00",
        ),
    )
    assert commit.time == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert (commit.id, commit.summary) == ("abc", "Mend it")


def test_the_committers_date_comes_before_the_authors() -> None:
    outputs = {
        "AuthorDate": "2026-11-20T10:00:00Z",
        "CommitterDate": "2026-11-23T10:00:00Z",
    }
    time = commit_of(make_execution(), source(**outputs)).time
    assert time is not None and time.day == 23


def test_without_a_source_action_the_execution_names_the_commit() -> None:
    commit = commit_of(make_execution(commit="abc", commit_summary=""), {})
    assert (commit.id, commit.time, commit.summary) == ("abc", None, "")


def test_the_approver_is_who_let_this_environment_be_deployed() -> None:
    def approval(who: str):
        return (make_action("Approve", category="Approval", updated_by=who),)

    actions = {
        "ApproveStaging": approval("dana"),
        "ApproveProduction": approval("eve"),
    }
    assert approval_of("staging", actions).by == "dana"
    assert approval_of("production", actions).by == "eve"
    assert approval_of("development", actions) is None


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE"])
def test_a_stack_that_succeeded_is_recorded(status) -> None:
    refuse_unless_deployed(make_contents(status=status))


@pytest.mark.parametrize(
    "status", ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS", "CREATE_FAILED"]
)
def test_a_stack_that_did_not_succeed_is_not_recorded(status) -> None:
    with pytest.raises(Refused, match="holds no new release") as error:
        refuse_unless_deployed(make_contents(status=status))
    assert status in error.value.why


def test_where_releases_are_promoted_the_manifest_names_the_commit() -> None:
    built = Commit("abc", datetime(2026, 11, 23, 8, tzinfo=UTC))
    execution = make_execution(commit="version-of-the-zip", commit_summary="promoted")
    promotion = source(VersionId="version-of-the-zip")
    assert commit_of(execution, promotion, built) == replace(built, summary="promoted")


def test_where_the_source_is_a_repository_it_names_the_commit_itself() -> None:
    built = Commit("abc", None)
    assert commit_of(make_execution(), source(CommitId="def"), built).id == "def"
