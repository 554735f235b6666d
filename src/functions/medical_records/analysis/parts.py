"""The small pieces every part of an analysis is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Item = dict[str, Any]


def item(**fields: Any) -> Item:
    """Return the fields that say something; absent and empty ones are left out."""
    return {name: value for name, value in fields.items() if value not in _NOTHING}


def name_of(concept: Mapping[str, Any] | None) -> str | None:
    """Return the words for a concept: its text, else a display, else a code."""
    if not concept:
        return None
    codings = concept.get("coding", ())
    words = [concept.get("text")]
    words += [coding.get("display") for coding in codings]
    words += [coding.get("code") for coding in codings]
    return next((word for word in words if word), None)


def names_of(concepts: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the words for those concepts that have any."""
    return [name for concept in concepts if (name := name_of(concept))]


def codes_of(concept: Mapping[str, Any] | None) -> list[Item]:
    """Return the codes of a concept with their systems."""
    codings = (concept or {}).get("coding", ())
    return [
        item(system=coding.get("system"), code=coding["code"])
        for coding in codings
        if "code" in coding
    ]


def code_of(concept: Mapping[str, Any] | None) -> str | None:
    """Return the first code of a concept, such as a status."""
    return next((coding["code"] for coding in codes_of(concept)), None)


def when(content: Mapping[str, Any], name: str) -> Item:
    """Return in which form ``onset[x]`` or its like says when."""
    return item(
        dateTime=content.get(f"{name}DateTime"),
        period=_span(content.get(f"{name}Period"), "start", "end"),
        age=quantity(content.get(f"{name}Age")),
        range=_span(content.get(f"{name}Range"), "low", "high"),
        text=content.get(f"{name}String"),
    )


def quantity(content: Mapping[str, Any] | None) -> Item:
    """Return a quantity's value and unit, as they were measured."""
    found = content or {}
    return item(
        comparator=found.get("comparator"),
        value=found.get("value"),
        unit=found.get("unit") or found.get("code"),
    )


def _span(content: Mapping[str, Any] | None, first: str, last: str) -> Item:
    ends = {name: (content or {}).get(name) for name in (first, last)}
    return item(
        **{k: quantity(v) if isinstance(v, dict) else v for k, v in ends.items()}
    )


# A value of 0 or false says something; it equals none of these.
_NOTHING: tuple[Any, ...] = (None, "", [], {}, ())
