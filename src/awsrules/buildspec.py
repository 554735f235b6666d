"""Read a buildspec of version 0.2 and say what is wrong with it.

Source: "Build specification reference for CodeBuild", AWS CodeBuild user guide.
"""

from __future__ import annotations

import re

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

PHASES = ("install", "pre_build", "build", "post_build")
TEST_FORMATS = frozenset(
    (
        "JUNITXML",
        "CUCUMBERJSON",
        "NUNITXML",
        "NUNIT3XML",
        "TESTNGXML",
        "VISUALSTUDIOTRX",
    )
)
COVERAGE_FORMATS = frozenset(("CLOVERXML", "COBERTURAXML", "JACOCOXML", "SIMPLECOV"))
SHELLS = ("bash", "/bin/sh", "sh")

_TOP: dict[str, str | None] = {
    "version": None,
    "run-as": None,
    "env": (
        "shell variables parameter-store secrets-manager exported-variables "
        "git-credential-helper"
    ),
    "proxy": "upload-artifacts logs",
    "batch": None,
    "phases": " ".join(PHASES),
    "reports": None,
    "artifacts": (
        "files name discard-paths base-directory exclude-paths enable-symlinks "
        "s3-prefix secondary-artifacts"
    ),
    "cache": "paths key fallback-keys action namespace",
}
_PHASE = "run-as on-failure runtime-versions commands finally"
_REPORT = "files base-directory discard-paths file-format"


class BuildspecError(ValueError):
    """The buildspec cannot be run; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase: its commands, those that run whatever happens, and what a failure does."""

    name: str
    commands: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    on_failure: str = "ABORT"
    runtime_versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileSet:
    """Files chosen by globs under a folder."""

    files: tuple[str, ...]
    base_directory: str = "."
    discard_paths: bool = False
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A report group's name or ARN and the files that feed it."""

    group: str
    files: FileSet
    file_format: str = "JUNITXML"

    @property
    def is_coverage(self) -> bool:
        """Say whether the files tell coverage rather than test results."""
        return self.file_format in COVERAGE_FORMATS


@dataclass(frozen=True, slots=True)
class Buildspec:
    """A buildspec that can be run."""

    phases: tuple[Phase, ...]
    interpreter: str = "sh"
    variables: Mapping[str, str] = field(default_factory=dict)
    parameter_store: Mapping[str, str] = field(default_factory=dict)
    secrets_manager: Mapping[str, str] = field(default_factory=dict)
    exported_variables: tuple[str, ...] = ()
    reports: tuple[Report, ...] = ()
    artifacts: FileSet | None = None
    secondary_artifacts: Mapping[str, FileSet] = field(default_factory=dict)
    cache_paths: tuple[str, ...] = ()

    def phase(self, name: str) -> Phase:
        """Return the phase called ``name``; an absent one has no commands."""
        return next((item for item in self.phases if item.name == name), Phase(name))


@lru_cache(maxsize=64)
def parse_buildspec(text: str) -> Buildspec:
    """Parse ``text``; the same text is read once, however many rules ask.

    Raises:
        BuildspecError: when CodeBuild would refuse it.
    """
    document = _load(text)
    environment = _mapping(document, "env")
    shell = str(environment.get("shell", "sh"))
    if shell not in SHELLS:
        raise BuildspecError(f"env.shell must be one of {', '.join(SHELLS)}: {shell}")
    phases = _mapping(document, "phases")
    if not phases:
        raise BuildspecError("phases: at least one phase is required")
    artifacts = _mapping(document, "artifacts")
    return Buildspec(
        phases=tuple(_phase(name, phases[name]) for name in PHASES if name in phases),
        interpreter="bash" if shell == "bash" else "sh",
        variables=_texts(environment, "env.variables"),
        parameter_store=_texts(environment, "env.parameter-store"),
        secrets_manager=_texts(environment, "env.secrets-manager"),
        exported_variables=_strings(environment, "env.exported-variables"),
        reports=tuple(
            _report(group, settings or {})
            for group, settings in _mapping(document, "reports").items()
        ),
        artifacts=_file_set(artifacts, "artifacts") if artifacts else None,
        secondary_artifacts={
            str(name): _file_set(
                _known(settings or {}, f"artifacts.secondary-artifacts.{name}"),
                f"artifacts.secondary-artifacts.{name}",
            )
            for name, settings in _mapping(artifacts, "secondary-artifacts").items()
        },
        cache_paths=_strings(_mapping(document, "cache"), "cache.paths"),
    )


def _load(text: str) -> dict[str, Any]:
    import yaml

    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BuildspecError(f"YAML_FILE_ERROR: {error}") from error
    if not isinstance(document, dict):
        raise BuildspecError("YAML_FILE_ERROR: the buildspec is not a mapping")
    if str(document.get("version")) != "0.2":
        raise BuildspecError(f"version must be 0.2: {document.get('version')}")
    for key, value in document.items():
        if key not in _TOP:
            raise BuildspecError(f"unknown key {key}; there are {', '.join(_TOP)}")
        if (allowed := _TOP[key]) is not None:
            _known(value or {}, str(key), allowed)
    return document


def _known(value: Any, where: str, allowed: str | None = None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BuildspecError(f"{where} must be a mapping")
    if allowed is not None:
        for key in value:
            if key not in allowed.split():
                choices = ", ".join(allowed.split())
                raise BuildspecError(f"{where}.{key} is unknown; there are {choices}")
    return value


def _mapping(parent: Mapping[str, Any], key: str) -> dict[str, Any]:
    return _known(parent.get(key) or {}, key)


def _phase(name: str, value: Any) -> Phase:
    where = f"phases.{name}"
    settings = _known(value or {}, where, _PHASE)
    on_failure = str(settings.get("on-failure", "ABORT"))
    if on_failure not in ("ABORT", "CONTINUE"):
        raise BuildspecError(
            f"{where}.on-failure must be ABORT or CONTINUE: {on_failure}"
        )
    return Phase(
        name=name,
        commands=_strings(settings, f"{where}.commands"),
        always=_strings(settings, f"{where}.finally"),
        on_failure=on_failure,
        runtime_versions=_texts(settings, f"{where}.runtime-versions"),
    )


def _report(group: str, value: Any) -> Report:
    where = f"reports.{group}"
    settings = _known(value, where, _REPORT)
    file_format = str(settings.get("file-format", "JUNITXML")).upper()
    if file_format not in TEST_FORMATS | COVERAGE_FORMATS:
        raise BuildspecError(f"{where}.file-format is unknown: {file_format}")
    return Report(group, _file_set(settings, where), file_format)


def _file_set(settings: Mapping[str, Any], where: str) -> FileSet:
    files = _strings(settings, f"{where}.files")
    if not files:
        raise BuildspecError(f"{where}.files is required")
    return FileSet(
        files=files,
        base_directory=str(settings.get("base-directory", ".")),
        discard_paths=_truth(settings.get("discard-paths", False)),
        exclude=_strings(settings, f"{where}.exclude-paths"),
    )


def _strings(parent: Mapping[str, Any], where: str) -> tuple[str, ...]:
    value = parent.get(where.rpartition(".")[2]) or []
    if not isinstance(value, list) or not all(
        isinstance(item, (str, int, float)) for item in value
    ):
        # A command with ": " in it is a mapping to YAML: the commonest slip in a buildspec.
        raise BuildspecError(f"{where} must be a list of strings; quote colons")
    return tuple(str(item) for item in value)


def _texts(parent: Mapping[str, Any], where: str) -> dict[str, str]:
    value = _known(parent.get(where.rpartition(".")[2]) or {}, where)
    return {str(key): str(item) for key, item in value.items()}


def _truth(value: Any) -> bool:
    return str(value).lower() in ("yes", "true")


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.removeprefix("./"))
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(words.get(part) or re.escape(part) for part in parts))


def glob_matches(pattern: str, name: str) -> bool:
    """Say whether a file called ``name`` (with ``/``) is among those of ``pattern``."""
    return _glob(pattern).fullmatch(name) is not None
