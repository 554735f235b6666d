"""The three templates, read once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awsrules.templates import load_template

ROOT = Path(__file__).resolve().parents[3]


def read(name: str) -> dict[str, Any]:
    path = ROOT / "templates" / f"{name}.yaml"
    return load_template(path.read_text(encoding="utf-8"), name=path.name)


@pytest.fixture(scope="session")
def foundation() -> dict[str, Any]:
    return read("foundation")


@pytest.fixture(scope="session")
def pipeline() -> dict[str, Any]:
    return read("pipeline")


@pytest.fixture(scope="session")
def application() -> dict[str, Any]:
    return read("template")


@pytest.fixture(scope="session")
def templates(foundation, pipeline, application) -> dict[str, dict[str, Any]]:
    return {
        "foundation": foundation,
        "pipeline": pipeline,
        "template": application,
    }
