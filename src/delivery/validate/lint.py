"""cfn-lint over the templates as they stand, and over what SAM makes of them."""

from __future__ import annotations

import json
import subprocess  # nosec B404  # cfn-lint is run with our own arguments
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awsrules.templates import line_of
from delivery.errors import DeliveryError
from delivery.validate.actions import override_names
from delivery.validate.model import Finding, Level, Rule, SourceFile, Subject
from delivery.validate.sam import NotTranslatable, translate

# cfn-lint's exit code is a sum of 2 (errors), 4 (warnings) and 8 (information); others
# mean that it did not lint. Source: cfn-lint README, "Exit codes".
_LINTED = range(0, 15)


@dataclass(frozen=True, slots=True)
class Match:
    """One line of cfn-lint's JSON."""

    id: str
    level: str
    message: str
    file: Path
    line: int
    path: tuple[Any, ...]


def templates_linted(subject: Subject) -> Iterator[Finding]:
    """Run cfn-lint over the sources and over each environment's translation.

    Of the translations only errors count: SAM leaves conditions and parameters unused that
    another environment's translation uses.
    """
    template = subject.application
    with tempfile.TemporaryDirectory(prefix="translations-") as folder:
        translations: dict[Path, str] = {}
        for environment in subject.values:
            try:
                translated = translated_for(subject, environment)
            except NotTranslatable as error:
                yield from _refused(template, environment, error)
                continue
            file = Path(folder, f"{environment}.json")
            file.write_text(json.dumps(translated), encoding="utf-8")
            translations[file] = environment
        sources = {subject.root / each.name: each.name for each in subject.templates}
        # One process for all files: its start costs as much as the linting.
        for match in run_cfn_lint([*sources, *translations], subject.region):
            environment = translations.get(match.file, "")
            if not environment:
                yield _in_source(match, sources.get(match.file, str(match.file)))
            elif match.level == "Error":
                yield _in_translation(match, template, environment)


def _refused(
    template: SourceFile, environment: str, error: NotTranslatable
) -> Iterator[Finding]:
    for problem in error.problems:
        message = f"{environment}: SAM refuses the template: {problem}"
        yield Finding("lint", template.name, _line_named(template, problem), message)


def _in_source(match: Match, name: str) -> Finding:
    level = Level.ERROR if match.level == "Error" else Level.WARNING
    return Finding("lint", name, match.line, f"{match.id} {match.message}", level)


def _in_translation(match: Match, template: SourceFile, environment: str) -> Finding:
    where = "/".join(str(step) for step in match.path)
    message = f"{environment}: {match.id} {match.message} (at {where})"
    return Finding("lint", template.name, _source_line(template, match.path), message)


def translated_for(subject: Subject, environment: str) -> dict[str, Any]:
    """Give what SAM makes of the application for ``environment``.

    What only the pipeline knows stands there by its name.

    Raises:
        NotTranslatable: with SAM's reasons.
    """
    unknown = {name: f"from-the-pipeline-{name}" for name in _pipelines(subject)}
    values = {**unknown, **subject.values[environment]}
    return translate(subject.packaged, values, region=subject.region)


def run_cfn_lint(files: list[Path], region: str) -> list[Match]:
    """Run cfn-lint in a process of its own: it takes seconds to import.

    Raises:
        DeliveryError: when it could not lint.
    """
    start = "from cfnlint.runner import main; main()"
    command = [sys.executable, "-c", start, "--format", "json", "--regions", region]
    answer = subprocess.run(  # nosec B603  # the interpreter we run in, and paths
        [*command, "--template", *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if answer.returncode not in _LINTED or not answer.stdout.strip():
        raise DeliveryError(
            "cfn-lint did not run.",
            why=answer.stderr.strip()[-500:] or f"It ended with {answer.returncode}.",
            next_step="Install the lock again: make test does.",
        )
    return [_match(each) for each in json.loads(answer.stdout)]


def _match(given: Mapping[str, Any]) -> Match:
    location = given["Location"]
    return Match(
        id=given["Rule"]["Id"],
        level=given["Level"],
        message=given["Message"],
        file=Path(given["Filename"]),
        line=location["Start"]["LineNumber"],
        path=tuple(location.get("Path") or ()),
    )


def _pipelines(subject: Subject) -> set[str]:
    return override_names(subject.pipeline)


def _source_line(template: SourceFile, path: tuple[Any, ...]) -> int | None:
    """Find the line of the resource that SAM made this from: its id begins with it."""
    if len(path) > 1 and path[0] == "Resources":
        made = str(path[1])
        ids = [each for each in template.section("Resources") if made.startswith(each)]
        if ids:
            return line_of(template.body, "Resources", max(ids, key=len))
    return line_of(template.body, *path[:2])


def _line_named(template: SourceFile, problem: str) -> int | None:
    """Find the line of the resource that SAM's sentence names in brackets."""
    for logical_id in template.section("Resources"):
        if f"[{logical_id}]" in problem:
            return line_of(template.body, "Resources", logical_id)
    return None


RULES = (
    Rule(
        "lint",
        "SAM translates the application for each environment, and cfn-lint finds nothing "
        "in the templates and no error in the translations.",
        templates_linted,
    ),
)
