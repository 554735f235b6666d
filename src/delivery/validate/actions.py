"""The pipeline's stages and actions, read from pipeline.yaml at its full reach."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from awsrules.templates import TemplateError, evaluate_conditions, line_of
from delivery.validate.model import SourceFile

PIPELINE_TYPE = "AWS::CodePipeline::Pipeline"
# The parameter that chooses between sources, and what belongs to a pipeline's full reach.
_SOURCE = "SourceAccess"
_FULL_REACH = {"PlaceApproves": "true"}


@dataclass(frozen=True, slots=True)
class Action:
    """One action, unresolved; an Fn::If gives one for each of its branches."""

    stage: str
    name: str
    run_order: int
    provider: str
    configuration: Mapping[str, Any]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    namespace: str
    line: int | None
    given: Mapping[str, Any]

    @property
    def type_id(self) -> Mapping[str, Any]:
        """Its ActionTypeId: category, owner, provider and version."""
        found: Mapping[str, Any] = self.given.get("ActionTypeId", {})
        return found

    @property
    def mode(self) -> str:
        """What a CloudFormation action does; empty for others."""
        return str(self.configuration.get("ActionMode", ""))


def pipelines_of(template: SourceFile) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give each pipeline's logical id and properties."""
    for logical_id, resource in template.section("Resources").items():
        if resource.get("Type") == PIPELINE_TYPE:
            yield logical_id, resource.get("Properties", {})


def actions_of(template: SourceFile) -> Iterator[Action]:
    """Give every action of every stage that the pipeline can have."""
    for _, properties in pipelines_of(template):
        for stage in branches(properties.get("Stages", [])):
            for action in branches(stage.get("Actions", [])):
                yield _action(str(stage.get("Name")), action)


def variants_of(template: SourceFile) -> Iterator[list[list[Action]]]:
    """Give the stages of each pipeline as they can stand side by side.

    That is once for each way in which it gets what it releases, always at full reach.
    """
    for conditions in _conditions_of(template):
        for _, properties in pipelines_of(template):
            yield [
                [
                    _action(str(stage.get("Name")), action)
                    for action in _taken(stage.get("Actions", []), conditions)
                ]
                for stage in _taken(properties.get("Stages", []), conditions)
            ]


def _conditions_of(template: SourceFile) -> Iterator[Mapping[str, bool]]:
    declared = template.section("Parameters")
    values = {name: each.get("Default") or "any" for name, each in declared.items()}
    values |= {name: each for name, each in _FULL_REACH.items() if name in declared}
    ways = declared.get(_SOURCE, {}).get("AllowedValues", ["any"])
    for way in ways:
        try:
            yield evaluate_conditions(template.body, {**values, _SOURCE: way}, {})
        except TemplateError:
            yield {}  # the linter tells what is wrong with a condition


def _taken(items: Any, conditions: Mapping[str, bool]) -> Iterator[Any]:
    """Give the items of a list, and of each Fn::If in it the branch that is taken."""
    for item in items:
        match item:
            case {"Fn::If": [str(name), yes, no]}:
                yield from _taken(
                    [yes if conditions.get(name, True) else no], conditions
                )
            case {"Ref": "AWS::NoValue"}:
                continue
            case _:
                yield item


def branches(items: Any) -> Iterator[Any]:
    """Give the items of a list, and of each Fn::If in it both branches."""
    for item in items if isinstance(items, list) else [items]:
        match item:
            case {"Fn::If": [_, yes, no]}:
                yield from branches(yes)
                yield from branches(no)
            case {"Ref": "AWS::NoValue"}:
                continue
            case _:
                yield item


def overrides_text(action: Action) -> str:
    """Give an action's ParameterOverrides as far as they are literal text."""
    return literal_text(action.configuration.get("ParameterOverrides", ""))


def override_names(template: SourceFile) -> set[str]:
    """Give the parameters that every deployment of the application is given."""
    found: list[set[str]] = []
    for action in actions_of(template):
        if action.configuration.get("ActionMode") in {
            "CHANGE_SET_REPLACE",
            "CREATE_UPDATE",
        }:
            found.append(_names(overrides_text(action)))
    return set.intersection(*found) if found else set()


def chosen_names(action: Action) -> set[str]:
    """Give the parameters whose values come from the execution's own variables."""
    given = json_object(overrides_text(action))
    return {name for name, value in given.items() if "#{variables." in str(value)}


def literal_text(value: Any) -> str:
    """Give the text of a string or an Fn::Sub, its variables left as they stand."""
    match value:
        case str():
            return value
        case {"Fn::Sub": str(text)}:
            return text
        case {"Fn::Sub": [str(text), _]}:
            return text
        case _:
            return ""


def fixed_overrides(action: Action) -> dict[str, Any]:
    """Give an action's ParameterOverrides without those that an execution chooses."""
    chosen = chosen_names(action)
    given = json_object(overrides_text(action))
    return {name: value for name, value in given.items() if name not in chosen}


def _names(text: str) -> set[str]:
    return set(json_object(text))


def json_object(text: str) -> dict[str, Any]:
    """Give the JSON object that ``text`` is, or an empty one."""
    try:
        given = json.loads(text or "{}")
    except json.JSONDecodeError:
        return {}
    return given if isinstance(given, dict) else {}


def _action(stage: str, given: Mapping[str, Any]) -> Action:
    return Action(
        stage=stage,
        name=str(given.get("Name")),
        run_order=int(given.get("RunOrder", 1)),
        provider=str(given.get("ActionTypeId", {}).get("Provider")),
        configuration=given.get("Configuration", {}),
        inputs=tuple(each["Name"] for each in given.get("InputArtifacts", [])),
        outputs=tuple(each["Name"] for each in given.get("OutputArtifacts", [])),
        namespace=str(given.get("Namespace", "")),
        line=line_of(given),
        given=given,
    )
