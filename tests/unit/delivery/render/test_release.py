"""The files of a release."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from awsrules.templates import load_template
from delivery.errors import BadInput
from delivery.render import BuildFacts, Target, render_release, write_files
from delivery.render.manifest import content_hash

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Environment: {Type: String}
  Memory: {Type: Number, Default: 128, MaxValue: 1024}
  Boundary: {Type: String}
Resources:
  First:
    Type: AWS::Serverless::Function
    Properties:
      AutoPublishAlias: live
      CodeUri: s3://releases/packages/code1
      MemorySize: !Ref Memory
      Handler: a.b
"""
FACTS = BuildFacts(
    commit="c0ffee",
    branch="main",
    built_at="2026-01-01T00:00:00+00:00",
    build_id="Build:1",
    tools={"python": "3.11"},
)


def target(name: str = "staging", **offered: str) -> Target:
    return Target(
        name=name,
        offered={"Environment": name, "Unknown": "left out", **offered},
        tags={"Project": "p"},
        settings={"lambda.memory_megabytes": 256},
    )


def release(*targets: Target, text: str = TEMPLATE, code: Path | None = None):
    template = load_template(text, name="t")
    return render_release(template, targets or [target()], FACTS, code_folder=code)


def configuration(rendered, name: str = "staging"):
    return json.loads(rendered.files[f"template-configuration.{name}.json"])


def test_the_pipelines_files_are_made_and_the_manifest_is_the_last() -> None:
    assert list(release(target("staging"), target("production")).files) == [
        "packaged.yaml",
        "template-configuration.staging.json",
        "template-configuration.production.json",
        "deployment_manifest.json",
    ]


def test_the_manifest_names_the_bill_of_materials() -> None:
    text = '{"bomFormat": "CycloneDX"}'
    template = load_template(TEMPLATE, name="t")
    facts = replace(FACTS, dependency_audit="passed")

    files = render_release(template, [target()], facts, bill=text).files

    manifest = json.loads(files["deployment_manifest.json"])
    assert files["sbom.cdx.json"] == text
    assert manifest["bill_of_materials"] == {
        "file": "sbom.cdx.json",
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    assert manifest["dependency_audit"] == "passed"


def test_each_function_takes_its_revision_by_a_parameter() -> None:
    packaged = load_template(release().files["packaged.yaml"], name="p")

    properties = packaged["Resources"]["First"]["Properties"]
    assert properties["AutoPublishCodeSha256"] == {"Ref": "FirstRevision"}
    assert packaged["Parameters"]["FirstRevision"]["AllowedPattern"] == "[0-9a-f]{64}"


def test_a_configuration_has_what_the_template_declares_and_no_more() -> None:
    found = configuration(release(target(Memory="256")))

    assert set(found) == {"Parameters", "Tags"}
    assert set(found["Parameters"]) == {"Environment", "Memory", "FirstRevision"}
    assert found["Parameters"]["Memory"] == "256"
    assert found["Tags"] == {"Project": "p"}


def test_another_environments_settings_give_another_revision() -> None:
    rendered = release(target("staging"), target("production", Memory="512"))

    staging, production = (
        configuration(rendered, name)["Parameters"]["FirstRevision"]
        for name in ("staging", "production")
    )
    assert staging != production


def test_the_same_inputs_give_the_same_text() -> None:
    assert release().files == release().files


def test_the_manifest_says_what_was_built_from_what(tmp_path: Path) -> None:
    (tmp_path / "First").mkdir()
    (tmp_path / "First" / "a.py").write_text("1", encoding="utf-8")

    found = json.loads(release(code=tmp_path).files["deployment_manifest.json"])

    assert found["commit"] == "c0ffee"
    assert found["build_id"] == "Build:1"
    assert found["branch"] == "main"
    assert found["built_at"] == "2026-01-01T00:00:00+00:00"
    assert found["tools"] == {"python": "3.11"}
    assert len(found["template"]["sha256"]) == 64
    assert found["functions"]["First"]["key"] == "code1"
    assert found["functions"]["First"]["sha256"] == content_hash(tmp_path / "First")
    assert found["environments"]["staging"]["settings"] == {
        "lambda.memory_megabytes": 256
    }


def test_a_folders_hash_is_of_paths_and_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
        (folder / "a").write_text("same", encoding="utf-8")
    assert content_hash(one) == content_hash(two)

    (two / "a").rename(two / "b")

    assert content_hash(one) != content_hash(two)


def test_a_value_that_breaks_its_constraint_is_bad_input() -> None:
    with pytest.raises(BadInput, match="must be a number not greater than 1024"):
        release(target(Memory="2048"))


def test_a_parameter_of_ones_own_must_be_declared() -> None:
    own = Target("staging", {"Mine": "1"}, {}, own=frozenset({"Mine"}))

    with pytest.raises(BadInput, match="parameters that the template does not have"):
        release(own)


def test_a_function_that_sets_its_own_hash_is_bad_input() -> None:
    text = TEMPLATE.replace("Handler: a.b", "AutoPublishCodeSha256: abc")

    with pytest.raises(BadInput, match="First sets AutoPublishCodeSha256 itself"):
        release(text=text)


def test_too_many_functions_for_a_template_are_bad_input() -> None:
    one = TEMPLATE.partition("  First:")[2]
    many = TEMPLATE + "".join(f"  F{n}:{one}" for n in range(200))

    with pytest.raises(BadInput, match="would have 204 parameters"):
        release(text=many)


def test_files_are_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"

    write_files(folder, {"a.json": "1"})
    written = write_files(folder, {"a.json": "2", "b.json": "3"})

    assert [path.read_text(encoding="utf-8") for path in written] == ["2", "3"]
    assert sorted(path.name for path in folder.iterdir()) == ["a.json", "b.json"]
    assert written[0].stat().st_mode & 0o777 == 0o644


def test_a_folder_that_cannot_be_made_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(BadInput, match="cannot be written to"):
        write_files(tmp_path / "file" / "folder", {"a": "1"})
