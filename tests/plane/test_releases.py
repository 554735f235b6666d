"""The ledger in a real bucket, and the look ahead at real stacks, as the tool does them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from release_fakes import make_deployed

from awsrules.statuses import ExecutionStatus
from delivery.aws.account import CallersAccount
from delivery.aws.clients import Clients
from delivery.aws.deployed import StackReader
from delivery.aws.machine import RealClock
from delivery.aws.release_store import BucketReleaseStore
from delivery.aws.review import BuildReports, ThrowawayChangeSets
from delivery.aws.verification import CloudWatchStates
from delivery.cli.screen import PlainScreen
from delivery.errors import OperationFailed
from delivery.flows.candidate import Candidate
from delivery.flows.firing import AlarmWatch
from delivery.flows.releases import ReleaseReader
from delivery.flows.review import Reviewer
from delivery.ledger.book import Book
from delivery.ledger.events import Scope, Verified
from delivery.ledger.plan import Step
from delivery.model import Execution
from delivery.review.report import Finding

pytestmark = pytest.mark.plane

SCOPE = Scope("123456789012", "us-east-1", "development")
STACK = "medical-record-analysis-lambda-development"
SHELL = "medical-record-analysis-review-development"
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters: {{Environment: {{Type: String}}, Secret: {{Type: String, NoEcho: true, Default: x}}}}
Resources:
  Queue:
    Type: {kind}
    Properties: {{QueueName: !Sub "reviewed-${{Environment}}", VisibilityTimeout: {seconds}}}
"""


def template(seconds: int = 30, kind: str = "AWS::SQS::Queue") -> str:
    return TEMPLATE.format(seconds=seconds, kind=kind)


@dataclass
class OneExecution:
    """A pipeline of which only the execution's commit matters here."""

    actions_begun: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def execution(self, pipeline: str, execution_id: str) -> Execution:
        return Execution(execution_id, ExecutionStatus.IN_PROGRESS, commit="c0ffee01")

    def actions(self, pipeline: str, execution_id: str) -> dict[str, tuple[Any, ...]]:
        return self.actions_begun

    def executions(self, pipeline: str, *, limit: int = 20) -> list[Execution]:
        return []


@pytest.fixture
def clients(plane: str) -> Clients:
    return Clients("us-east-1", endpoint_url=plane)


@pytest.fixture
def store(clients: Clients) -> BucketReleaseStore:
    bucket = f"releases-{uuid4().hex[:12]}"
    clients.get("s3").create_bucket(Bucket=bucket)
    clients.get("s3").put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    return BucketReleaseStore(clients, bucket)


@pytest.fixture
def look(clients: Clients, store: BucketReleaseStore) -> Callable[..., Any]:
    """Return what reviews a template for development, and gives the review."""

    def review(text: str, execution: str = "") -> Any:
        execution = execution or str(uuid4())
        reviewer = Reviewer(
            stacks=ThrowawayChangeSets(clients, f"review-{execution}"),
            pipelines=OneExecution(),
            builds=None,
            reports=BuildReports(clients),
            store=store,
            releases=ReleaseReader(CallersAccount(clients), "us-east-1", store),
            alarms=AlarmWatch(
                StackReader(clients), CloudWatchStates(clients, RealClock())
            ),
            clock=RealClock(),
            screen=PlainScreen(),
            pipeline="p",
            poll_seconds=0.1,
        )
        parameters = {"Environment": "development"}
        candidate = Candidate(
            "development", execution, text.encode(), parameters, {"team": "records"}
        )
        return reviewer.review(candidate).review

    return review


@pytest.fixture
def stack(clients: Clients, wait_for_stack: Callable[[str], str]) -> Iterator[Any]:
    """Give CloudFormation with the environment's stack in it."""
    api = clients.get("cloudformation")
    api.create_stack(
        StackName=STACK,
        TemplateBody=template(),
        Parameters=[
            {"ParameterKey": "Environment", "ParameterValue": "development"},
            {"ParameterKey": "Secret", "ParameterValue": "hidden"},
        ],
        Tags=[{"Key": "team", "Value": "records"}],
        Capabilities=["CAPABILITY_AUTO_EXPAND"],
    )
    assert wait_for_stack(STACK) == "CREATE_COMPLETE"
    yield api
    api.delete_stack(StackName=STACK)
    wait_for_stack(STACK)


@pytest.fixture
def wait_for_stack(clients: Clients) -> Callable[[str], str]:
    api, clock = clients.get("cloudformation"), RealClock()
    stack_ids: dict[str, str] = {}

    def wait(name: str) -> str:
        while True:
            found = api.describe_stacks(StackName=stack_ids.get(name, name))["Stacks"]
            stack_ids[name] = found[0]["StackId"]
            if not found[0]["StackStatus"].endswith("_IN_PROGRESS"):
                return str(found[0]["StackStatus"])
            clock.sleep(0.1)

    return wait


def test_ten_writers_at_once_make_one_whole_chain(store: BucketReleaseStore) -> None:
    book = Book(store, SCOPE)
    clock = RealClock()
    book.append_all(
        lambda view: None if view.events else Step(make_deployed()),
        execution="e",
        actor="operator",
        clock=clock,
    )

    def write(number: int) -> None:
        mine = Verified(f"writer {number}")
        book.append_all(
            lambda view: (
                None
                if any(each.fact == mine for each in view.events)
                else Step(mine, 1)
            ),
            execution="e",
            actor="operator",
            clock=clock,
        )

    with ThreadPoolExecutor(max_workers=10) as pool:
        list(pool.map(write, range(10)))
    assert len(book.links()) == 11
    assert book.problems(book.links()) == []


def test_what_is_in_the_ledger_is_not_put_again(store: BucketReleaseStore) -> None:
    first = store.put_new(SCOPE.key(1), b"one")
    assert first is not None and first.version_id
    assert store.put_new(SCOPE.key(1), b"two") is None
    assert store.read([SCOPE.key(1)]) == [b"one"]
    assert store.find(SCOPE.key(2)) is None


def test_whoever_overwrites_or_deletes_an_event_is_found_out(
    store: BucketReleaseStore,
) -> None:
    for number in (1, 2, 3):
        store.put_new(SCOPE.key(number), b"event")
    store.put(SCOPE.key(2), b"another")
    store.clients.get("s3").delete_object(Bucket=store.bucket, Key=SCOPE.key(3))
    assert store.touched(SCOPE.prefix) == [SCOPE.key(2), SCOPE.key(3)]


def test_a_stack_that_does_not_exist_is_reviewed_and_nothing_is_left(
    clients: Clients, look: Callable[..., Any]
) -> None:
    review = look(template())
    assert review.creates
    assert [each.logical_id for each in review.changes] == ["Queue"]
    stacks = ThrowawayChangeSets(clients, "x")
    assert stacks.find(SHELL) is None
    assert stacks.find(STACK) is None


def test_a_change_is_reviewed_and_nothing_is_left(
    stack: Any, look: Callable[..., Any]
) -> None:
    review = look(template(seconds=60))
    (change,) = review.changes
    assert (change.logical_id, change.properties) == ("Queue", ("VisibilityTimeout",))
    assert stack.list_change_sets(StackName=STACK)["Summaries"] == []


def test_the_same_again_changes_nothing(stack: Any, look: Callable[..., Any]) -> None:
    assert look(template()).finding is Finding.NO_CHANGES
    assert stack.list_change_sets(StackName=STACK)["Summaries"] == []


def test_what_a_killed_review_left_is_cleared_by_the_next(
    stack: Any, look: Callable[..., Any]
) -> None:
    for name in ("review-dead", "release"):
        stack.create_change_set(
            StackName=STACK,
            ChangeSetName=name,
            TemplateBody=template(seconds=45),
            Parameters=[
                {"ParameterKey": "Environment", "ParameterValue": "development"}
            ],
            Capabilities=["CAPABILITY_AUTO_EXPAND"],
        )
    stack.create_change_set(
        StackName=SHELL,
        ChangeSetName="review-dead",
        ChangeSetType="CREATE",
        TemplateBody=template(),
        Parameters=[{"ParameterKey": "Environment", "ParameterValue": "development"}],
        Capabilities=["CAPABILITY_AUTO_EXPAND"],
    )
    look(template(seconds=60))
    left = stack.list_change_sets(StackName=STACK)["Summaries"]
    assert [each["ChangeSetName"] for each in left] == ["release"]
    names = {each["StackName"]: each for each in stack.list_stacks()["StackSummaries"]}
    assert names[SHELL]["StackStatus"] == "DELETE_COMPLETE"


def test_a_refused_release_names_the_resource_and_leaves_nothing(
    stack: Any, look: Callable[..., Any]
) -> None:
    with pytest.raises(OperationFailed) as error:
        look(template(kind="AWS::SQS::Queu"))
    assert "Queue (AWS::SQS::Queu)" in error.value.why
    assert stack.list_change_sets(StackName=STACK)["Summaries"] == []


def test_a_stacks_contents_are_what_a_later_deployment_needs(
    stack: Any, clients: Clients
) -> None:
    contents = StackReader(clients).contents(STACK)
    assert contents is not None
    assert contents.template == template()
    assert contents.tags == {"team": "records"}
    assert contents.stack.parameters["Secret"] == "****"
    assert [each.type for each in contents.resources] == ["AWS::SQS::Queue"]
