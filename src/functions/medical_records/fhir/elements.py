"""How FHIR's data types look in JSON, and where a value does not look like its type.

A check takes a value and its path and yields findings; a finding says what was
expected, never what was there. JSON form: http://hl7.org/fhir/R4/json.html; types and
their patterns: http://hl7.org/fhir/R4/datatypes.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from medical_records.fhir.dates import parse_partial

# Beyond any measurement, and well within what decimal arithmetic holds.
_MAX_MAGNITUDE = 100
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_CODE = re.compile(r"[^\s]+(\s[^\s]+)*")


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where the record does not follow FHIR."""

    path: str
    code: str
    message: str


Check = Callable[[Any, str], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type: how it is checked, and how often it may stand."""

    check: Check
    many: bool = False
    required: bool = False


def one(check: Check) -> Element:
    """Return an element that may stand once (0..1)."""
    return Element(check)


def must(check: Check) -> Element:
    """Return an element that must stand once (1..1)."""
    return Element(check, required=True)


def many(check: Check) -> Element:
    """Return an element that may repeat (0..*)."""
    return Element(check, many=True)


def record(
    elements: Mapping[str, Element],
    *,
    choices: Mapping[str, tuple[str, ...]] | None = None,
    must_choose: tuple[str, ...] = (),
) -> Check:
    """Return the check of an object with these elements.

    ``choices`` are FHIR's ``value[x]``: of the names listed at most one may stand, and
    exactly one where the choice is in ``must_choose``. Elements not listed pass
    unread: FHIR has many that an analysis has no use for.
    """
    groups = choices or {}

    def check(value: Any, path: str) -> Iterator[Finding]:
        if not isinstance(value, dict):
            yield _wrong(path, "an object")
            return
        for name, element in elements.items():
            yield from _check_element(value, name, element, f"{path}.{name}")
        for choice, names in groups.items():
            given = sum(name in value for name in names)
            if given > 1:
                yield Finding(
                    f"{path}.{names_first(names, value)}",
                    "several_choices",
                    f"Only one form of {choice}[x] may stand.",
                )
            if not given and choice in must_choose:
                yield _missing(f"{path}.{choice}[x]")

    return check


def names_first(names: tuple[str, ...], value: Mapping[str, Any]) -> str:
    """Return the first of ``names`` that ``value`` has."""
    return next(name for name in names if name in value)


def text(value: Any, path: str) -> Iterator[Finding]:
    """Expect a string with something in it."""
    if not isinstance(value, str):
        yield _wrong(path, "a string")
    elif not value.strip():
        yield _wrong(path, "a string that is not empty")


def identifier(value: Any, path: str) -> Iterator[Finding]:
    """Expect a resource id."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        yield _wrong(path, "an id of 1 to 64 letters, digits, '-' and '.'")


def code(value: Any, path: str) -> Iterator[Finding]:
    """Expect a code: words with single spaces between them."""
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        yield _wrong(path, "a code")


def boolean(value: Any, path: str) -> Iterator[Finding]:
    """Expect true or false."""
    if not isinstance(value, bool):
        yield _wrong(path, "true or false")


def decimal(value: Any, path: str) -> Iterator[Finding]:
    """Expect a number, written as a number, that something can measure."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        yield _wrong(path, "a number")
    elif abs(Decimal(value).adjusted()) > _MAX_MAGNITUDE:
        yield _wrong(path, f"a number within 10 to the power of {_MAX_MAGNITUDE}")


def moment(value: Any, path: str) -> Iterator[Finding]:
    """Expect a date, date with time, or instant."""
    if not isinstance(value, str) or parse_partial(value) is None:
        yield _wrong(
            path, "a date as YYYY, YYYY-MM or YYYY-MM-DD, or a time with its zone"
        )


CODING = record({"system": one(text), "code": one(code), "display": one(text)})
CONCEPT = record({"coding": many(CODING), "text": one(text)})
IDENTIFIER = record({"system": one(text), "value": one(text)})
REFERENCE = record(
    {
        "reference": one(text),
        "type": one(text),
        "identifier": one(IDENTIFIER),
        "display": one(text),
    }
)
PERIOD = record({"start": one(moment), "end": one(moment)})
QUANTITY = record(
    {
        "value": one(decimal),
        "comparator": one(code),
        "unit": one(text),
        "system": one(text),
        "code": one(code),
    }
)
RANGE = record({"low": one(QUANTITY), "high": one(QUANTITY)})
ANNOTATION = record({"text": one(text)})


def _check_element(
    owner: Mapping[str, Any], name: str, element: Element, path: str
) -> Iterator[Finding]:
    if name not in owner:
        if element.required:
            yield _missing(path)
        return
    value = owner[name]
    if not element.many:
        yield from element.check(value, path)
    elif not isinstance(value, list) or not value:
        yield _wrong(path, "a list that is not empty")
    else:
        for index, item in enumerate(value):
            yield from element.check(item, f"{path}[{index}]")


def _wrong(path: str, expected: str) -> Finding:
    return Finding(path, "wrong_type", f"Expected {expected}.")


def _missing(path: str) -> Finding:
    return Finding(path, "missing", "This element is required.")
