"""``validate``: check configuration and templates, without AWS."""

from __future__ import annotations

import json
from pathlib import Path

import click

from delivery.cli.options import Settings, common_options
from delivery.cli.render import TEMPLATE, read_application, targets_of
from delivery.config import Configuration, delivery_parameters, load_configuration
from delivery.errors import BadInput
from delivery.render import template_configuration
from delivery.render.packaged import with_revisions
from delivery.validate import (
    RULES,
    Finding,
    Level,
    Rule,
    Subject,
    chosen_rules,
    run_rules,
)
from delivery.validate.model import SourceFile

EXIT_FINDINGS = 2
FOUNDATION = Path("templates/foundation.yaml")
PIPELINE = Path("templates/pipeline.yaml")


@click.command()
@click.option("--only", multiple=True, metavar="RULE", help="Run this rule only.")
@click.option("--skip", multiple=True, metavar="RULE", help="Leave this rule out.")
@click.option("--rules", is_flag=True, help="Tell what each rule demands.")
@click.option(
    "--sarif",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the findings in SARIF to this file too.",
)
@common_options
@click.pass_obj
def validate(
    settings: Settings,
    *,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    rules: bool,
    sarif: Path | None,
) -> int:
    """Check configuration and templates; a finding ends with exit code 2."""
    chosen = chosen_rules(only, skip)
    if rules:
        _show_rules(settings, chosen)
        return 0
    subject = read_subject(load_configuration(settings.config_path))
    findings = run_rules(chosen, subject)
    errors = sum(each.level is Level.ERROR for each in findings)
    if sarif is not None:
        _write_sarif(sarif, chosen, findings)
    _show(settings, findings, errors)
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


def _write_sarif(path: Path, rules: list[Rule], findings: list[Finding]) -> None:
    from delivery.cli.sarif import as_sarif

    text = json.dumps(as_sarif(rules, findings), indent=2) + "\n"
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


def _show(settings: Settings, findings: list[Finding], errors: int) -> None:
    if settings.as_json:
        from delivery.cli.screen import print_result

        print_result({"findings": [_as_data(each) for each in findings]})
        return
    for each in findings:
        mark = "" if each.level is Level.ERROR else "warning: "
        click.echo(f"{each.file}:{each.line or 1}: {mark}{each.rule} {each.message}")
    warnings = len(findings) - errors
    click.echo(
        f"{errors} errors and {warnings} warnings."
        if findings
        else f"No findings by {len(RULES)} rules."
    )


def _show_rules(settings: Settings, rules: list[Rule]) -> None:
    if settings.as_json:
        from delivery.cli.screen import print_result

        print_result({"rules": [{"id": r.id, "demands": r.demands} for r in rules]})
        return
    wide = max(len(rule.id) for rule in rules)
    for rule in rules:
        click.echo(f"{rule.id:<{wide}}  {rule.demands}")


def _as_data(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "file": finding.file,
        "line": finding.line,
        "level": finding.level.value,
        "message": finding.message,
    }
