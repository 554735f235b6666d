"""What a template's parameters become, and the refusals CloudFormation gives.

Source: AWS CloudFormation User Guide, "Parameters" and "Rules".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from awsrules.intrinsics import Scope, holds, resolve
from awsrules.template_errors import TemplateError

_INTEGER = re.compile(r"[+-]?[0-9]+")


def effective_parameters(
    template: Mapping[str, Any], given: Mapping[str, str]
) -> dict[str, Any]:
    """Give every parameter's value: what was given, else its default, in its type.

    Numbers become `int` or `float`, lists become lists of text.

    Raises:
        TemplateError: for one that is unknown, has no value, or breaks its constraints.
    """
    declared: Mapping[str, Any] = template.get("Parameters") or {}
    unknown = [name for name in given if name not in declared]
    if unknown:
        raise TemplateError(
            f"Parameters: [{', '.join(unknown)}] do not exist in the template"
        )
    missing = [
        name
        for name, declaration in declared.items()
        if name not in given and "Default" not in declaration
    ]
    if missing:
        raise TemplateError(f"Parameters: [{', '.join(missing)}] must have values")
    return {
        name: _effective(name, declaration, given.get(name))
        for name, declaration in declared.items()
    }


def broken_rules(template: Mapping[str, Any], scope: Scope) -> list[str]:
    """List the assertions of the template's Rules that do not hold."""
    broken: list[str] = []
    for name, rule in (template.get("Rules") or {}).items():
        condition = rule.get("RuleCondition")
        if condition is not None and not _rule_holds(condition, scope):
            continue
        for assertion in rule["Assertions"]:
            if not _rule_holds(assertion["Assert"], scope):
                broken.append(
                    assertion.get("AssertDescription", f"rule {name} does not hold")
                )
    return broken


def _effective(name: str, declaration: Mapping[str, Any], given: str | None) -> Any:
    kind = str(declaration.get("Type", "String"))
    text = given if given is not None else _default_text(declaration["Default"])
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        items = [each.strip() for each in text.split(",")] if text else []
        for each in items:
            _check(name, declaration, each, number="Number" in kind)
        return items
    _check(name, declaration, text, number=kind == "Number")
    return _number(text) if kind == "Number" else text


def _default_text(default: Any) -> str:
    if isinstance(default, bool):
        return "true" if default else "false"
    return str(default)


def _check(
    name: str, declaration: Mapping[str, Any], text: str, *, number: bool
) -> None:
    problem = _problem(declaration, text, number=number)
    if not problem:
        return
    described = declaration.get("ConstraintDescription")
    if described:
        raise TemplateError(
            f"Parameter {name} failed to satisfy constraint: {described}"
        )
    raise TemplateError(f"Parameter '{name}' {problem}")


def _problem(declaration: Mapping[str, Any], text: str, *, number: bool) -> str:
    allowed = declaration.get("AllowedValues")
    if allowed is not None and text not in {_default_text(each) for each in allowed}:
        return "must be one of AllowedValues"
    pattern = declaration.get("AllowedPattern")
    if pattern and not re.fullmatch(str(pattern), text):
        return f"must match pattern {pattern}"
    return _number_problem(declaration, text) if number else _length(declaration, text)


def _length(declaration: Mapping[str, Any], text: str) -> str:
    least, most = declaration.get("MinLength"), declaration.get("MaxLength")
    if least is not None and len(text) < int(least):
        return f"must contain at least {least} characters"
    if most is not None and len(text) > int(most):
        return f"must contain at most {most} characters"
    return ""


def _number_problem(declaration: Mapping[str, Any], text: str) -> str:
    try:
        value = _number(text)
    except ValueError:
        return "must be a number"
    least, most = declaration.get("MinValue"), declaration.get("MaxValue")
    if least is not None and value < float(least):
        return f"must be a number not less than {least}"
    if most is not None and value > float(most):
        return f"must be a number not greater than {most}"
    return ""


def _number(text: str) -> int | float:
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def _rule_holds(expression: Any, scope: Scope) -> bool:
    if isinstance(expression, dict) and len(expression) == 1:
        ((function, argument),) = expression.items()
        match function:
            case "Fn::Contains":
                items, wanted = (resolve(each, scope) for each in argument)
                return str(wanted) in {str(each) for each in items}
            case "Fn::Not":
                return not _rule_holds(argument[0], scope)
            case "Fn::And":
                return all(_rule_holds(each, scope) for each in argument)
            case "Fn::Or":
                return any(_rule_holds(each, scope) for each in argument)
    return holds(expression, scope)
