"""cfn-lint over the templates as they stand, and over what SAM makes of them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from awsrules.templates import line_of
from delivery.validate.actions import override_names
from delivery.validate.cfn_lint import Match, lint_files
from delivery.validate.model import Finding, Level, Rule, SourceFile, Subject
from delivery.validate.sam import NotTranslatable, translate


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
        files = [*sources, *translations]
        found = lint_files(files, subject.region, subject.timings)
        for file, name in sources.items():
            yield from (_in_source(match, name) for match in found[file])
        for file, environment in translations.items():
            for match in found[file]:
                if match.level == "Error":
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
    names = override_names(subject.pipeline)
    unknown = {name: f"from-the-pipeline-{name}" for name in names}
    values = {**unknown, **subject.values[environment]}
    return translate(subject.packaged, values, region=subject.region)


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
