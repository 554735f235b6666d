"""The template configuration of one environment: parameters and tags.

Source of the form: AWS CodePipeline User Guide, "AWS CloudFormation deploy action
reference", TemplateConfiguration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsrules.templates import TemplateError, effective_parameters
from delivery.errors import BadInput
from delivery.render.model import Target
from delivery.render.revision import revisions


def template_configuration(
    template: Mapping[str, Any], target: Target
) -> dict[str, dict[str, str]]:
    """Give what CloudFormation is told for ``target``, revisions included.

    ``template`` is the packaged one before revisions are added to it. Parameters that
    nothing here has a value for are left to their default or to the pipeline.

    Raises:
        BadInput: when a value breaks its parameter's constraints, or when the environment
            has a parameter of its own that the template does not declare.
    """
    declared: Mapping[str, Any] = template.get("Parameters", {})
    strangers = sorted(target.own - set(declared))
    if strangers:
        raise BadInput(
            f"{target.name} has values for parameters that the template does not have: "
            f"{', '.join(strangers)}.",
            why="environment_config.yaml names them under parameters.",
            next_step="Declare them in templates/template.yaml, or remove them.",
        )
    given = {name: target.offered[name] for name in declared if name in target.offered}
    effective = known_values(template, given, target.name)
    values = {**given, **revisions(template, effective)}
    return {
        "Parameters": dict(sorted(values.items())),
        "Tags": dict(sorted(target.tags.items())),
    }


def known_values(
    template: Mapping[str, Any], given: Mapping[str, str], environment: str
) -> dict[str, Any]:
    """Give the values that are known before the pipeline adds its own, in their types.

    Raises:
        BadInput: when one breaks its parameter's constraints.
    """
    declared: Mapping[str, Any] = template.get("Parameters", {})
    known = {
        name: declaration
        for name, declaration in declared.items()
        if name in given or "Default" in declaration
    }
    try:
        return effective_parameters({"Parameters": known}, given)
    except TemplateError as error:
        raise BadInput(
            f"The values of {environment} do not fit templates/template.yaml.",
            why=str(error),
            next_step=f"./deploy_pipeline.py config explain {environment} shows where "
            "each value comes from.",
        ) from error
