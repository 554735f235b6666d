"""The work of ``render``: an environment's values, and a release's files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from delivery.cli.auditing import LOCKS
from delivery.cli.facts import build_facts
from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_result
from delivery.config import (
    Configuration,
    application_parameters,
    application_tags,
    load_configuration,
)
from delivery.errors import BadInput
from delivery.render import (
    BuildFacts,
    Target,
    render_release,
    template_configuration,
    write_files,
)

TEMPLATE = Path("templates/template.yaml")


def render_configurations(
    settings: Settings,
    environment: str | None,
    *,
    packaged: Path | None,
    code: Path | None,
    into: Path | None,
) -> None:
    """Show what each environment is given, or write a release's files ``into`` a folder."""
    configuration = load_configuration(settings.config_path)
    template = read_application(packaged or TEMPLATE)
    targets = targets_of(configuration, environment)
    if into is None:
        _show(settings, template, targets)
        return
    facts = build_facts(now=datetime.now(UTC))
    bill = _bill(configuration, facts, code) if code else ""
    release = render_release(template, targets, facts, code_folder=code, bill=bill)
    written = write_files(into, release.files)
    if settings.as_json:
        print_result({"files": [str(path) for path in written]})
        return
    for path in written:
        echo(str(path))


def _bill(configuration: Configuration, facts: BuildFacts, code: Path) -> str:
    """Give the bill of materials of what `sam build` put into ``code``, by function."""
    from delivery.supply import Bill, bill_of_materials
    from delivery.supply.bill import packages_in, pinned_in

    pinned = (pinned_in(each.read_text("utf-8")) for each in LOCKS if each.is_file())
    return bill_of_materials(
        Bill(
            name=configuration.project.name,
            version=facts.commit,
            built_at=facts.built_at,
            functions={
                each.name: tuple(packages_in(each))
                for each in sorted(code.iterdir())
                if each.is_dir()
            },
            pinned=tuple(dict.fromkeys(each for many in pinned for each in many)),
        )
    )


def targets_of(
    configuration: Configuration, environment: str | None = None
) -> list[Target]:
    """Give what is rendered for: all environments, or the one that was asked for.

    Raises:
        BadInput: when the configuration does not have it.
    """
    known = list(configuration.environments)
    if environment is not None and environment not in known:
        raise BadInput(
            f"There is no environment {environment}.",
            why=f"{configuration.path} has: {', '.join(known)}.",
            next_step="Name one of them, or none for all.",
        )
    return [
        _target(configuration, name) for name in known if environment in (None, name)
    ]


def read_application(path: Path) -> dict[str, Any]:
    """Read the application's template.

    Raises:
        BadInput: when the file is missing or is no template.
    """
    from awsrules.templates import TemplateError, load_template

    try:
        return load_template(path.read_text(encoding="utf-8"), name=str(path))
    except OSError as error:
        raise BadInput(
            f"The template {path} cannot be read.",
            why=str(error),
            next_step="Run the tool in the project's folder, after `sam package` when "
            "you gave --packaged.",
        ) from error
    except TemplateError as error:
        raise BadInput(
            f"The template {path} is not valid.",
            why=str(error),
            next_step="./deploy_pipeline.py validate",
        ) from error


def _target(configuration: Configuration, name: str) -> Target:
    return Target(
        name=name,
        offered=application_parameters(configuration, name),
        tags=application_tags(configuration, name),
        own=frozenset(configuration.environments[name].parameters),
        settings={
            each.key.removeprefix(f"{name}."): each.value
            for each in configuration.settings
            if each.key.startswith(f"{name}.")
        },
    )


def _show(settings: Settings, template: dict[str, Any], targets: list[Target]) -> None:
    shown = {each.name: template_configuration(template, each) for each in targets}
    if settings.as_json:
        print_result(shown)
        return
    for name, configuration in shown.items():
        echo(f"{name}:")
        for block, values in configuration.items():
            echo(f"  {block}:")
            wide = max(map(len, values), default=0)
            for key, value in values.items():
                echo(f"    {key:<{wide}}  {value}")
