"""The look ahead leaves nothing behind, and says what it could not see."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from delivery_fakes import (
    FakeAccount,
    FakeBuilds,
    FakeStacks,
    make_action,
    make_execution,
    make_stack,
    stack_id,
)
from release_fakes import (
    FakeDeployedStacks,
    FakeReports,
    SCOPE,
    LedgerBuilder,
)

from traffic_fakes import FakeAlarmStates
from watched_stack import ALARM, TEMPLATE, watched_stack

from awsrules.statuses import BuildStatus
from delivery.errors import BadInput, OperationFailed, Refused, Unreachable
from delivery.ledger.book import Book
from delivery.flows.candidate import (
    Candidate,
    shifts_by_review,
    stored_candidate,
    stored_review,
)
from delivery.flows.coexist import lost_by_rollback
from delivery.flows.firing import AlarmWatch
from delivery.flows.releases import ReleaseReader
from delivery.flows.review import Reviewer
from delivery.ledger.events import AliasMove, Pinned, Reconciled, RolledBack
from delivery.model import (
    Build,
    ChangeSet,
    ReportSummary,
    ResourceChange,
    override_variables,
)
from delivery.review.report import Finding, as_data, as_text, summary_of

STACK = "medical-record-analysis-lambda-production"
SHELL = "medical-record-analysis-review-production"
NO_CHANGES = "No updates are to be performed."
CANDIDATE = Candidate(
    environment="production",
    execution="execution-1",
    template=b"Resources: {}\n",
    parameters={"Environment": "production"},
    tags={"team": "records"},
)


@dataclass
class FakeReviewStacks(FakeStacks):
    """CloudFormation with named change sets, some of which are there already."""

    left: dict[str, dict[str, ChangeSet]] = field(default_factory=dict)
    never_goes: bool = False

    def change_sets(self, stack_id: str) -> dict[str, ChangeSet]:
        return dict(self.left.get(stack_id, {}))

    def delete(self, stack_id: str, *, token: str) -> None:
        if self.never_goes:
            name = stack_id.split("/")[1]
            self.stacks[name] = make_stack(name, "DELETE_IN_PROGRESS")
            return
        super().delete(stack_id, token=token)


class World:
    def __init__(self, clock, screen, pipelines) -> None:
        self.ledger = LedgerBuilder()
        self.store = self.ledger.store
        self.stacks = FakeReviewStacks()
        self.builds = FakeBuilds()
        self.reports = FakeReports()
        self.deployed, self.alarm_states = FakeDeployedStacks(), FakeAlarmStates()
        self.pipelines = pipelines
        self.pipelines.runs = [make_execution(commit="new")]
        self.clock, self.screen = clock, screen

    def released(self, name: str, template: str = "Resources: {}", **more) -> int:
        self.store.objects[f"releases/{name}/packaged.yaml"] = [template.encode()]
        return self.ledger.release(name, **more)

    def has(self, status: str) -> None:
        self.stacks.stacks[STACK] = make_stack(STACK, status)

    def review(self, candidate: Candidate = CANDIDATE):
        reviewer = Reviewer(
            stacks=self.stacks,
            pipelines=self.pipelines,
            builds=self.builds,
            reports=self.reports,
            store=self.store,
            releases=ReleaseReader(FakeAccount(), "us-east-1", self.store),
            alarms=AlarmWatch(self.deployed, self.alarm_states),
            clock=self.clock,
            screen=self.screen,
            pipeline="MedicalRecordAnalysisPipeline",
        )
        return reviewer.review(candidate)


@pytest.fixture
def world(clock, screen, pipelines) -> World:
    return World(clock, screen, pipelines)


def test_an_existing_stack_is_reviewed_by_an_update_that_is_removed_again(
    world,
) -> None:
    world.has("UPDATE_COMPLETE")
    review = world.review().review
    assert review.finding is Finding.CHANGES
    assert [each.logical_id for each in review.changes] == ["RecordBucket"]
    (request,) = world.stacks.requests
    assert request.name == STACK
    assert request.parameters == {"Environment": "production"}
    assert world.stacks.discarded == ["change-set-1"]
    assert world.stacks.deleted == []


def test_the_template_travels_by_the_release_store(world) -> None:
    world.has("UPDATE_COMPLETE")
    world.review()
    key = "reviews/execution-1/packaged.yaml"
    assert world.store.objects[key] == [CANDIDATE.template]
    assert world.stacks.requests[0].template_url.endswith(key)


def test_a_stack_that_does_not_exist_is_reviewed_under_a_name_of_its_own(
    world,
) -> None:
    review = world.review().review
    assert review.creates
    assert world.stacks.requests[0].name == SHELL
    assert world.stacks.deleted == [SHELL]
    assert world.stacks.find(SHELL) is None


def test_a_shell_of_the_pipelines_own_is_left_alone(world) -> None:
    world.has("REVIEW_IN_PROGRESS")
    assert world.review().review.creates
    assert world.stacks.deleted == [SHELL]
    assert STACK in world.stacks.stacks


def test_no_changes_is_a_result(world) -> None:
    world.has("UPDATE_COMPLETE")
    world.stacks.change_set_status = "FAILED"
    world.stacks.change_set_reason = NO_CHANGES
    world.stacks.changes = ()
    assert world.review().review.finding is Finding.NO_CHANGES


def test_a_refused_change_set_fails_with_its_reason_and_is_removed(world) -> None:
    world.stacks.change_set_status = "FAILED"
    world.stacks.change_set_reason = "Parameters: [Stage] must have values"
    with pytest.raises(OperationFailed) as error:
        world.review()
    assert "Parameters: [Stage] must have values" in error.value.why
    assert set(world.stacks.discarded) == {"change-set-1"}
    assert world.stacks.deleted == [SHELL]


def test_leftovers_of_a_review_that_was_killed_are_cleared_first(world) -> None:
    world.has("UPDATE_COMPLETE")
    world.stacks.stacks[SHELL] = make_stack(SHELL, "REVIEW_IN_PROGRESS")
    ours = ChangeSet("id-review-0", stack_id(STACK), "CREATE_COMPLETE")
    world.stacks.left[STACK] = {
        "review-execution-0": ours,
        "release": replace(ours, id="id-release"),
    }
    world.review()
    assert world.stacks.deleted == [SHELL]
    assert world.stacks.discarded == ["id-review-0", "change-set-1"]


def test_a_review_stack_that_is_not_empty_is_never_deleted(world) -> None:
    world.stacks.stacks[SHELL] = make_stack(SHELL, "CREATE_COMPLETE")
    with pytest.raises(Refused, match="is not empty"):
        world.review()
    assert world.stacks.deleted == []


def test_an_empty_stack_that_does_not_go_away_is_said(world) -> None:
    world.stacks.never_goes = True
    with pytest.raises(Unreachable, match="did not go away"):
        world.review()


def test_a_busy_stack_is_waited_for(world) -> None:
    world.has("UPDATE_COMPLETE")
    world.stacks.run(STACK, ("", "UPDATE_IN_PROGRESS", ""), ("", "UPDATE_COMPLETE", ""))
    assert world.review().review.finding is Finding.CHANGES
    assert "waiting for it" in world.screen.text


def test_when_patience_ends_changes_are_unknown_and_the_release_goes_on(
    world,
) -> None:
    world.has("UPDATE_IN_PROGRESS")
    review = world.review().review
    assert review.finding is Finding.UNKNOWN
    assert "CHANGES NOT KNOWN" in summary_of(review)
    assert world.stacks.requests == []


def test_a_stack_whose_creation_failed_stops_the_release_before_the_approval(
    world,
) -> None:
    world.has("ROLLBACK_COMPLETE")
    with pytest.raises(OperationFailed, match="cannot be deployed to") as error:
        world.review()
    assert "delete-stack" in error.value.next_step


def test_a_stuck_stack_stops_the_release_before_the_approval(world) -> None:
    world.has("UPDATE_ROLLBACK_FAILED")
    with pytest.raises(Refused, match="cannot be updated"):
        world.review()


def test_an_unknown_execution_is_bad_input(world) -> None:
    with pytest.raises(BadInput, match="has no execution nonesuch"):
        world.review(replace(CANDIDATE, execution="nonesuch"))


def test_the_range_begins_with_the_release_that_serves(world) -> None:
    world.has("UPDATE_COMPLETE")
    first = world.released("first")
    second = world.ledger.release("second", "8")
    world.ledger.add(RolledBack(second, first, "errors", 3.0), release=second)
    review = world.review().review
    assert review.release == first
    assert review.commit_range == "first..new"


def test_commits_that_were_superseded_travel_with_the_release(world) -> None:
    world.has("UPDATE_COMPLETE")
    world.released("first", execution="execution-a")
    world.pipelines.runs = [
        make_execution("later", commit="later"),
        make_execution("execution-1", commit="new"),
        make_execution("c", commit="two", commit_summary="Two\n\nmore"),
        make_execution("b", commit="one", commit_summary=""),
        make_execution("b0", commit="one"),
        make_execution("a0", commit="first"),
        make_execution("execution-a", commit="first"),
        make_execution("before", commit="before"),
    ]
    review = world.review().review
    assert [(e.commit, e.summary) for e in review.travelling_with] == [
        ("two", "Two"),
        ("one", ""),
    ]


def test_what_was_promoted_before_travels_by_the_commit_that_each_was_of(world) -> None:
    world.has("UPDATE_COMPLETE")
    world.released("first", execution="execution-a")
    known = {"execution-1": "new", "c": "two", "execution-a": "first"}
    world.pipelines.runs = [make_execution(each, commit="") for each in known]
    world.pipelines.execution = lambda pipeline, id: make_execution(
        id, commit=known[id]
    )
    travelling = world.review().review.travelling_with
    assert [each.commit for each in travelling] == ["two"]


def test_the_reports_of_build_and_tests_are_read_and_not_those_of_recorders(
    world,
) -> None:
    world.has("UPDATE_COMPLETE")
    world.pipelines.history["execution-1"] = {
        "Build": (make_action("Build", provider="CodeBuild", external_id="Build:1"),),
        "DeployStaging": (
            make_action("ExecuteChangeSet", provider="CloudFormation"),
            make_action("Tests", provider="CodeBuild", external_id="Verify:1"),
            make_action("Gone", provider="CodeBuild", external_id="Gone:1"),
            make_action("Record", provider="CodeBuild", external_id="Record:1"),
        ),
    }
    for name in ("Build:1", "Verify:1", "Record:1"):
        world.builds.builds[name] = Build(
            name, BuildStatus.SUCCEEDED, report_arns=(name,)
        )
        world.reports.found[name] = ReportSummary(name, passed=1)
    names = [each.name for each in world.review().review.reports]
    assert names == ["Build (Build:1)", "Tests (Verify:1)"]


def test_a_function_that_was_moved_by_hand_is_told_until_it_is_reconciled(
    world,
) -> None:
    world.has("UPDATE_COMPLETE")
    number = world.released("first")
    move = AliasMove("live", "8", "7")
    world.ledger.add(Pinned("mra-analyze", move, "8", "slow"), release=number)
    review = world.review().review
    assert review.pins == ("mra-analyze serves version 7 (slow)",)
    assert as_data(review)["pins"] == list(review.pins)
    world.ledger.add(Reconciled(("mra-analyze",)), release=number)
    assert world.review().review.pins == ()


def test_what_serves_and_would_lose_what_it_needs_is_told_in_every_form(world) -> None:
    world.has("UPDATE_COMPLETE")
    world.released("first", "Resources: {Old: {Type: AWS::Serverless::Function}}")
    review = world.review().review
    (conflict,) = review.conflicts
    assert conflict.startswith("function Old:")
    assert "NoLongerNeeds" in as_text(review)
    assert as_data(review)["conflicts"] == [conflict]
    assert "REFUSED: 1 conflict" in summary_of(review)


def test_the_report_is_stored_as_json_and_text_and_linked(world) -> None:
    world.has("UPDATE_COMPLETE")
    published = world.review()
    assert published.link.endswith("reviews/execution-1/production.txt")
    assert "reviews/execution-1/production.json" in world.store.objects
    text = stored_review(world.store, "production", ["execution-0", "execution-1"])
    assert text is not None and "would change in production" in text
    assert stored_review(world.store, "staging", ["execution-1"]) is None


def test_a_review_that_saw_nothing_keeps_what_it_needs_to_look_again(world) -> None:
    world.has("UPDATE_IN_PROGRESS")
    world.review()
    assert stored_candidate(world.store, "production", "execution-1") == CANDIDATE
    assert stored_candidate(world.store, "staging", "execution-1") is None


def test_a_live_release_outside_of_the_window_is_found() -> None:
    ledger = LedgerBuilder()
    first = ledger.release("first")
    for number in range(50):
        last = ledger.release(f"bad-{number}", good=False)
    ledger.add(RolledBack(last, first, "errors", 1.0), release=last)
    reader = ReleaseReader(FakeAccount(), "us-east-1", ledger.store)
    found = reader.live_release("production")
    assert found is not None and found.number == first


def test_a_rollback_is_told_what_the_live_release_took_from_its_target() -> None:
    ledger = LedgerBuilder()
    store = ledger.store
    old, new = ledger.release("old"), ledger.release("new", "8")
    function = "Resources: {Old: {Type: AWS::Serverless::Function}}"
    store.objects["releases/old/packaged.yaml"] = [function.encode()]
    store.objects["releases/new/packaged.yaml"] = [b"Resources: {}"]
    target, live = (Book(store, SCOPE).release(each) for each in (old, new))
    assert [each.name for each in lost_by_rollback(store, target, live)] == ["Old"]
    assert lost_by_rollback(store, live, target) == ()


def _burns(world) -> None:
    world.has("UPDATE_COMPLETE")
    world.stacks.changes = (
        ResourceChange("WorkFunctionAliaslive", "AWS::Lambda::Alias", "Modify"),
    )
    world.deployed.found[STACK] = watched_stack()
    world.alarm_states.found = {ALARM: "ALARM"}


WATCHING = replace(CANDIDATE, template=TEMPLATE.encode(), parameters={})


def test_a_firing_alarm_is_named_with_what_it_will_do(world) -> None:
    _burns(world)
    review = world.review(WATCHING).review
    assert review.stopped
    assert "ALARM FIRES: WorkErrors; the shift would be stopped" in summary_of(review)
    assert "start --past-alarm" in as_text(review)
    assert as_data(review)["firing"] == [ALARM]
    assert as_data(review)["override"] is None


def test_an_alarm_stops_no_release_that_moves_no_alias(world) -> None:
    _burns(world)
    world.stacks.changes = (ResourceChange("Queue", "AWS::SQS::Queue", "Modify"),)
    review = world.review(WATCHING).review
    assert not review.stopped
    assert "alarm fires: WorkErrors" in summary_of(review)
    assert not shifts_by_review(world.store, "production", "execution-1")


def test_an_override_is_in_the_notice_with_its_reason_and_who_gave_it(world) -> None:
    _burns(world)
    world.pipelines.runs = [
        make_execution(
            variables=override_variables("mends it"),
            started_by="arn:aws:iam::1:user/dana",
        )
    ]
    review = world.review(WATCHING).review
    assert not review.stopped
    assert "PAST ALARMS: mends it (dana); firing: WorkErrors" in summary_of(review)
    assert "Ignored for this release: mends it (dana)" in as_text(review)
    assert world.stacks.requests[0].parameters == {"ShiftAlarms": "ignored"}


def test_an_override_is_for_production_alone(world) -> None:
    world.pipelines.runs = [make_execution(variables=override_variables("mends it"))]
    review = world.review(replace(WATCHING, environment="staging")).review
    assert review.override is None
    assert world.stacks.requests[0].parameters == {}


def test_a_choice_that_smuggles_parameters_along_is_refused(world) -> None:
    smuggled = {"ShiftAlarms": 'ignored","LogBucketName":"mine'}
    world.pipelines.runs = [make_execution(variables=smuggled)]
    with pytest.raises(Refused, match="ShiftAlarms that does not exist"):
        world.review(WATCHING)
    assert world.stacks.requests == []
