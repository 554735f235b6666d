"""Each validator finds a defect of its kind: an audit that finds nothing has looked."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from audit.material import shell_scripts
from audit.model import Material, Policy
from audit.validators import VALIDATORS, DidNotRun

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / ".venv-audit" / "bin"

FOUNDATION = """\
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      # checkov:skip=CKV_AWS_21:A comment alone decides nothing here.
      Versoning: {Status: Enabled}
"""
APPLICATION = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties: {Handler: a.b, Runtime: python3.11, CodeUri: ./code}
"""
TRANSLATION = """\
{"Resources": {"WorkVersion1": {"Type": "AWS::Lambda::Version",
 "Properties": {"FunctionName": {"Ref": "Nobody"}}}}}
"""
BUILDSPEC = """\
version: 0.2
phases:
  install:
    commands: ["make"]
    runtime_versions: {python: "3.11"}
"""
SCRIPT = """\
#!/usr/bin/env bash
rm $1
"""
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "s3:GetObjekt",
            "Resource": "arn:aws:s3:::records/*",
        }
    ],
}
EXPECTED = {
    "checkov": ("CKV_AWS_21", "foundation.yaml", "Bucket"),
    "cloudformation-validate": ("F1020", "application.yaml", "Work"),
    "parliament": ("UNKNOWN_ACTION", "foundation.yaml", "Role"),
    "check-jsonschema": ("buildspec", "buildspec.yml", ""),
    "shellcheck": ("SC2086", "clean.sh", ""),
}


@pytest.fixture
def material(tmp_path: Path) -> Material:
    for name, text in (
        ("foundation.yaml", FOUNDATION),
        ("application.yaml", APPLICATION),
        ("staging.json", TRANSLATION),
        ("buildspec.yml", BUILDSPEC),
        ("clean.sh", SCRIPT),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return Material(
        root=tmp_path,
        sources=("foundation.yaml", "application.yaml"),
        application="application.yaml",
        translations={"staging": tmp_path / "staging.json"},
        policies=(Policy("foundation.yaml", "Role", 3, POLICY),),
        specs=("buildspec.yml",),
        scripts={"clean.sh": tmp_path / "clean.sh"},
    )


@pytest.mark.parametrize("tool", VALIDATORS)
def test_a_validator_finds_a_seeded_defect(tool: str, material: Material) -> None:
    found = VALIDATORS[tool](material, PROGRAMS)

    assert {each.tool for each in found} == {tool}
    assert EXPECTED[tool] in {(each.rule, each.file, each.resource) for each in found}


def test_a_validator_that_does_not_run_is_no_absence_of_findings(
    material: Material, tmp_path: Path
) -> None:
    broken = tmp_path / "shellcheck"
    broken.write_text("#!/bin/sh\necho '[]'; exit 3\n", encoding="utf-8")
    broken.chmod(0o755)

    with pytest.raises(DidNotRun, match="ended with 3"):
        VALIDATORS["shellcheck"](material, tmp_path)


def test_every_shell_script_under_version_control_is_read(tmp_path: Path) -> None:
    assert {".ci/run", "buildspecs/checks.sh", "buildspecs/sums.sh"} <= set(
        shell_scripts(ROOT)
    )
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / "new").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "new.py").write_text("#!/usr/bin/env python3\n", encoding="utf-8")

    assert shell_scripts(tmp_path) == ["new"]
