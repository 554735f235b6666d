"""Parameters: every template gets each value it needs, and takes each it is given."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from awsrules.templates import TemplateError, effective_parameters, line_of
from delivery.validate.actions import (
    actions_of,
    chosen_names,
    override_names,
    overrides_text,
)
from delivery.validate.model import Finding, Rule, SourceFile, Subject

# What the deploy tool asks the operator for, or finds out itself.
ANSWERED = frozenset(
    {
        "Environment",
        "GitHubBranch",
        "GitHubOwner",
        "GitHubRepository",
        "SourceAccess",
        "TokenVersion",
    }
)
# Source: AWS CodePipeline API Reference, ActionDeclaration.configuration.
MOST_CHARACTERS = 1000


def fits_constraints(subject: Subject) -> Iterator[Finding]:
    """Check each environment's values against the application's parameters."""
    template = subject.application
    declared = template.section("Parameters")
    for environment, values in subject.offered.items():
        for name, value in values.items():
            if name not in declared:
                continue
            one = {"Parameters": {name: declared[name]}}
            try:
                effective_parameters(one, {name: value})
            except TemplateError as error:
                line = line_of(template.body, "Parameters", name)
                message = f"{environment}: {error.message} (the value is {value!r})"
                yield Finding("parameter-value", template.name, line, message)


def has_a_source(subject: Subject) -> Iterator[Finding]:
    """Check that each parameter without a default is supplied by somebody."""
    offered = _common(subject.offered)
    overridden = override_names(subject.pipeline)
    yield from _unsupplied(
        subject.application,
        {*offered, *overridden},
        "neither the configuration nor the pipeline's ParameterOverrides",
    )
    outputs = subject.foundation.section("Outputs")
    yield from _unsupplied(
        subject.pipeline,
        {*ANSWERED, *outputs, *subject.delivery},
        "neither the configuration, the operator nor an output of the foundation",
    )
    yield from _unsupplied(
        subject.foundation,
        {*ANSWERED, *subject.delivery},
        "neither the configuration nor the operator",
    )


def is_taken(subject: Subject) -> Iterator[Finding]:
    """Check that each configured value reaches a parameter of some template."""
    declared = subject.application.section("Parameters")
    for name in sorted(_common(subject.offered) - set(declared)):
        yield Finding(
            "parameter-unused",
            subject.application.name,
            line_of(subject.application.body, "Parameters"),
            f"the configuration offers {name}, and the template does not declare it",
        )
    both = {
        *subject.foundation.section("Parameters"),
        *subject.pipeline.section("Parameters"),
    }
    for name in sorted(set(subject.delivery) - both):
        yield Finding(
            "parameter-unused",
            subject.pipeline.name,
            line_of(subject.pipeline.body, "Parameters"),
            f"the configuration offers {name}, and neither foundation nor pipeline "
            "declares it",
        )


def overrides_agree(subject: Subject) -> Iterator[Finding]:
    """Check the pipeline's ParameterOverrides: form, size, and that they are declared."""
    declared = subject.application.section("Parameters")
    for action in actions_of(subject.pipeline):
        text = overrides_text(action)
        if not text:
            continue
        where = (subject.pipeline.name, action.line)
        if len(text) > MOST_CHARACTERS:
            message = f"{action.name}: ParameterOverrides are over 1000 characters"
            yield Finding("parameter-override", *where, message)
        names = _names_in(text)
        if names is None:
            message = f"{action.name}: ParameterOverrides are not a JSON object"
            yield Finding("parameter-override", *where, message)
            continue
        for name in sorted(names - set(declared)):
            message = (
                f"{action.name}: ParameterOverrides give {name}, which "
                f"{subject.application.name} does not declare"
            )
            yield Finding("parameter-override", *where, message)


def chosen_by_executions_only(subject: Subject) -> Iterator[Finding]:
    """Check that no environment's configuration gives what one execution may choose."""
    chosen = {
        name for each in actions_of(subject.pipeline) for name in chosen_names(each)
    }
    declared = subject.application.section("Parameters")
    for environment, values in subject.offered.items():
        for name in sorted(chosen & set(values)):
            yield Finding(
                "parameter-chosen",
                subject.application.name,
                line_of(declared, name),
                f"the configuration of {environment} gives {name}, which is for one "
                "execution to choose: the choice would stay",
            )


def _common(offered: Mapping[str, Mapping[str, str]]) -> set[str]:
    names = [set(values) for values in offered.values()]
    return set.intersection(*names) if names else set()


def _unsupplied(
    template: SourceFile, supplied: set[str], nobody: str
) -> Iterator[Finding]:
    declared: Mapping[str, Any] = template.section("Parameters")
    for name, declaration in declared.items():
        if "Default" not in declaration and name not in supplied:
            yield Finding(
                "parameter-missing",
                template.name,
                line_of(template.body, "Parameters", name),
                f"{name} has no default, and {nobody} supplies it",
            )


def _names_in(text: str) -> set[str] | None:
    try:
        given = json.loads(text)
    except json.JSONDecodeError:
        return None
    return set(given) if isinstance(given, dict) else None


RULES = (
    Rule(
        "parameter-value",
        "Each environment's values keep the constraints of template.yaml.",
        fits_constraints,
    ),
    Rule(
        "parameter-missing",
        "Each parameter without a default is supplied by somebody.",
        has_a_source,
    ),
    Rule(
        "parameter-unused",
        "Each configured value reaches a parameter of a template.",
        is_taken,
    ),
    Rule(
        "parameter-override",
        "ParameterOverrides are a small JSON object of declared parameters.",
        overrides_agree,
    ),
    Rule(
        "parameter-chosen",
        "What one execution may choose is not given by the configuration.",
        chosen_by_executions_only,
    ),
)
