"""The product's own templates as a subject, with one thing changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from awsrules.templates import load_template
from delivery.cli.rendering import targets_of
from delivery.config import delivery_parameters, load_configuration
from delivery.render import template_configuration
from delivery.render.packaged import with_revisions
from delivery.validate import Subject
from delivery.validate.model import SourceFile

ROOT = Path(__file__).resolve().parents[4]
NAMES = ("foundation", "pipeline", "template")


def _read(name: str, changes: dict[str, str]) -> SourceFile:
    text = (ROOT / "templates" / f"{name}.yaml").read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, f"{old!r} is no longer in {name}.yaml"
        text = text.replace(old, new, 1)
    file = f"templates/{name}.yaml"
    return SourceFile(file, text, load_template(text, name=file))


@pytest.fixture(autouse=True)
def _without_the_builds_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LINT_CACHE_DIR", raising=False)


@pytest.fixture(scope="session")
def make_subject() -> Callable[..., Subject]:
    """Give a function: ``make_subject(pipeline={"old": "new"})``."""
    configuration = load_configuration(ROOT / "environment_config.yaml")
    targets = targets_of(configuration)
    as_they_are = {name: _read(name, {}) for name in NAMES}
    body = as_they_are["template"].body
    values = {
        each.name: template_configuration(body, each)["Parameters"] for each in targets
    }

    specs = [ROOT / "buildspec.yml", *(ROOT / "buildspecs").glob("*.yml")]
    buildspecs = {
        each.relative_to(ROOT).as_posix(): each.read_text(encoding="utf-8")
        for each in specs
    }

    def make(**changes: dict[str, str]) -> Subject:
        files = as_they_are | {
            name: _read(name, each) for name, each in changes.items()
        }
        return Subject(
            root=ROOT,
            region="us-east-1",
            foundation=files["foundation"],
            pipeline=files["pipeline"],
            application=files["template"],
            buildspecs=buildspecs,
            offered={each.name: each.offered for each in targets},
            delivery=delivery_parameters(configuration),
            packaged=with_revisions(files["template"].body),
            values=values,
        )

    return make
