"""What AWS does not document, as switches: what the tool promises must hold under each.

The first answer to a question is what the plane does by itself. Each other answer has a name:
it is in force while there is a fault of kind ``assumption`` with that name as its target.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

ROLLBACK_BY_DEPLOYMENT = "alias-rollback-by-deployment"
ROLLBACK_PAST_ALARMS = "alias-rollback-past-alarms"
SHIFT_LEFT_RUNNING = "cancel-leaves-shift-running"
VERSION_UNCHECKED = "appspec-version-unchecked"
EMPTY_FAILS = "empty-change-set-fails"


@dataclass(frozen=True, slots=True)
class Assumption:
    """One question, the plane's own answer, and the others by name."""

    question: str
    answer: str
    others: dict[str, str]
    source: str

    def as_data(self, in_force: set[str]) -> dict[str, Any]:
        """Return it as plain data, with the answer in force."""
        chosen = [name for name in self.others if name in in_force]
        return {
            "question": self.question,
            "answer": self.answer,
            "others": self.others,
            "in_force": chosen[0] if chosen else None,
            "source": self.source,
        }


ASSUMPTIONS = (
    Assumption(
        "How does CloudFormation's rollback move an alias back that CodeDeploy shifts?",
        "at once, without a deployment",
        {
            ROLLBACK_BY_DEPLOYMENT: "by a deployment with the whole shift, which an alarm "
            "that still fires blocks",
            ROLLBACK_PAST_ALARMS: "by a deployment with the whole shift, whatever alarms say",
        },
        "deploymentInfo.creator has the value CloudFormationRollback (botocore's model)",
    ),
    Assumption(
        "What becomes of a deployment in flight when its stack's update is cancelled?",
        "it is stopped, traffic returns, and the stack waits for that",
        {SHIFT_LEFT_RUNNING: "it goes on, and the stack's rollback conflicts with it"},
        "serverless-application-model, issue 291: A conflicting deployment is in progress",
    ),
    Assumption(
        "Does CodeDeploy compare the AppSpec's current version with the alias's?",
        "yes, and a difference fails the deployment",
        {VERSION_UNCHECKED: "no"},
        "serverless-application-model, issue 291",
    ),
    Assumption(
        "What does an empty change set do to a CloudFormation action of a pipeline?",
        "it succeeds, and so does the action that executes it",
        {EMPTY_FAILS: "it fails the action that makes it"},
        "CDK Pipelines relies on the pair of actions",
    ),
)
NAMES = frozenset(name for each in ASSUMPTIONS for name in each.others)


@dataclass(frozen=True, slots=True)
class Setting:
    """One answer to every question: the names of those that are not the plane's own."""

    names: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return "+".join(self.names) or "as-assumed"


def each_alone() -> list[Setting]:
    """List the plane's own answers, and each other one among them."""
    others = [name for each in ASSUMPTIONS for name in each.others]
    return [Setting(), *(Setting((name,)) for name in others)]


def every_combination() -> list[Setting]:
    """List all answers to all questions."""
    answers = [[None, *each.others] for each in ASSUMPTIONS]
    return [
        Setting(tuple(name for name in chosen if name))
        for chosen in itertools.product(*answers)
    ]


def describe(in_force: set[str]) -> list[dict[str, Any]]:
    """Return all assumptions as plain data, with the answers in force."""
    return [each.as_data(in_force) for each in ASSUMPTIONS]
