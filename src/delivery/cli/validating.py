"""The work of ``validate``: run rules, show what they found and what they prove."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.rendering import TEMPLATE, read_application, targets_of
from delivery.cli.screen import make_screen, print_result
from delivery.config import Configuration, delivery_parameters, load_configuration
from delivery.errors import BadInput
from delivery.render import template_configuration
from delivery.render.packaged import with_revisions
from delivery.validate import (
    Finding,
    Level,
    Rule,
    Subject,
    chosen_rules,
    timed_rules,
)
from delivery.validate.model import SourceFile
from delivery.validate.summary import Summary, summarize

EXIT_FINDINGS = 2
FOUNDATION = Path("templates/foundation.yaml")
PIPELINE = Path("templates/pipeline.yaml")


def run_rules(
    settings: Settings, only: tuple[str, ...], skip: tuple[str, ...], sarif: Path | None
) -> int:
    """Run the chosen rules, print their findings, and return the exit code."""
    chosen = chosen_rules(only, skip)
    subject = read_subject(load_configuration(settings.config_path))
    with make_screen(yes=settings.yes).working("Validating") as tell:
        findings, seconds = timed_rules(chosen, subject, tell)
    errors = sum(each.level is Level.ERROR for each in findings)
    ids = [each.id for each in chosen]
    proven = None if errors else summarize(subject, ids, seconds)
    if sarif is not None:
        _write_sarif(sarif, chosen, findings, proven)
    _show(settings, findings, errors, proven)
    return EXIT_FINDINGS if errors else 0


def read_subject(configuration: Configuration) -> Subject:
    """Read the templates, and render the application's for every environment.

    Raises:
        BadInput: when a file is missing or unreadable, or values do not fit.
    """
    application = read_application(TEMPLATE)
    targets = targets_of(configuration)
    return Subject(
        root=Path.cwd(),
        region=configuration.project.region,
        foundation=_source(FOUNDATION),
        pipeline=_source(PIPELINE),
        application=_source(TEMPLATE),
        buildspecs=_buildspecs(),
        offered={each.name: each.offered for each in targets},
        delivery=delivery_parameters(configuration),
        packaged=with_revisions(application),
        values={
            each.name: template_configuration(application, each)["Parameters"]
            for each in targets
        },
    )


def _write_sarif(
    path: Path, rules: list[Rule], findings: list[Finding], proven: Summary | None
) -> None:
    from delivery.cli.sarif import as_sarif

    text = json.dumps(as_sarif(rules, findings, proven), indent=2) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(
            f"{path} cannot be written.",
            why=str(error.strerror),
            next_step="Give --sarif a file in a folder that exists.",
        ) from error


def _buildspecs() -> dict[str, str]:
    files = [Path("buildspec.yml"), *sorted(Path("buildspecs").glob("*.yml"))]
    return {
        file.as_posix(): file.read_text(encoding="utf-8")
        for file in files
        if file.is_file()
    }


def _source(path: Path) -> SourceFile:
    body = read_application(path)
    return SourceFile(str(path), path.read_text(encoding="utf-8"), body)


def _show(
    settings: Settings, findings: list[Finding], errors: int, proven: Summary | None
) -> None:
    if settings.as_json:
        told = [_as_data(each) for each in findings]
        summary = proven.as_data() if proven else None
        print_result({"findings": told, "summary": summary})
        return
    for each in findings:
        mark = "" if each.level is Level.ERROR else "warning: "
        echo(f"{each.file}:{each.line or 1}: {mark}{each.rule} {each.message}")
    if findings:
        echo(f"{errors} errors and {len(findings) - errors} warnings.")
    if proven is not None:
        echo("\n".join(_summary_lines(proven, clean=not findings)))


def _summary_lines(proven: Summary, *, clean: bool) -> Iterator[str]:
    """Say what was proven, and what took how long."""
    if clean:
        yield f"No findings by {proven.rules} rules."
    names = ", ".join(proven.environments)
    yield f"Looked at: {len(proven.templates)} templates, each for {names}."
    if proven.roles:
        yield "Proven: each role may do what is asked of it, and nothing that is not:"
    for each in proven.roles:
        yield f"  {each.role}: {each.needed} asked, by {each.granted} actions granted"
    if proven.attempts:
        yield f"Refused: {proven.attempts} attempts of the delivery's roles to get more."
    yield f"Proofs: {proven.proof_seconds:.1f} s. {_lint_line(proven)}"


def _lint_line(proven: Summary) -> str:
    if proven.lint_seconds is None:
        return "cfn-lint: not run."
    if proven.import_seconds is None:
        return f"cfn-lint, from its cache: {proven.lint_seconds:.1f} s."
    rest = proven.lint_seconds - proven.import_seconds
    return (
        f"cfn-lint: {proven.import_seconds:.1f} s to import it, {rest:.1f} s to lint."
    )


def show_rules(
    settings: Settings, only: tuple[str, ...], skip: tuple[str, ...]
) -> None:
    """Print what each of the chosen rules demands."""
    rules = chosen_rules(only, skip)
    if settings.as_json:
        print_result({"rules": [{"id": r.id, "demands": r.demands} for r in rules]})
        return
    wide = max(len(rule.id) for rule in rules)
    for rule in rules:
        echo(f"{rule.id:<{wide}}  {rule.demands}")


def _as_data(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "file": finding.file,
        "line": finding.line,
        "level": finding.level.value,
        "message": finding.message,
    }
