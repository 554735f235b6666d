"""What deployments would change, as data and as lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from delivery.model import ResourceChange
from delivery.model.marks import marks_of

PIPELINE_TYPE = "AWS::CodePipeline::Pipeline"


@dataclass(frozen=True, slots=True)
class StackDifference:
    """One stack: what a deployment of it would change."""

    name: str
    creates: bool
    changed: bool
    changes: tuple[ResourceChange, ...] = ()
    widened: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "name": self.name,
            "creates": self.creates,
            "changed": self.changed,
            "changes": [_change_data(each) for each in self.changes],
            "widened": list(self.widened),
        }

    def lines(self) -> Iterator[str]:
        """Say each change with the paths of its properties and what needs a look."""
        if not self.changed:
            yield f"Stack {self.name}: no changes."
            return
        yield f"Stack {self.name}: {'create' if self.creates else 'update'}"
        for change in self.changes:
            marks = ", ".join(marks_of(change)).upper()
            yield f"  {change.action:<7} {change.logical_id}  {change.type}" + (
                f"  {marks}" if marks else ""
            )
            if change.action == "Modify":
                yield from (f"            {path}" for path in paths_of(change))
        for each in self.widened:
            yield f"  ALLOWS MORE  {each}"
        if not self.changes:
            yield "  no resource; outputs or settings of the stack"


@dataclass(frozen=True, slots=True)
class Differences:
    """All stacks, and what the change means for the pipeline itself.

    ``running`` is the execution that an update of the pipeline would cancel; ``unknown``
    says which stack could not be looked at yet.
    """

    stacks: tuple[StackDifference, ...]
    running: str = ""
    unknown: str = ""

    @property
    def different(self) -> bool:
        """Whether a deployment would change anything."""
        return any(each.changed for each in self.stacks)

    @property
    def updates_pipeline(self) -> bool:
        """Whether the pipeline would get a new version."""
        return any(updates_pipeline(each.changes) for each in self.stacks)

    def as_data(self) -> dict[str, Any]:
        """Return plain data for ``diff --output json``."""
        return {
            "different": self.different,
            "updates_pipeline": self.updates_pipeline,
            "running_execution": self.running or None,
            "unknown": self.unknown,
            "stacks": [each.as_data() for each in self.stacks],
        }

    def lines(self) -> Iterator[str]:
        """Say all of it, the consequences for the pipeline last."""
        for stack in self.stacks:
            yield from stack.lines()
        if self.unknown:
            yield self.unknown
        if self.updates_pipeline:
            yield "The pipeline itself changes: " + consequences(self.running)


def updates_pipeline(changes: tuple[ResourceChange, ...]) -> bool:
    """Tell whether an existing pipeline would be changed."""
    return any(each.type == PIPELINE_TYPE and each.action != "Add" for each in changes)


def consequences(running: str) -> str:
    """Say what an update of the pipeline resource takes away.

    Source: AWS CodePipeline User Guide, "How pipeline executions work" and "Configuring
    stage rollback": a stage goes back to executions of the present version only.
    """
    lost = (
        "CodePipeline's own stage rollback has no target before it; ./rollback.py has."
    )
    return f"execution {running} is cancelled; {lost}" if running else lost


def paths_of(change: ResourceChange) -> tuple[str, ...]:
    """Return where a resource changes: paths where CloudFormation gives them."""
    return change.paths or change.properties


def _change_data(change: ResourceChange) -> dict[str, Any]:
    return {
        "resource": change.logical_id,
        "type": change.type,
        "action": change.action,
        "replacement": change.replacement,
        "policy_action": change.policy_action,
        "paths": list(paths_of(change)),
        "marks": [each.value for each in marks_of(change)],
    }
