"""The condition operators of a policy.

Source: AWS IAM User Guide, "IAM JSON policy elements: Condition operators", "Conditions with
multiple context keys or values", "Set operators for multivalued context keys".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from awsrules.policies.matching import arns_match, filled_in, matches_pattern, plain
from awsrules.policies.model import Request, as_texts

Test = Callable[[str, str], bool]


class UnknownOperator(ValueError):
    """A condition uses an operator that IAM does not have."""


def conditions_hold(conditions: Mapping[str, Any], request: Request) -> bool:
    """Say whether every operator holds for every key it names.

    Raises:
        UnknownOperator: for an operator that IAM does not have.
    """
    return all(
        _holds(operator, key, as_texts(wanted), request)
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def _holds(operator: str, key: str, wanted: tuple[str, ...], request: Request) -> bool:
    given = request.value_of(key)
    if operator == "Null":
        return (given is None) == (wanted[0].lower() == "true")
    quantifier, _, name = operator.rpartition(":")
    optional = name.endswith("IfExists")
    test, negated = _test(name.removesuffix("IfExists"))
    if not given:
        # ForAllValues is true of nothing; a negated operator is true of an absent key.
        return optional or quantifier == "ForAllValues" or (negated and not quantifier)
    filled = [text for each in wanted if (text := filled_in(each, request)) is not None]

    def fits(value: str) -> bool:
        return any(_safely(test, each, value) for each in filled) is not negated

    if quantifier == "ForAnyValue" or not quantifier:
        return any(map(fits, given)) if quantifier else all(map(fits, given))
    return all(map(fits, given))


def _safely(test: Test, wanted: str, value: str) -> bool:
    """A value of another kind than the operator's matches nothing."""
    try:
        return test(wanted, value)
    except ValueError:
        return False


def _test(name: str) -> tuple[Test, bool]:
    if name in _TESTS:
        return _TESTS[name], False
    for negative, positive in _NEGATED.items():
        if name == negative:
            return _TESTS[positive], True
    raise UnknownOperator(f"{name} is not a condition operator")


def _time(text: str) -> datetime:
    if text.isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _in_network(wanted: str, value: str) -> bool:
    network = ipaddress.ip_network(wanted, strict=False)
    return ipaddress.ip_address(value) in network


_TESTS: dict[str, Test] = {
    "StringEquals": lambda wanted, value: plain(wanted) == value,
    "StringEqualsIgnoreCase": lambda wanted, value: (
        plain(wanted).lower() == value.lower()
    ),
    "StringLike": matches_pattern,
    "ArnEquals": arns_match,
    "ArnLike": arns_match,
    "Bool": lambda wanted, value: wanted.lower() == value.lower(),
    "BinaryEquals": lambda wanted, value: wanted == value,
    "NumericEquals": lambda wanted, value: float(value) == float(wanted),
    "NumericLessThan": lambda wanted, value: float(value) < float(wanted),
    "NumericLessThanEquals": lambda wanted, value: float(value) <= float(wanted),
    "NumericGreaterThan": lambda wanted, value: float(value) > float(wanted),
    "NumericGreaterThanEquals": lambda wanted, value: float(value) >= float(wanted),
    "DateEquals": lambda wanted, value: _time(value) == _time(wanted),
    "DateLessThan": lambda wanted, value: _time(value) < _time(wanted),
    "DateLessThanEquals": lambda wanted, value: _time(value) <= _time(wanted),
    "DateGreaterThan": lambda wanted, value: _time(value) > _time(wanted),
    "DateGreaterThanEquals": lambda wanted, value: _time(value) >= _time(wanted),
    "IpAddress": _in_network,
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
}
