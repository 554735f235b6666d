"""One stack, from every status, to what the request says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from delivery_fakes import FakeUndo, make_event, make_stack, stack_id
from release_fakes import FakeDeployedStacks

from awsrules.statuses import StackStatus
from delivery.deploy.plan import StackNeedsAttention
from delivery.errors import Detached, NotPermitted, OperationFailed, Refused
from delivery.flows.stack import StackDeployer
from delivery.model import Cause, StackContents, StackRequest, StackResource

REQUEST = StackRequest("app", "Resources: {}", {"Stage": "x"})
HELD = """
Resources:
  Records: {Type: AWS::S3::Bucket}
  Kept: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}
"""
RESOURCES = (
    StackResource("Records", "AWS::S3::Bucket", "records-1"),
    StackResource("Kept", "AWS::S3::Bucket", "kept-1"),
)
NO_CHANGES = "The submitted information didn't contain changes."


@pytest.fixture
def deployer(stacks, clock, screen):
    return StackDeployer(stacks, clock, screen)


def test_an_absent_stack_is_created_and_its_outputs_returned(deployer, stacks) -> None:
    stacks.outputs = {"Url": "https://x"}
    done = deployer.deploy(REQUEST)
    assert done.changed
    assert done.stack.status == "CREATE_COMPLETE"
    assert done.stack.outputs == {"Url": "https://x"}


def test_the_shell_of_an_earlier_attempt_is_created(deployer, stacks) -> None:
    stacks.stacks["app"] = make_stack(status="REVIEW_IN_PROGRESS")
    assert deployer.deploy(REQUEST).stack.status == "CREATE_COMPLETE"


def test_an_existing_stack_is_updated(deployer, stacks) -> None:
    stacks.stacks["app"] = make_stack(status="UPDATE_ROLLBACK_COMPLETE")
    assert deployer.deploy(REQUEST).stack.status == "UPDATE_COMPLETE"


def test_no_changes_leave_the_stack_alone_and_are_no_failure(
    deployer, stacks, screen
) -> None:
    stacks.stacks["app"] = make_stack()
    stacks.change_set_status, stacks.change_set_reason = "FAILED", NO_CHANGES
    done = deployer.deploy(REQUEST)
    assert not done.changed
    assert done.stack.status == "UPDATE_COMPLETE"
    assert "no changes" in screen.text


def test_a_refused_change_set_says_why_and_leaves_no_shell(deployer, stacks) -> None:
    stacks.change_set_status = "FAILED"
    stacks.change_set_reason = "Transform failed: Invalid property"
    with pytest.raises(OperationFailed) as caught:
        deployer.deploy(REQUEST)
    assert "Transform failed" in caught.value.what
    assert stacks.deleted == ["app"]


def test_what_early_validation_found_is_the_reason(deployer, stacks) -> None:
    stacks.change_set_status = "FAILED"
    stacks.change_set_reason = "failed: [AWS::EarlyValidation::PropertyValidation]"
    stacks.found = [Cause("Logs", "AWS::Logs::LogGroup", "6 is not allowed")]
    with pytest.raises(OperationFailed) as caught:
        deployer.deploy(REQUEST)
    assert "Logs (AWS::Logs::LogGroup): 6 is not allowed" in caught.value.what


def test_findings_that_cannot_be_read_leave_the_reason(
    deployer, stacks, monkeypatch
) -> None:
    def denied(stack, change_set):
        raise NotPermitted("no")

    monkeypatch.setattr(stacks, "findings", denied)
    stacks.change_set_status = "FAILED"
    stacks.change_set_reason = "failed: [AWS::EarlyValidation::PropertyValidation]"
    with pytest.raises(OperationFailed) as caught:
        deployer.deploy(REQUEST)
    assert "EarlyValidation" in caught.value.what


def test_changes_are_shown_before_they_are_asked_for(deployer, screen) -> None:
    deployer.deploy(REQUEST)
    assert [each.logical_id for each in screen.shown_changes] == ["RecordBucket"]
    assert screen.questions == ["Execute these changes?"]


def test_a_declined_create_leaves_nothing_behind(deployer, stacks, screen) -> None:
    screen.agree = False
    with pytest.raises(Refused, match="left as it is"):
        deployer.deploy(REQUEST)
    assert stacks.discarded == ["change-set-1"]
    assert stacks.stacks == {}


def test_an_interrupted_question_leaves_nothing_behind(
    deployer, stacks, screen, monkeypatch
) -> None:
    def interrupted(question):
        raise KeyboardInterrupt

    monkeypatch.setattr(screen, "confirm", interrupted)
    with pytest.raises(KeyboardInterrupt):
        deployer.deploy(REQUEST)
    assert stacks.stacks == {}


def test_a_dry_run_shows_the_changes_and_makes_none(stacks, clock, screen) -> None:
    stacks.stacks["app"] = make_stack()
    done = StackDeployer(stacks, clock, screen, dry_run=True).deploy(REQUEST)
    assert done.changed
    assert screen.shown_changes
    assert screen.questions == []
    assert stacks.discarded == ["change-set-1"]
    assert stacks.stacks["app"].status == "UPDATE_COMPLETE"


def test_a_running_operation_is_waited_for_before_the_change_set(
    deployer, stacks, screen
) -> None:
    stacks.stacks["app"] = make_stack(status="UPDATE_IN_PROGRESS")
    stacks.run(
        "app",
        ("Topic", "UPDATE_COMPLETE", ""),
        ("", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ""),
        ("", "UPDATE_COMPLETE", ""),
    )
    assert deployer.deploy(REQUEST).stack.status == "UPDATE_COMPLETE"
    assert "waiting for it" in screen.text


def test_a_running_deletion_is_waited_for_and_then_created(deployer, stacks) -> None:
    stacks.stacks["app"] = make_stack(status="DELETE_IN_PROGRESS")
    stacks.run("app", ("", "DELETE_COMPLETE", ""))
    assert deployer.deploy(REQUEST).stack.status == "CREATE_COMPLETE"


def test_a_failed_create_is_deleted_after_a_question_and_created_again(
    deployer, stacks, screen
) -> None:
    stacks.stacks["app"] = make_stack(status="ROLLBACK_COMPLETE")
    assert deployer.deploy(REQUEST).stack.status == "CREATE_COMPLETE"
    assert stacks.deleted == ["app"]
    assert screen.questions[0] == "Delete it and create it again?"


def test_a_failed_create_stays_when_its_deletion_is_declined(
    deployer, stacks, screen
) -> None:
    stacks.stacks["app"] = make_stack(status="ROLLBACK_COMPLETE")
    screen.agree = False
    with pytest.raises(Refused, match="stays in ROLLBACK_COMPLETE"):
        deployer.deploy(REQUEST)
    assert stacks.deleted == []


def test_a_dry_run_deletes_no_failed_create(stacks, clock, screen) -> None:
    stacks.stacks["app"] = make_stack(status="ROLLBACK_COMPLETE")
    with pytest.raises(Refused, match="would be deleted"):
        StackDeployer(stacks, clock, screen, dry_run=True).deploy(REQUEST)
    assert stacks.deleted == []


@pytest.mark.parametrize(
    "status", ["CREATE_FAILED", "ROLLBACK_FAILED", "DELETE_FAILED"]
)
def test_what_is_good_for_nothing_else_is_deleted_and_created_again(
    deployer, stacks, screen, status
) -> None:
    stacks.stacks["app"] = make_stack(status=status)
    assert deployer.deploy(REQUEST).stack.status == "CREATE_COMPLETE"
    assert stacks.deleted == ["app"]
    assert screen.questions[0] == "Delete it and create it again?"


def test_a_deletion_that_fails_again_names_what_blocks_it(
    deployer, stacks, screen, monkeypatch
) -> None:
    stacks.stacks["app"] = make_stack(status="DELETE_FAILED")
    blocked = ("Bucket", "DELETE_FAILED", "The bucket you tried to delete is not empty")

    def fails_again(stack_id, *, token):
        begun, ended = ("", "DELETE_IN_PROGRESS", ""), ("", "DELETE_FAILED", "")
        stacks._running["app"] = (token, [begun, blocked, ended])

    monkeypatch.setattr(stacks, "delete", fails_again)
    with pytest.raises(OperationFailed) as caught:
        deployer.deploy(REQUEST)
    assert "Bucket (AWS::S3::Bucket): The bucket you tried" in caught.value.what
    assert "Empty it" in caught.value.next_step


def test_the_data_that_a_deletion_takes_along_is_shown_before_the_question(
    deployer, stacks, screen
) -> None:
    stack = stacks.stacks["app"] = make_stack(status="DELETE_FAILED")
    contents = FakeDeployedStacks({stack.id: StackContents(stack, HELD, RESOURCES)})
    replace(deployer, contents=contents).deploy(REQUEST)
    assert "DATA IS LOST: Records (AWS::S3::Bucket) records-1" in screen.text
    assert "left behind: Kept (AWS::S3::Bucket) kept-1" in screen.text


@pytest.mark.parametrize(
    ("status", "call", "question"),
    [
        ("UPDATE_ROLLBACK_FAILED", "continue", "Continue its rollback?"),
        ("UPDATE_FAILED", "roll back", "Roll it back to its last good state?"),
    ],
)
def test_a_paused_stack_is_led_back_and_then_updated(
    deployer, stacks, screen, status, call, question
) -> None:
    stacks.stacks["app"] = make_stack(status=status)
    undo = FakeUndo(stacks)
    assert replace(deployer, undo=undo).deploy(REQUEST).stack.status == (
        "UPDATE_COMPLETE"
    )
    assert undo.called == [call]
    assert screen.questions[0] == question


def test_a_rollback_that_fails_again_is_said(deployer, stacks) -> None:
    stacks.stacks["app"] = make_stack(status="UPDATE_ROLLBACK_FAILED")
    undo = FakeUndo(stacks, ends_in="UPDATE_ROLLBACK_FAILED")
    with pytest.raises(OperationFailed, match="ended in UPDATE_ROLLBACK_FAILED"):
        replace(deployer, undo=undo).deploy(REQUEST)
    assert stacks.requests == []


def test_an_import_that_could_not_be_taken_back_is_refused(deployer, stacks) -> None:
    stacks.stacks["app"] = make_stack(status="IMPORT_ROLLBACK_FAILED")
    with pytest.raises(StackNeedsAttention):
        deployer.deploy(REQUEST)
    assert stacks.requests == []


@pytest.mark.parametrize(
    "status", ["ROLLBACK_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED"]
)
def test_a_dry_run_leads_no_stack_out(deployer, stacks, status) -> None:
    stacks.stacks["app"] = make_stack(status=status)
    undo = FakeUndo(stacks)
    with pytest.raises(Refused, match="would be"):
        replace(deployer, undo=undo, dry_run=True).deploy(REQUEST)
    assert (undo.called, stacks.deleted, stacks.requests) == ([], [], [])


def test_an_operation_waited_for_that_failed_tells_why(
    deployer, stacks, screen
) -> None:
    stacks.stacks["app"] = make_stack(status="UPDATE_IN_PROGRESS")
    stacks.run(
        "app",
        ("", "UPDATE_IN_PROGRESS", ""),
        ("Role", "UPDATE_FAILED", "AccessDenied"),
        ("", "UPDATE_ROLLBACK_COMPLETE", ""),
    )
    assert deployer.deploy(REQUEST).stack.status == "UPDATE_COMPLETE"
    assert "Role (AWS::S3::Bucket): AccessDenied" in screen.text


def test_a_failed_update_names_the_first_failing_resource(deployer, stacks) -> None:
    stacks.stacks["app"] = make_stack()
    stacks.script = [
        ("", "UPDATE_IN_PROGRESS", "User Initiated"),
        ("Role", "UPDATE_FAILED", "not authorized to perform: iam:PutRolePolicy"),
        ("Bucket", "UPDATE_FAILED", "Resource update cancelled"),
        ("", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed"),
        ("", "UPDATE_ROLLBACK_COMPLETE", ""),
    ]
    with pytest.raises(OperationFailed) as caught:
        deployer.deploy(REQUEST)
    assert "Role (AWS::S3::Bucket): not authorized" in caught.value.what
    meaning, ended = caught.value.why.splitlines()
    assert "iam:PutRolePolicy" in meaning
    assert ended == "Stack app ended in UPDATE_ROLLBACK_COMPLETE."
    assert caught.value.next_step


def test_the_cause_inside_a_nested_stack_is_found(
    deployer, stacks, monkeypatch
) -> None:
    stacks.stacks["app"] = make_stack()
    stacks.log["nested"] = [
        make_event("Queue", "CREATE_FAILED", "quota", name="nested")
    ]
    outer = make_event(
        "Nested",
        "UPDATE_FAILED",
        "Embedded stack failed",
        type="AWS::CloudFormation::Stack",
        physical_id=stack_id("nested"),
    )
    assert deployer._watcher.cause([outer], "app").logical_id == "Queue"


def test_a_failure_without_events_says_so(deployer, stacks) -> None:
    stacks.stacks["app"] = make_stack()
    stacks.script = [("", "UPDATE_ROLLBACK_COMPLETE", "")]
    with pytest.raises(OperationFailed, match="ended in") as caught:
        deployer.deploy(REQUEST)
    assert caught.value.why == "CloudFormation gave no reason."


def test_a_stack_deleted_meanwhile_is_said(deployer, stacks, monkeypatch) -> None:
    stacks.stacks["app"] = make_stack()
    monkeypatch.setattr(
        stacks, "execute", lambda change_set, token: stacks.stacks.clear()
    )
    with pytest.raises(OperationFailed, match="disappeared"):
        deployer.deploy(REQUEST)


def test_polls_that_fail_do_not_fail_a_good_deployment(
    deployer, stacks, screen
) -> None:
    stacks.stacks["app"] = make_stack()
    stacks.unreachable_looks = 4
    assert deployer.deploy(REQUEST).stack.status == "UPDATE_COMPLETE"
    assert "trying again" in screen.text


def test_interrupting_the_watching_leaves_the_operation_running(
    deployer, stacks, clock, monkeypatch
) -> None:
    def interrupted(seconds):
        if stacks._running:
            raise KeyboardInterrupt

    monkeypatch.setattr(clock, "sleep", interrupted)
    with pytest.raises(Detached, match="goes on without us"):
        deployer.deploy(REQUEST)
    assert stacks._running["app"][1]


@pytest.mark.parametrize("status", [None, *StackStatus])
def test_a_deployment_from_each_status_ends_well_or_names_the_way_out(
    deployer, stacks, status
) -> None:
    if status is not None:
        stacks.stacks["app"] = make_stack(status=status)
    if status is not None and status.busy:
        ended = "DELETE_COMPLETE" if "DELETE" in status else "UPDATE_COMPLETE"
        stacks.run("app", ("", ended, ""))
    ready = replace(deployer, undo=FakeUndo(stacks))
    if status is StackStatus.IMPORT_ROLLBACK_FAILED:
        with pytest.raises(StackNeedsAttention, match="describe-stack-events"):
            ready.deploy(REQUEST)
        return
    assert ready.deploy(REQUEST).stack.status.succeeded
    assert list(stacks.stacks) == ["app"]
