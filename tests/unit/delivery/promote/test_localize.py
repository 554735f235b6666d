"""The artifact of another place: its code in that place's store, and nothing else changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from promotion_fakes import HOME, KEY, sha, write_artifact

from delivery.errors import BadInput
from delivery.promote import Artifact, localize, read_artifact, refuse_unmovable
from delivery.render.release import as_json

PLACE = "place-releases"


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    return read_artifact(tmp_path, write_artifact(tmp_path))


def with_template(artifact: Artifact, template: str) -> Artifact:
    """Return an artifact with another template, which its manifest names."""
    files = dict(artifact.files)
    manifest = json.loads(files["deployment_manifest.json"])
    manifest["template"]["sha256"] = sha(template.encode())
    files["deployment_manifest.json"] = as_json(manifest).encode()
    return replace(artifact, files={**files, "packaged.yaml": template.encode()})


def moved(artifact: Artifact) -> Artifact:
    return localize(artifact, home=HOME, place=PLACE)


def test_template_packages_and_manifest_name_the_places_store(artifact) -> None:
    files = moved(artifact).files
    assert f"CodeUri: s3://{PLACE}/{KEY}".encode() in files["packaged.yaml"]
    assert files["PACKAGES"].endswith(f"  s3://{PLACE}/{KEY}\n".encode())
    functions = json.loads(files["deployment_manifest.json"])["functions"]
    assert functions["F"]["code"] == f"s3://{PLACE}/{KEY}"
    assert functions["Inline"]["code"] is None
    assert not any(HOME.encode() in each for each in files.values())


def test_the_manifest_holds_the_hash_of_the_places_template(artifact) -> None:
    files = moved(artifact).files
    named = json.loads(files["deployment_manifest.json"])["template"]["sha256"]
    assert named == sha(files["packaged.yaml"])


def test_everything_else_stays_byte_for_byte(artifact) -> None:
    files = moved(artifact).files
    assert list(files) == list(artifact.files)
    changed = {name for name in files if files[name] != artifact.files[name]}
    assert changed == {"packaged.yaml", "PACKAGES", "deployment_manifest.json"}
    there, here = (
        each["deployment_manifest.json"].decode() for each in (files, artifact.files)
    )
    back = there.replace(PLACE, HOME)
    assert back.replace(
        sha(files["packaged.yaml"]), sha(artifact.files["packaged.yaml"])
    ) == (here)


def test_it_has_a_hash_of_its_own_and_keeps_what_runs(artifact) -> None:
    there = moved(artifact)
    assert there.sha256 != artifact.sha256
    assert there.executable == artifact.executable


@pytest.mark.parametrize(
    "line",
    [
        f"Bucket: {HOME}",
        f"TemplateURL: https://{HOME}.s3.us-east-1.amazonaws.com/packages/1",
        f"TemplateURL: https://s3.amazonaws.com/{HOME}/packages/1",
        f"Resource: arn:aws:s3:::{HOME}/*",
        f"CodeUri: S3://{HOME}/packages/1",
        f"Note: s3://{HOME}",
    ],
)
def test_home_named_anywhere_else_is_refused_with_the_line(artifact, line) -> None:
    template = artifact.files["packaged.yaml"].decode()
    with pytest.raises(BadInput) as caught:
        moved(with_template(artifact, f"{template}{line}\n"))
    assert caught.value.what == f"packaged.yaml:5 names the bucket {HOME}."
    assert "region" in caught.value.why


def test_a_name_that_only_begins_or_ends_as_homes_is_another(artifact) -> None:
    template = artifact.files["packaged.yaml"].decode()
    more = f"{template}A: {HOME}-logs\nB: my-{HOME}\n"
    assert HOME in moved(with_template(artifact, more)).files["packaged.yaml"].decode()


def test_a_place_whose_stores_name_holds_homes_is_another_place(artifact) -> None:
    there = localize(artifact, home=HOME, place=f"{HOME}-eu")
    assert f"s3://{HOME}-eu/{KEY}".encode() in there.files["packaged.yaml"]


def test_home_itself_is_no_other_place(artifact) -> None:
    with pytest.raises(BadInput, match=HOME):
        localize(artifact, home=HOME, place=HOME)


@pytest.mark.parametrize(
    "name", ["packaged.yaml", "PACKAGES", "deployment_manifest.json"]
)
def test_an_artifact_without_one_of_these_is_refused(artifact, name) -> None:
    files = {each: text for each, text in artifact.files.items() if each != name}
    with pytest.raises(BadInput, match=f"^{name} is not in the artifact"):
        moved(replace(artifact, files=files))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"template": {"sha256": "0"}}'])
def test_a_manifest_of_another_form_is_refused(artifact, text) -> None:
    files = {**artifact.files, "deployment_manifest.json": text.encode()}
    with pytest.raises(BadInput, match="^deployment_manifest.json is not what"):
        moved(replace(artifact, files=files))


def test_a_manifest_of_another_template_is_refused(artifact) -> None:
    files = {**artifact.files, "packaged.yaml": b"Resources: {}\n"}
    with pytest.raises(BadInput) as caught:
        moved(replace(artifact, files=files))
    assert "another template" in caught.value.why


@pytest.mark.parametrize("commit", [None, "", "main", "c0ffee; rm -rf", "C0FFEE" * 7])
def test_a_manifest_that_names_no_commit_is_refused(artifact, commit) -> None:
    manifest = json.loads(artifact.files["deployment_manifest.json"])
    text = as_json({**manifest, "commit": commit}).encode()
    files = {**artifact.files, "deployment_manifest.json": text}
    with pytest.raises(BadInput) as caught:
        refuse_unmovable(replace(artifact, files=files), home=HOME)
    assert caught.value.why == "It names no commit."


def test_a_manifest_is_written_as_the_build_writes_it(artifact) -> None:
    text = moved(artifact).files["deployment_manifest.json"].decode()
    assert text == as_json(json.loads(text))
    assert "größer" in text
