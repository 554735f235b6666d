"""The structure of the pipeline, which no linter looks at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from delivery.validate.actions import Action, actions_of, literal_text
from delivery.validate.model import Finding, Rule, Subject


def run_orders_without_gaps(subject: Subject) -> Iterator[Finding]:
    """Check that a stage's actions run 1, 2, 3…"""
    for stage, actions in _stages(subject).items():
        orders = sorted({each.run_order for each in actions})
        if orders != list(range(1, len(orders) + 1)):
            message = f"the run orders of {stage} are {orders}, with a gap"
            line = actions[0].line
            yield Finding("run-order", subject.pipeline.name, line, message)


def change_sets_paired(subject: Subject) -> Iterator[Finding]:
    """Check that what is executed was created before, in the same stage."""
    for stage, actions in _stages(subject).items():
        created = {
            _change_set(each): each.run_order
            for each in actions
            if each.configuration.get("ActionMode") == "CHANGE_SET_REPLACE"
        }
        executed = [
            each
            for each in actions
            if each.configuration.get("ActionMode") == "CHANGE_SET_EXECUTE"
        ]
        for each in executed:
            order = created.pop(_change_set(each), None)
            if order is None or order >= each.run_order:
                message = f"{stage}: {each.name} executes what is not created before it"
                yield Finding(
                    "change-set-pair", subject.pipeline.name, each.line, message
                )
        for stack, name in created:
            message = f"{stage}: the change set {name} of {stack} is never executed"
            yield Finding(
                "change-set-pair", subject.pipeline.name, actions[0].line, message
            )


def artifacts_made_before(subject: Subject) -> Iterator[Finding]:
    """Check that each input, and each file's artifact, is an earlier action's output."""
    made: set[str] = set()
    for actions in _stages(subject).values():
        for each in sorted(actions, key=lambda action: action.run_order):
            for name in each.inputs:
                if name not in made:
                    message = f"{each.stage}: {each.name} reads {name}, made by nobody"
                    yield Finding(
                        "artifact-made", subject.pipeline.name, each.line, message
                    )
            for key in ("TemplatePath", "TemplateConfiguration"):
                artifact = literal_text(each.configuration.get(key)).partition("::")[0]
                if artifact and artifact not in each.inputs:
                    message = f"{each.stage}: {key} of {each.name} is in no input of it"
                    yield Finding(
                        "artifact-made", subject.pipeline.name, each.line, message
                    )
            made.update(each.outputs)


def configurations_made(subject: Subject) -> Iterator[Finding]:
    """Check that the build makes each template configuration the pipeline asks for."""
    made = {f"template-configuration.{name}.json" for name in subject.offered}
    for each in actions_of(subject.pipeline):
        path = literal_text(each.configuration.get("TemplateConfiguration"))
        file = path.partition("::")[2]
        if file and file not in made:
            message = f"{each.stage}: {file} is made for no configured environment"
            yield Finding(
                "configuration-made", subject.pipeline.name, each.line, message
            )


def _stages(subject: Subject) -> dict[str, list[Action]]:
    stages: dict[str, list[Action]] = defaultdict(list)
    for action in actions_of(subject.pipeline):
        stages[action.stage].append(action)
    return stages


def _change_set(action: Action) -> tuple[str, str]:
    return (
        literal_text(action.configuration.get("StackName")),
        literal_text(action.configuration.get("ChangeSetName")),
    )


RULES = (
    Rule("run-order", "A stage's run orders have no gap.", run_orders_without_gaps),
    Rule(
        "change-set-pair",
        "Each change set is created and then executed in its stage.",
        change_sets_paired,
    ),
    Rule(
        "artifact-made",
        "Each artifact that an action reads is made before.",
        artifacts_made_before,
    ),
    Rule(
        "configuration-made",
        "The build makes each template configuration that the pipeline asks for.",
        configurations_made,
    ),
)
