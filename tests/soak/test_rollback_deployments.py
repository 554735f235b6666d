"""A deployment of CodeDeploy in each of its statuses; each answers each choice."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from own_plane import call_control, own_plane, set_speed
from production_stack import STACK, Production, make_production
from rollback_cells import DEPLOYMENTS, Ways

from delivery.errors import Refused
from delivery.flows.undo import Undoer
from delivery.rollback.options import Choice, Option

pytestmark = [pytest.mark.soak, pytest.mark.plane]

# A shift of nine minutes in half a second, or one that does not end by itself.
FAST, SLOW = 1200, 1
HELD = ("Created", "Queued", "Ready", "Baking")
RUNNING = (*HELD, "InProgress")
ENDED = ("Succeeded", "Failed", "Stopped")


@dataclass
class Story:
    """A production whose release 3 is bad, and what becomes of its deployments."""

    production: Production
    releases: int = field(default=0)

    @property
    def undoer(self) -> Undoer:
        """The tool, looking more often than AWS would like."""
        made = self.production.tools.undoer("production")
        often: dict[str, Any] = {"poll_seconds": 0.05}
        deployer = replace(
            made.reconciler.deployer, change_set_poll_seconds=0.05, **often
        )
        made.reconciler = replace(made.reconciler, deployer=deployer)
        made.ways = replace(made.ways, **often)
        return made

    def control(self, method: str, page: str, **body: Any) -> Any:
        return call_control(self.production.endpoint, method, page, body)

    def breaks(self, kind: str, target: str, **settings: Any) -> None:
        self.control("POST", "faults", kind=kind, target=target, settings=settings)

    def mended(self) -> None:
        self.control("DELETE", "faults")
        set_speed(self.production.endpoint, FAST)

    def held(self, status: str) -> None:
        """Let the next deployment stay in a status."""
        if status == "InProgress":
            set_speed(self.production.endpoint, SLOW)
        else:
            self.breaks("deployment", self.production.function, status=status)

    # Deployments.

    def bad_release(self) -> None:
        """Let a bad release serve, if none does."""
        if self.production.serves() == {"One": "2"}:
            self.releases += 1
            self.production.release(f"bad {self.releases}", good=False)

    def deploys(self) -> None:
        """Let CloudFormation begin a release that shifts."""
        self.releases += 1
        self.production.start(f"new {self.releases}", shift=True)

    def somebody_deploys(self) -> str:
        """Start a deployment by hand, from what serves to the version before it."""
        api = self.production.aws("codedeploy")
        application, group = self._place()
        serves = int(self.version())
        content = json.dumps(
            {
                "version": 0.0,
                "Resources": [
                    {
                        "function": {
                            "Type": "AWS::Lambda::Function",
                            "Properties": {
                                "Name": self.production.function,
                                "Alias": "live",
                                "CurrentVersion": str(serves),
                                "TargetVersion": str(serves - 1),
                            },
                        }
                    }
                ],
            }
        )
        digest = hashlib.sha256(content.encode()).hexdigest()
        made = api.create_deployment(
            applicationName=application,
            deploymentGroupName=group,
            revision={
                "revisionType": "AppSpecContent",
                "appSpecContent": {"content": content, "sha256": digest},
            },
        )
        return str(made["deploymentId"])

    def newest(self) -> str:
        """Give the id of the group's newest deployment."""
        application, group = self._place()
        found = self.production.aws("codedeploy").list_deployments(
            applicationName=application, deploymentGroupName=group
        )
        return str(next(iter(found["deployments"]), ""))

    def status_of(self, deployment: str) -> str:
        found = self.production.aws("codedeploy").get_deployment(
            deploymentId=deployment
        )
        return str(found["deploymentInfo"]["status"])

    def is_in(self, deployment: str, status: str) -> None:
        _until(lambda: self.status_of(deployment) == status)

    def version(self) -> str:
        """Give the version that the alias leads to, alone or with a weight beside it."""
        return str(self._alias()["FunctionVersion"])

    def undivided(self) -> bool:
        """Say whether one version has all of the traffic."""
        return (
            not self._alias().get("RoutingConfig", {}).get("AdditionalVersionWeights")
        )

    def _alias(self) -> dict[str, Any]:
        found: dict[str, Any] = self.production.aws("lambda").get_alias(
            FunctionName=self.production.function, Name="live"
        )
        return found

    def _place(self) -> tuple[str, str]:
        stack = self.production.stack
        return stack.physical_id("ServerlessDeploymentApplication"), stack.physical_id(
            "OneDeploymentGroup"
        )

    # Choices.

    def answers(self, expected: Ways) -> dict[Choice, Option]:
        """Each choice has its answer from the table; what cannot be says why."""
        undoer = self.undoer
        situation = undoer.situation()
        options = undoer.options(situation, None)
        assert tuple(each.way for each in options) == expected
        for option in options:
            if not option.possible:
                assert option.reason
                with pytest.raises(Refused):
                    undoer.roll_back(situation, option, to=None, reason="test")
        return {each.choice: each for each in options if each.possible}

    def takes(self, choice: Choice) -> None:
        """Do what a choice comes to now."""
        undoer = self.undoer
        if choice is Choice.FUNCTION:
            undoer.one_function.move(self.production.function, "1", "test")
            undoer.one_function.reconcile(reason="test")
            return
        situation = undoer.situation()
        option = next(
            each for each in undoer.options(situation, None) if each.choice is choice
        )
        undoer.roll_back(situation, option, to=None, reason="test")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    state = tmp_path_factory.mktemp("plane")
    with own_plane(state) as endpoint, pytest.MonkeyPatch.context() as patch:
        set_speed(endpoint, FAST)
        made = make_production(endpoint, state, patch, shift=True, proven=False)
        for name, good in (("1", True), ("2", True), ("3", False)):
            made.release(name, good=good)
        yield Story(made)


@pytest.fixture(autouse=True)
def _as_it_was(story: Story) -> Iterator[None]:
    story.bad_release()
    yield
    story.mended()


def test_every_status_is_run() -> None:
    assert {*RUNNING, *ENDED} == set(DEPLOYMENTS)


@pytest.mark.parametrize("choice", [Choice.STACK, Choice.CANCEL])
@pytest.mark.parametrize("status", RUNNING)
def test_while_a_stack_waits_for_a_deployment_its_update_is_cancelled(
    story: Story, status: str, choice: Choice
) -> None:
    serves, before = story.version(), story.newest()
    story.held(status)
    story.deploys()
    _until(lambda: story.newest() != before)
    deployment = story.newest()
    story.is_in(deployment, status)

    story.answers(DEPLOYMENTS[status][0])
    story.takes(choice)

    assert story.status_of(deployment) == "Stopped"
    assert (story.version(), story.undivided()) == (serves, True)
    assert story.production.stack.settled() == "UPDATE_ROLLBACK_COMPLETE"


@pytest.mark.parametrize("choice", [Choice.STACK, Choice.CANCEL])
@pytest.mark.parametrize("status", RUNNING)
def test_a_deployment_that_a_person_started_is_stopped_before_anything_moves(
    story: Story, status: str, choice: Choice
) -> None:
    serves = story.version()
    story.held(status)
    deployment = story.somebody_deploys()
    story.is_in(deployment, status)

    story.answers(DEPLOYMENTS[status][1])
    story.takes(choice)

    assert story.status_of(deployment) == "Stopped"
    assert story.undivided()
    if choice is Choice.CANCEL:
        assert story.version() == serves
    else:
        assert story.production.serves() == {"One": "2"}


@pytest.mark.parametrize("choice", [Choice.STACK, Choice.CANCEL])
@pytest.mark.parametrize("status", ENDED)
def test_a_deployment_that_has_ended_keeps_no_update_from_being_cancelled(
    story: Story, status: str, choice: Choice
) -> None:
    _ends(story, status)
    serves = story.version()
    story.breaks("resource", f"{STACK}/One", when="update", hang=True)
    story.deploys()
    story.production.stack.reaches_status("UPDATE_IN_PROGRESS")

    story.answers(DEPLOYMENTS[status][0])
    story.takes(choice)

    assert story.production.stack.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert (story.version(), story.undivided()) == (serves, True)


@pytest.mark.parametrize("choice", [Choice.STACK, Choice.FUNCTION])
@pytest.mark.parametrize("status", ENDED)
def test_after_a_deployment_has_ended_a_release_or_a_function_goes_back(
    story: Story, status: str, choice: Choice
) -> None:
    _ends(story, status)
    serves = story.production.serves()

    story.answers(DEPLOYMENTS[status][1])
    story.takes(choice)

    assert story.undivided()
    went_back = {"One": "2"} if choice is Choice.STACK else serves
    assert story.production.serves() == went_back


def _ends(story: Story, status: str) -> None:
    """Bring a deployment to an end; what serves then is a bad release all the same."""
    if status == "Succeeded":
        story.releases += 1
        name = f"bad and shifted {story.releases}"
        story.production.release(name, good=False)
        assert story.status_of(story.newest()) == status
        return
    if status == "Failed":
        refused = {"resource": story.production.function, "inside": True}
        story.breaks("denied", "lambda:UpdateAlias", **refused)
    else:
        story.held("Baking")
    deployment = story.somebody_deploys()
    if status == "Stopped":
        story.is_in(deployment, "Baking")
        story.production.aws("codedeploy").stop_deployment(
            deploymentId=deployment, autoRollbackEnabled=True
        )
    story.is_in(deployment, status)
    story.mended()


def _until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
