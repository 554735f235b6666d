"""Facts of a small delivery, and of the shipped one, for tests of what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from awsrules.templates import load_template
from delivery.config import (
    application_parameters,
    delivery_parameters,
    load_configuration,
)
from delivery.cost.actions import Around, environment_pattern
from delivery.cost.assumptions import Assumptions
from delivery.cost.facts import Facts, StackFacts
from delivery.cost.prices import load_prices
from delivery.cost.read import read_stack
from delivery.cost.report import Templates, read_facts
from delivery.cost.templates import read_template

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ("development", "staging", "production")
CACHED = (
    "version: 0.2\nphases: {build: {commands: [make]}}\ncache: {paths: ['.cache/**/*']}"
)


def around(buildspecs: Mapping[str, str] | None = None) -> Around:
    """Stacks are called `app-lambda-<environment>`; buildspecs are those given."""
    found = buildspecs or {}
    return Around(environment_pattern("app-lambda-"), lambda path: found.get(path, ""))


def read(text: str, section: str = "production", **more: Any) -> StackFacts:
    """Read one stack of a template's text."""
    parameters = more.pop("parameters", {})
    stack = read_template(
        load_template(text, name="test.yaml"), parameters, region="us-east-1"
    )
    return read_stack(
        section, stack, load_prices(), around=more.pop("around", around()), **more
    )


def assumptions(
    requests: Mapping[str, Decimal] | None = None,
    environments: tuple[str, ...] = ENVIRONMENTS,
    access: str = "connection",
    **given: int | str,
) -> Assumptions:
    """Give assumptions by name, with underscores for hyphens."""
    numbers = {name.replace("_", "-"): Decimal(each) for name, each in given.items()}
    return Assumptions(numbers, environments, requests or {}, access)


@cache
def _text(name: str) -> str:
    return (ROOT / "templates" / f"{name}.yaml").read_text(encoding="utf-8")


def shipped_templates(
    *,
    access: str = "connection",
    changes: Mapping[str, Mapping[str, str]] | None = None,
) -> Templates:
    """Return the shipped templates; ``changes`` are parameters by environment."""
    configuration = load_configuration(ROOT / "environment_config.yaml")
    foundation, pipeline, application = (
        load_template(_text(name), name=name)
        for name in ("foundation", "pipeline", "template")
    )
    return Templates(
        foundation=foundation,
        pipeline=pipeline,
        application=application,
        delivery={**delivery_parameters(configuration), "SourceAccess": access},
        environments={
            name: {**application_parameters(configuration, name), **more}
            for name in configuration.environments
            for more in [(changes or {}).get(name, {})]
        },
    )


def facts_of(templates: Templates) -> Facts:
    """Read templates with the buildspecs of the project."""

    def buildspec(path: str) -> str:
        return (ROOT / path).read_text(encoding="utf-8")

    near = Around(environment_pattern("medical-record-analysis-lambda-"), buildspec)
    return read_facts(templates, load_prices(), near, region="us-east-1")


@cache
def shipped_facts() -> Facts:
    """Return the facts of the shipped templates and configuration."""
    return facts_of(shipped_templates())
