"""What a rule is given, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from awsrules.templates import line_of


class Level(StrEnum):
    """An error fails the build; a warning is only told."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, where, and by which rule."""

    rule: str
    file: str
    line: int | None
    message: str
    level: Level = Level.ERROR

    def __str__(self) -> str:
        return f"{self.file}:{self.line or 1}: {self.rule} {self.message}"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A template as it stands: its name for messages, its text, and what it says."""

    name: str
    text: str
    body: Mapping[str, Any]

    def section(self, name: str) -> Mapping[str, Any]:
        """Give a section of the template, empty where it has none."""
        found: Mapping[str, Any] = self.body.get(name) or {}
        return found

    def of_type(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the resources of a type: their logical ids, and their properties."""
        for logical_id, resource in self.section("Resources").items():
            if resource.get("Type") == kind:
                yield logical_id, resource.get("Properties", {})

    def finding(self, rule: str, logical_id: str, message: str) -> Finding:
        """Return what is wrong with a resource, at its line."""
        line = line_of(self.body, "Resources", logical_id)
        return Finding(rule, self.name, line, message)


@dataclass(frozen=True, slots=True)
class Subject:
    """All that the rules look at.

    ``buildspecs`` are the texts of the buildspecs by file.
    ``offered`` is what the configuration gives each environment of the application, and
    ``delivery`` what it gives foundation and pipeline. ``packaged`` is the application's
    template as the build would hand it to CloudFormation, and ``values`` the parameters of
    each environment for it, revisions included. Rules that run another program note in
    ``timings`` what it took, in seconds, by name.
    """

    root: Path
    region: str
    foundation: SourceFile
    pipeline: SourceFile
    application: SourceFile
    buildspecs: Mapping[str, str]
    offered: Mapping[str, Mapping[str, str]]
    delivery: Mapping[str, str]
    packaged: Mapping[str, Any]
    values: Mapping[str, Mapping[str, str]]
    timings: dict[str, float] = field(default_factory=dict, compare=False, repr=False)

    @property
    def templates(self) -> tuple[SourceFile, ...]:
        """The three templates, in the order in which they are deployed."""
        return (self.foundation, self.pipeline, self.application)

    @property
    def released(self) -> frozenset[str]:
        """The files that `render` writes into a build's artifact."""
        configurations = (f"template-configuration.{each}.json" for each in self.values)
        whole = ("packaged.yaml", "sbom.cdx.json", "deployment_manifest.json")
        return frozenset({*whole, *configurations})


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it demands, in a sentence, and how it is checked.

    ``reason`` says what happens otherwise, and ``source`` which public page says so.
    """

    id: str
    demands: str
    check: Callable[[Subject], Iterable[Finding]]
    reason: str = ""
    source: str = ""
