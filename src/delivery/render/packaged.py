"""Add to a packaged template the parameters by which each function publishes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from delivery.errors import BadInput
from delivery.render.functions import published_functions

# CloudFormation's limit of parameters in a template.
# Source: AWS CloudFormation User Guide, "Understand CloudFormation quotas".
MOST_PARAMETERS = 200


def with_revisions(template: Mapping[str, Any]) -> dict[str, Any]:
    """Give a copy of ``template`` in which each published function takes a revision.

    Raises:
        BadInput: when a function sets AutoPublishCodeSha256 itself, or when there would be
            more parameters than CloudFormation takes.
    """
    made: dict[str, Any] = plain(template)
    parameters = made.setdefault("Parameters", {})
    for function in published_functions(template):
        own = made["Resources"][function.logical_id]["Properties"]
        if "AutoPublishCodeSha256" in own:
            raise BadInput(
                f"{function.logical_id} sets AutoPublishCodeSha256 itself.",
                why="The build adds it, from the code and every setting a version freezes.",
                next_step="Remove the line from templates/template.yaml.",
            )
        own["AutoPublishCodeSha256"] = {"Ref": function.revision_parameter}
        parameters[function.revision_parameter] = {
            "Type": "String",
            "AllowedPattern": "[0-9a-f]{64}",
            "Description": f"What a version of {function.logical_id} freezes, as one hash; "
            "a new value publishes a new version.",
        }
    if len(parameters) > MOST_PARAMETERS:
        raise BadInput(
            f"The template would have {len(parameters)} parameters.",
            why=f"CloudFormation takes {MOST_PARAMETERS}, and each function adds one.",
            next_step="Move functions into a second application.",
        )
    return made


def as_yaml(template: Mapping[str, Any]) -> str:
    """Write a template as YAML; equal templates give equal text."""
    import yaml

    return yaml.safe_dump(
        plain(template), sort_keys=False, allow_unicode=True, width=100
    )


def plain(value: Any) -> Any:
    """Give a deep copy in plain dictionaries and lists."""
    match value:
        case dict():
            return {key: plain(each) for key, each in value.items()}
        case list():
            return [plain(each) for each in value]
        case _:
            return value
