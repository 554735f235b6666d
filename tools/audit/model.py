"""What a validator finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; ``resource`` is a logical id of the source, where there is one.

    ``made`` is the resource that SAM made of it, in the translation for the environment
    ``translated``; both are empty for what a person wrote.
    """

    tool: str
    rule: str
    file: str
    resource: str
    message: str
    line: int = 1
    made: str = ""
    translated: str = ""

    def __str__(self) -> str:
        where = f" ({self.made} in {self.translated})" if self.translated else ""
        name = f"{self.resource}: " if self.resource else ""
        return (
            f"{self.file}:{self.line}: {self.tool} {self.rule} {name}{self.message}"
            f"{where}"
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document as it will stand in the account, and whose it is."""

    file: str
    resource: str
    line: int
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that is read.

    ``translations`` are files by environment, ``sources`` the templates by name, ``specs``
    the buildspecs, and ``scripts`` the shell scripts by the name that a finding is told
    under.
    """

    root: Path
    sources: tuple[str, ...]
    application: str
    translations: Mapping[str, Path]
    policies: tuple[Policy, ...]
    specs: tuple[str, ...]
    scripts: Mapping[str, Path]
