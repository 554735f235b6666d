"""Which logs are meant, and since when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from awsrules.templates import load_template, references
from delivery.errors import BadInput
from delivery.model import StackContents

BUILD, FUNCTIONS, HOOKS = "build", "functions", "hooks"
KINDS = (BUILD, FUNCTIONS, HOOKS)
_PROJECT, _FUNCTION = "AWS::CodeBuild::Project", "AWS::Lambda::Function"
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Writer:
    """A resource that logs: what kind, its name in the template, and in AWS."""

    kind: str
    name: str
    physical_id: str

    def called(self, word: str) -> bool:
        """Tell whether ``word`` names it, in the template or in AWS."""
        return word.lower() in {self.name.lower(), self.physical_id.lower()}


def writers_of(contents: StackContents) -> list[Writer]:
    """Return what logs of a stack: its builds, its functions, and which are hooks."""
    hooks = _hooks(load_template(contents.template, name=contents.stack.name))
    found = []
    for each in contents.resources:
        if each.type == _PROJECT:
            found.append(Writer(BUILD, each.logical_id, each.physical_id))
        elif each.type == _FUNCTION:
            kind = HOOKS if each.logical_id in hooks else FUNCTIONS
            found.append(Writer(kind, each.logical_id, each.physical_id))
    return found


def pick_writers(writers: list[Writer], word: str) -> list[Writer]:
    """Return those of a kind, or the one of that name.

    Raises:
        BadInput: when there is none.
    """
    picked = [each for each in writers if each.kind == word or each.called(word)]
    if picked:
        return picked
    names = ", ".join(each.name for each in writers)
    raise BadInput(
        f"Nothing here that logs is called {word!r}.",
        why=f"There are: {names}." if names else "No stack holds a build or function.",
        next_step=f"Give one of them, or {', '.join(KINDS)}.",
    )


def read_duration(text: str) -> timedelta:
    """Read ``90s``, ``10m``, ``2h`` or ``1d``.

    Raises:
        BadInput: for anything else.
    """
    match = re.fullmatch(r"(\d{1,6})([smhd])", text.strip())
    if match is None:
        raise BadInput(
            f"{text!r} is no length of time.",
            next_step="Give --since a number with s, m, h or d, such as 10m.",
        )
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _hooks(template: Mapping[str, Any]) -> set[str]:
    """Return the logical ids of functions that a traffic shift calls."""
    return {
        name
        for preference in _preferences(template)
        for name in references(preference.get("Hooks") or {})
    }


def _preferences(template: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    shared = template.get("Globals", {}).get("Function", {})
    resources = template.get("Resources", {}).values()
    for properties in (shared, *(each.get("Properties") or {} for each in resources)):
        preference = properties.get("DeploymentPreference")
        if isinstance(preference, Mapping):
            yield preference
