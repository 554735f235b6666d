"""Read an AppSpec for Lambda: what moves from which version to which, and the hooks.

https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

BEFORE, ALLOW, AFTER = "BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"


class BadRevision(ValueError):
    """A revision that CodeDeploy does not take; the text says why."""


@dataclass(frozen=True, slots=True)
class AppSpec:
    """One alias to move, and the functions that test the new version."""

    function: str
    alias: str
    current: str
    target: str
    hooks: Mapping[str, str]


def read_revision(revision: Mapping[str, Any]) -> AppSpec:
    """Read the AppSpec that CreateDeployment was given.

    Raises:
        BadRevision: when it is not there, was changed on the way, or cannot be read.
    """
    content = revision.get("appSpecContent") or revision.get("string") or {}
    text = content.get("content")
    if not text:
        raise BadRevision("The revision must be given as appSpecContent.")
    given = content.get("sha256")
    if given and given != hashlib.sha256(text.encode()).hexdigest():
        raise BadRevision("The SHA256 of the AppSpec does not match its content.")
    try:
        return _appspec(yaml.safe_load(text))
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadRevision(
            "The AppSpec file is missing or has an invalid configuration."
        ) from error


def _appspec(document: Mapping[str, Any]) -> AppSpec:
    resources = document.get("Resources") or document["resources"]
    (named,) = resources
    (resource,) = named.values()
    if _member(resource, "Type") != "AWS::Lambda::Function":
        raise ValueError("only AWS::Lambda::Function can be shifted here")
    properties = _member(resource, "Properties")
    hooks: dict[str, str] = {}
    for item in document.get("Hooks") or document.get("hooks") or ():
        hooks |= item
    return AppSpec(
        function=str(_member(properties, "Name")),
        alias=str(_member(properties, "Alias")),
        current=str(_member(properties, "CurrentVersion")),
        target=str(_member(properties, "TargetVersion")),
        hooks=hooks,
    )


def _member(mapping: Mapping[str, Any], name: str) -> Any:
    """Return a member; the AppSpec's own page writes names in either case."""
    return next(v for k, v in mapping.items() if k.lower() == name.lower())
