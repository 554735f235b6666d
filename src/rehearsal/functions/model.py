"""What Lambda remembers of a function: its settings, versions and aliases."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LATEST = "$LATEST"

_NAME = re.compile(
    r"(?:arn:aws:lambda:[a-z0-9-]+:\d{12}:function:|\d{12}:function:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)


def split_name(text: str) -> tuple[str, str | None]:
    """Read a function's name and qualifier from a name, partial ARN or ARN."""
    match = _NAME.fullmatch(text)
    if match is None:
        return text, None
    return match["name"], match["qualifier"]


def new_revision() -> str:
    """Return a fresh RevisionId."""
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Code:
    """An unpacked package: where it is, and what AWS tells about it."""

    sha256: str
    size: int
    root: Path
    source: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Version:
    """One set of settings with its code: ``$LATEST``, or a number once published."""

    function_arn: str
    number: str
    settings: Mapping[str, Any]
    code: Code
    modified: datetime
    revision_id: str = field(default_factory=new_revision)

    @property
    def name(self) -> str:
        """Return the function's name."""
        return self.function_arn.rpartition(":")[2]

    @property
    def arn(self) -> str:
        """Return the qualified ARN."""
        return f"{self.function_arn}:{self.number}"

    @property
    def variables(self) -> Mapping[str, str]:
        """Return the environment variables that the function was given."""
        variables: Mapping[str, str] = self.settings["Environment"].get("Variables", {})
        return variables

    @property
    def timeout(self) -> int:
        """Return how many seconds an invocation may take."""
        return int(self.settings["Timeout"])

    @property
    def frozen_content(self) -> tuple[str, Mapping[str, Any]]:
        """Return what makes this version differ from another: code and settings."""
        return self.code.sha256, self.settings

    def describe(self, arn: str | None = None) -> dict[str, Any]:
        """Return the FunctionConfiguration that the API answers with."""
        settings = dict(self.settings)
        if not settings["Environment"]:
            del settings["Environment"]
        return {
            **settings,
            "FunctionName": self.name,
            "FunctionArn": arn or self.function_arn,
            "Version": self.number,
            "CodeSize": self.code.size,
            "CodeSha256": self.code.sha256,
            "LastModified": timestamp(self.modified),
            "RevisionId": self.revision_id,
            "State": "Active",
            "LastUpdateStatus": "Successful",
        }


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for a version, and the share of calls that goes to one other."""

    arn: str
    name: str
    version: str
    weights: Mapping[str, float]
    description: str
    revision_id: str = field(default_factory=new_revision)

    def describe(self) -> dict[str, Any]:
        """Return the AliasConfiguration that the API answers with."""
        shape: dict[str, Any] = {
            "AliasArn": self.arn,
            "Name": self.name,
            "FunctionVersion": self.version,
            "Description": self.description,
            "RevisionId": self.revision_id,
        }
        if self.weights:
            shape["RoutingConfig"] = {"AdditionalVersionWeights": dict(self.weights)}
        return shape


@dataclass(slots=True)
class Function:
    """A function. Whoever changes one holds the registry's lock."""

    arn: str
    latest: Version
    tags: dict[str, str]
    published: dict[str, Version] = field(default_factory=dict)
    last_number: int = 0
    published_content: tuple[str, Mapping[str, Any]] | None = None
    aliases: dict[str, Alias] = field(default_factory=dict)
    policies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    reserved: int | None = None
    invoke_configs: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the function's name."""
        return self.arn.rpartition(":")[2]

    def version(self, number: str) -> Version | None:
        """Return ``$LATEST`` or the published version ``number``, if there is one."""
        return self.latest if number == LATEST else self.published.get(number)

    def last_published(self) -> Version | None:
        """Return the version published last, unless it was deleted."""
        return self.published.get(str(self.last_number))


def timestamp(moment: datetime) -> str:
    """Write a time the way Lambda does."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "+0000")
