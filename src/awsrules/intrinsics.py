"""What CloudFormation's intrinsic functions make of a value, as far as it is known.

Source: AWS CloudFormation User Guide, "Intrinsic function reference", "Condition
functions", "Using dynamic references to specify template values".
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from awsrules.template_errors import TemplateError

RefLookup = Callable[[str], Any]
AttLookup = Callable[[str, str], Any]


class _NoValue(Enum):
    NO_VALUE = "AWS::NoValue"


NO_VALUE: Final = _NoValue.NO_VALUE

_CONDITION_FUNCTIONS = frozenset(
    {"Condition", "Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"}
)
_VARIABLE = re.compile(r"\$\{(!?)([^}!][^}]*)\}")
_DYNAMIC = re.compile(r"\{\{resolve:(secretsmanager|ssm-secure|ssm):([^{}]+)\}\}")


@dataclass(frozen=True, slots=True)
class Scope:
    """What is known when a value is resolved.

    ``pseudo`` holds AWS::Region, AWS::AccountId, AWS::Partition, AWS::StackName,
    AWS::StackId, AWS::URLSuffix.
    """

    parameters: Mapping[str, Any]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, bool]
    pseudo: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DynamicReference:
    """One ``{{resolve:…}}`` in a text, taken apart.

    ``name`` is the secret's name or ARN, or the parameter's name; the other fields are
    empty where the reference leaves them out.
    """

    text: str
    service: str
    name: str
    json_key: str = ""
    version_stage: str = ""
    version_id: str = ""


def evaluate_conditions(
    template: Mapping[str, Any],
    parameters: Mapping[str, Any],
    pseudo: Mapping[str, str],
) -> dict[str, bool]:
    """Decide each condition of ``template``.

    Raises:
        TemplateError: for a condition that does not exist or that needs itself.
    """
    expressions: Mapping[str, Any] = template.get("Conditions") or {}
    decided: dict[str, bool] = {}
    scope = Scope(parameters, template.get("Mappings") or {}, decided, pseudo)

    def decide(name: str, waiting: tuple[str, ...]) -> None:
        if name in waiting:
            raise TemplateError(
                f"Template error: circular condition dependency: {name}"
            )
        if name not in expressions:
            raise TemplateError(
                f"Template error: unresolved condition dependency {name}"
            )
        for needed in _conditions_in(expressions[name]):
            if needed not in decided:
                decide(needed, (*waiting, name))
        decided[name] = holds(expressions[name], scope)

    for name in expressions:
        if name not in decided:
            decide(name, ())
    return decided


def holds(expression: Any, scope: Scope) -> bool:
    """Say whether a condition expression holds, given the conditions in ``scope``."""
    function, argument = _single(expression)
    match function:
        case "Condition":
            return _condition(argument, scope)
        case "Fn::Equals":
            left, right = (resolve(side, scope) for side in argument)
            return _as_text(left) == _as_text(right)
        case "Fn::And":
            return all(holds(each, scope) for each in argument)
        case "Fn::Or":
            return any(holds(each, scope) for each in argument)
        case "Fn::Not":
            return not holds(argument[0], scope)
        case _:
            raise TemplateError(
                f"Template error: {function or expression} is not a condition function"
            )


def resolve(
    value: Any,
    scope: Scope,
    *,
    ref: RefLookup | None = None,
    att: AttLookup | None = None,
) -> Any:
    """Replace each intrinsic function in ``value`` that can be decided.

    ``ref`` and ``att`` answer for resources; without them those functions stay, and
    so does a function that contains one. `NO_VALUE` is dropped from mappings and
    lists, and returned when it is all there is. Dynamic references stay as they are.

    Raises:
        TemplateError: for a missing mapping, condition or index.
    """
    return _Resolver(scope, ref, att).resolve(value)


def references(value: Any) -> frozenset[str]:
    """Name all that ``value`` refers to by Ref, Fn::GetAtt or Fn::Sub."""
    return frozenset(
        name for name in _references(value) if not name.startswith("AWS::")
    )


def contains_intrinsic(value: Any) -> bool:
    """Say whether anything in ``value`` is still an intrinsic function."""
    match value:
        case dict():
            function, _ = _single(value)
            return _is_function(function) or any(
                contains_intrinsic(each) for each in value.values()
            )
        case list():
            return any(contains_intrinsic(each) for each in value)
        case _:
            return False


def dynamic_references(value: Any) -> list[DynamicReference]:
    """List each ``{{resolve:…}}`` in ``value``, in order."""
    match value:
        case str():
            return [_parse_dynamic(match) for match in _DYNAMIC.finditer(value)]
        case dict():
            return [one for each in value.values() for one in dynamic_references(each)]
        case list():
            return [one for each in value for one in dynamic_references(each)]
        case _:
            return []


def replace_dynamic_references(
    value: Any, lookup: Callable[[DynamicReference], str]
) -> Any:
    """Give a copy of ``value`` with each ``{{resolve:…}}`` replaced by its value."""
    match value:
        case str():
            return _DYNAMIC.sub(lambda match: lookup(_parse_dynamic(match)), value)
        case dict():
            return {
                key: replace_dynamic_references(each, lookup)
                for key, each in value.items()
            }
        case list():
            return [replace_dynamic_references(each, lookup) for each in value]
        case _:
            return value


class _Resolver:
    """Resolve one value, innermost first; of an Fn::If only the taken branch."""

    def __init__(
        self, scope: Scope, ref: RefLookup | None, att: AttLookup | None
    ) -> None:
        self._scope = scope
        self._ref_lookup = ref
        self._att_lookup = att

    def resolve(self, value: Any) -> Any:
        match value:
            case dict():
                function, argument = _single(value)
                if _is_function(function):
                    return self._function(function, argument)
                return self._mapping(value)
            case list():
                kept = (self.resolve(each) for each in value)
                return [each for each in kept if each is not NO_VALUE]
            case _:
                return value

    def _mapping(self, value: Mapping[str, Any]) -> dict[str, Any]:
        kept = {key: self.resolve(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each is not NO_VALUE}

    def _function(self, function: str, argument: Any) -> Any:
        match function:
            case "Ref":
                return self._ref(str(argument))
            case "Fn::If":
                name, yes, no = argument
                return self.resolve(yes if _condition(name, self._scope) else no)
            case "Fn::Sub":
                return self._sub(argument)
            case "Fn::GetAtt":
                return self._get_att(argument)
            case _:
                argument = self.resolve(argument)
                if contains_intrinsic(argument):
                    return {function: argument}
                return self._plain_function(function, argument)

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        for known in (self._scope.parameters, self._scope.pseudo):
            if name in known:
                return known[name]
        return self._ref_lookup(name) if self._ref_lookup else {"Ref": name}

    def _get_att(self, argument: Any) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        logical_id, attribute = parts[0], self.resolve(parts[1])
        if self._att_lookup is None or not isinstance(attribute, str):
            return {"Fn::GetAtt": [logical_id, attribute]}
        return self._att_lookup(logical_id, attribute)

    def _sub(self, argument: Any) -> Any:
        text, given = (argument, {}) if isinstance(argument, str) else argument
        known = self._mapping(given)
        open_names: set[str] = set()

        def value_of(name: str) -> Any:
            if name in known:
                return known[name]
            if "." in name:
                return self._get_att(name)
            return self._ref(name)

        def put(match: re.Match[str]) -> str:
            if match[1]:
                return match[0]
            name = match[2].strip()
            value = value_of(name)
            if contains_intrinsic(value):
                open_names.add(name)
                return match[0]
            return _as_text(value)

        filled = _VARIABLE.sub(put, text)
        if open_names:
            left = {name: each for name, each in known.items() if name in open_names}
            return {"Fn::Sub": [filled, left] if left else filled}
        return re.sub(r"\$\{!([^}]*)\}", r"${\1}", filled)

    def _plain_function(self, function: str, argument: Any) -> Any:
        match function:
            case "Fn::Join":
                separator, items = argument
                return str(separator).join(_as_text(each) for each in items)
            case "Fn::Select":
                return _select(*argument)
            case "Fn::Split":
                separator, text = argument
                return str(text).split(str(separator))
            case "Fn::FindInMap":
                return _find_in_map(self._scope.mappings, argument)
            case "Fn::Base64":
                return base64.b64encode(str(argument).encode()).decode()
            case "Fn::Length":
                return len(argument)
            case "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not":
                return holds({function: argument}, self._scope)
            case _:
                return {function: argument}


def _single(value: Any) -> tuple[str, Any]:
    if isinstance(value, dict) and len(value) == 1:
        ((key, argument),) = value.items()
        return str(key), argument
    return "", None


def _is_function(key: str) -> bool:
    return key == "Ref" or key.startswith("Fn::")


def _condition(name: Any, scope: Scope) -> bool:
    if name not in scope.conditions:
        raise TemplateError(f"Template error: unresolved condition dependency {name}")
    return scope.conditions[name]


def _conditions_in(expression: Any) -> Iterator[str]:
    function, argument = _single(expression)
    if function == "Condition":
        yield argument
    elif function == "Fn::If":
        yield argument[0]
    elif function in _CONDITION_FUNCTIONS:
        for each in argument:
            yield from _conditions_in(each)


def _references(value: Any) -> Iterator[str]:
    function, argument = _single(value)
    match function:
        case "Ref":
            yield str(argument)
        case "Fn::GetAtt":
            whole = argument if isinstance(argument, str) else argument[0]
            yield str(whole).split(".", 1)[0]
        case "Fn::Sub":
            text, given = (argument, {}) if isinstance(argument, str) else argument
            found = (match for match in _VARIABLE.finditer(text) if not match[1])
            names = (match[2].strip() for match in found)
            yield from (each.split(".", 1)[0] for each in names if each not in given)
            yield from _references(list(given.values()))
        case _:
            for each in _children(value):
                yield from _references(each)


def _children(value: Any) -> Iterable[Any]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()


def _select(index: Any, items: Any) -> Any:
    if not 0 <= int(index) < len(items):
        raise TemplateError(
            "Template error: Fn::Select cannot select nonexistent value at index "
            f"{index}"
        )
    return items[int(index)]


def _find_in_map(mappings: Mapping[str, Any], argument: list[Any]) -> Any:
    name, top, second = (str(each) for each in argument[:3])
    found = mappings.get(name, {}).get(top, {})
    if second in found:
        return found[second]
    if len(argument) > 3:
        return argument[3]["DefaultValue"]
    raise TemplateError(
        f"Template error: Unable to get mapping for {name}::{top}::{second}"
    )


def _as_text(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return ",".join(_as_text(each) for each in value)
        case _:
            return str(value)


def _parse_dynamic(match: re.Match[str]) -> DynamicReference:
    service, rest = match[1], match[2]
    parts = rest.split(":")
    if service != "secretsmanager":
        version = parts[1] if len(parts) > 1 else ""
        return DynamicReference(match[0], service, parts[0], version_id=version)
    # A secret's ARN has seven parts, its name has one.
    length = 7 if parts[0] == "arn" else 1
    name = ":".join(parts[:length])
    key, stage, version = (parts[length + 1 :] + ["", "", ""])[:3]
    return DynamicReference(match[0], service, name, key, stage, version)
