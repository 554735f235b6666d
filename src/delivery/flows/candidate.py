"""What is reviewed, what an execution chose for it, and what a review left in the store."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from delivery.errors import Refused
from delivery.model import (
    APPLICATION_STACK_PREFIX,
    IGNORED,
    OVERRIDDEN_ENVIRONMENT,
    SHIFT_ALARMS,
    WATCHED,
    Execution,
    Override,
)
from delivery.ports import ReleaseStore
from delivery.review.inputs import read_configuration

# Stacks that do not exist yet are looked at under a name of their own, so that whoever
# removes the empty one needs no right to delete an environment.
REVIEW_STACK_PREFIX = "medical-record-analysis-review-"
TEMPLATE_NAME = "packaged.yaml"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is to be reviewed: one execution's package with one environment's values."""

    environment: str
    execution: str
    template: bytes
    parameters: Mapping[str, str]
    tags: Mapping[str, str]

    @property
    def stack(self) -> str:
        """Return the name of the environment's stack."""
        return f"{APPLICATION_STACK_PREFIX}{self.environment}"

    @property
    def review_stack(self) -> str:
        """Return the name under which a stack that does not exist is reviewed."""
        return f"{REVIEW_STACK_PREFIX}{self.environment}"

    def key(self, name: str) -> str:
        """Return where something of this review is stored."""
        return f"reviews/{self.execution}/{name}"


def stored_candidate(
    store: ReleaseStore, environment: str, execution: str
) -> Candidate | None:
    """Return what was reviewed before, or None when nothing of it was stored."""
    name = f"reviews/{execution}/{inputs_name(environment)}"
    if name not in store.keys(name):
        return None
    inputs, template = store.read([name, f"reviews/{execution}/{TEMPLATE_NAME}"])
    parameters, tags = read_configuration(inputs.decode(), name=name)
    return Candidate(environment, execution, template, parameters, tags)


def stored_review(
    store: ReleaseStore, environment: str, executions: Sequence[str]
) -> str | None:
    """Return the text of the first execution that was reviewed, or None."""
    for execution in executions:
        key = f"reviews/{execution}/{environment}.txt"
        if key in store.keys(key):
            return store.read([key])[0].decode()
    return None


def shifts_by_review(store: ReleaseStore, environment: str, execution: str) -> bool:
    """Say whether the release shifts, by its review; what was not reviewed may."""
    key = f"reviews/{execution}/{environment}.json"
    if key not in store.keys(key):
        return True
    return bool(json.loads(store.read([key])[0]).get("shifts", True))


def refuse_unknown_choice(execution: Execution) -> None:
    """Refuse a value that nobody may start an execution with.

    The pipeline writes it into the deployment's parameters as it is; anything but the two
    words could bring more along than a choice.

    Raises:
        Refused: for any other value.
    """
    given = execution.variables.get(SHIFT_ALARMS, WATCHED)
    if given in {WATCHED, IGNORED}:
        return
    raise Refused(
        f"Execution {execution.id} was started with a {SHIFT_ALARMS} that does not exist.",
        why=f"It is {WATCHED} or {IGNORED}, and nothing else.",
        next_step="Find out who started it (StartPipelineExecution in CloudTrail); then "
        "./deploy_pipeline.py start.",
    )


def with_choice(candidate: Candidate, execution: Execution) -> Candidate:
    """Return the candidate with the choice that the pipeline hands on to its deployment."""
    if candidate.environment != OVERRIDDEN_ENVIRONMENT or not execution.override:
        return candidate
    return replace(
        candidate, parameters={**candidate.parameters, SHIFT_ALARMS: IGNORED}
    )


def override_in(candidate: Candidate, execution: Execution) -> Override | None:
    """Return the override that the candidate's deployment is given, or None."""
    here = candidate.parameters.get(SHIFT_ALARMS) == IGNORED
    return execution.override if here else None


def inputs_name(environment: str) -> str:
    """Return what the values of an environment are stored as."""
    return f"{environment}.configuration.json"
