"""Which versions of functions and which packages nothing needs any more.

Something stays when in doubt: a plan names only what no protected release, no alias, no
stack, no pin and no newest version speaks of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from delivery.maintain.findings import counted
from delivery.model import AliasRoute, StoredPackage, VersionNow

_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Protected:
    """A release that has to stay whole: each function's version, and its template's text."""

    number: int
    versions: Mapping[str, str]
    template: str


@dataclass(frozen=True, slots=True)
class FunctionNow:
    """A function with its published versions, newest first, and where its aliases lead."""

    name: str
    versions: tuple[VersionNow, ...]
    routes: tuple[AliasRoute, ...]


@dataclass(frozen=True, slots=True)
class Environment:
    """What an environment holds, and what of it has to stay.

    ``keep`` versions of each function stay, however little needs them; None keeps all.
    ``templates`` are those whose packages stay besides: the stack's own, and of releases
    whose execution can still be run again. ``published`` are the versions that the stack
    holds by function, and ``pinned`` those that a move by hand began and ended at.
    """

    name: str
    keep: int | None
    protected: tuple[Protected, ...] = ()
    functions: tuple[FunctionNow, ...] = ()
    templates: tuple[str, ...] = ()
    published: Mapping[str, frozenset[str]] = field(default_factory=dict)
    pinned: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OldVersion:
    """A published version that nothing needs."""

    environment: str
    function: str
    version: str
    published_at: str = ""


@dataclass(frozen=True, slots=True)
class CleanUp:
    """What would be deleted, and how much stays; oldest versions first."""

    versions: tuple[OldVersion, ...] = ()
    packages: tuple[StoredPackage, ...] = ()
    kept_versions: int = 0
    kept_packages: int = 0
    protected: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to delete."""
        return not self.versions and not self.packages

    @property
    def bytes(self) -> int:
        """Return how much the packages hold."""
        return sum(each.bytes for each in self.packages)

    @property
    def summary(self) -> str:
        """Return what would be deleted, in a line."""
        versions = counted(len(self.versions), "version")
        packages = counted(len(self.packages), "package")
        return (
            f"{versions} of functions and {packages} ({self.bytes / _MEGABYTE:.1f} MB)"
        )

    def lines(self) -> Iterator[str]:
        """Yield what stays for whom, and what goes."""
        for name, numbers in self.protected.items():
            told = ", ".join(map(str, numbers)) or "none"
            yield f"{name} keeps releases {told} whole"
        for each in self.versions:
            yield f"- {each.environment}: {each.function} version {each.version}"
        for package in self.packages:
            yield (
                f"- {package.key}, {package.bytes / _MEGABYTE:.1f} MB in "
                f"{counted(len(package.version_ids), 'version')}, stored "
                f"{package.stored_at:%Y-%m-%d}"
            )
        yield (
            f"{counted(self.kept_versions, 'version')} and "
            f"{counted(self.kept_packages, 'package')} stay."
        )

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "versions": [
                {
                    "environment": each.environment,
                    "function": each.function,
                    "version": each.version,
                    "published_at": each.published_at,
                }
                for each in self.versions
            ],
            "packages": [
                {
                    "key": each.key,
                    "bytes": each.bytes,
                    "object_versions": len(each.version_ids),
                    "stored_at": each.stored_at.isoformat(),
                }
                for each in self.packages
            ],
            "bytes": self.bytes,
            "kept_versions": self.kept_versions,
            "kept_packages": self.kept_packages,
            "protected_releases": {
                name: list(numbers) for name, numbers in self.protected.items()
            },
        }


def plan_clean_up(
    environments: Sequence[Environment],
    packages: Sequence[StoredPackage],
    *,
    before: datetime,
    nested: Mapping[str, str] | None = None,
) -> CleanUp:
    """Return what nothing needs; packages that were stored at ``before`` or later stay.

    An execution that failed can be retried as long as its artifact is there, and its
    packages stand in no ledger. ``nested`` are packages that are templates themselves, by
    key: what one that is needed names is needed, too.
    """
    old = [each for env in environments for each in _old_versions(env)]
    texts = _with_nested(
        [text for env in environments for text in _templates(env)], nested or {}
    )
    unneeded = tuple(
        each
        for each in packages
        if each.stored_at < before and not any(each.key in text for text in texts)
    )
    there = sum(len(each.versions) for env in environments for each in env.functions)
    return CleanUp(
        tuple(old),
        unneeded,
        there - len(old),
        len(packages) - len(unneeded),
        {
            env.name: tuple(each.number for each in env.protected)
            for env in environments
        },
    )


def needed_versions(environment: Environment, function: FunctionNow) -> set[str]:
    """Return the versions of a function that have to stay."""
    name = function.name
    newest = [each.version for each in function.versions[: environment.keep]]
    routed = {
        version for each in function.routes for version in (each.version, *each.weights)
    }
    released = {each.versions.get(name, "") for each in environment.protected}
    published = environment.published.get(name, frozenset())
    pinned = environment.pinned.get(name, frozenset())
    return {*newest, *routed, *released, *published, *pinned}


def _old_versions(environment: Environment) -> Iterator[OldVersion]:
    for function in environment.functions:
        needed = needed_versions(environment, function)
        for each in reversed(function.versions):
            if each.version not in needed:
                yield OldVersion(
                    environment.name, function.name, each.version, each.published_at
                )


def _with_nested(texts: Sequence[str], nested: Mapping[str, str]) -> list[str]:
    """Return templates with all that they name, and that those name."""
    found, left = list(texts), dict(nested)
    while named := [key for key in left if any(key in text for text in found)]:
        found.extend(left.pop(key) for key in named)
    return found


def _templates(environment: Environment) -> Iterator[str]:
    yield from environment.templates
    for each in environment.protected:
        yield each.template
