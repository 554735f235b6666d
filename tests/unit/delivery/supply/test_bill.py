"""The bill of materials is valid CycloneDX, whole, and the same for the same release."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from delivery.supply import Bill, bill_of_materials
from delivery.supply.bill import Package, packages_in, pinned_in

ROOT = Path(__file__).resolve().parents[4]
BILL = Bill(
    name="medical-record-analysis",
    version="c0ffee",
    built_at="2026-01-01T00:00:00+00:00",
    functions={
        "First": (Package("powertools", "3.0"), Package("jmespath", "1.1")),
        "Second": (Package("powertools", "3.0"),),
    },
    pinned=(
        Package("powertools", "3.0", ("a" * 64,)),
        Package("black", "26.1", ("b" * 64, "c" * 64)),
    ),
)


def _read(bill: Bill) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bill_of_materials(bill))
    return found


def _by_name(bill: Bill) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in _read(bill)["components"]}


def test_it_is_valid_cyclonedx() -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)

    assert validator.validate_str(bill_of_materials(BILL)) is None


def test_the_same_release_has_the_same_bill() -> None:
    assert bill_of_materials(BILL) == bill_of_materials(BILL)
    other = replace(BILL, version="d00d")
    assert _read(BILL)["serialNumber"] != _read(other)["serialNumber"]


def test_what_ships_is_required_and_what_only_builds_is_excluded() -> None:
    scopes = {name: each.get("scope") for name, each in _by_name(BILL).items()}

    assert scopes == {
        "First": None,
        "Second": None,
        "powertools": "required",
        "jmespath": "required",
        "black": "excluded",
    }


def test_each_function_names_its_packages_and_the_application_its_functions() -> None:
    edges = {
        each["ref"]: each.get("dependsOn", []) for each in _read(BILL)["dependencies"]
    }

    assert edges["application:medical-record-analysis"] == [
        "application:First",
        "application:Second",
    ]
    assert edges["application:First"] == [
        "pkg:pypi/jmespath@1.1",
        "pkg:pypi/powertools@3.0",
    ]
    assert edges["application:Second"] == ["pkg:pypi/powertools@3.0"]


def test_a_pinned_package_carries_the_hashes_of_its_files() -> None:
    [reference] = _by_name(BILL)["black"]["externalReferences"]

    assert [each["content"] for each in reference["hashes"]] == ["b" * 64, "c" * 64]


def test_packages_are_read_from_what_was_installed(tmp_path: Path) -> None:
    folder = tmp_path / "aws_lambda_powertools-3.37.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        "Metadata-Version: 2.4\nName: aws_lambda.powertools\nVersion: 3.37.0\n\nName: x\n",
        encoding="utf-8",
    )

    assert list(packages_in(tmp_path)) == [Package("aws-lambda-powertools", "3.37.0")]


@pytest.mark.parametrize("name", ["project.lock", "bootstrap.lock", "audit.lock"])
def test_every_pin_of_our_locks_is_read_with_its_hashes(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")

    pinned = list(pinned_in(text))

    assert len(pinned) == sum(
        "==" in line and line[0] != " " for line in text.splitlines()
    )
    assert sum(len(each.hashes) for each in pinned) == text.count("--hash=sha256:")
    assert all(each.hashes for each in pinned)
