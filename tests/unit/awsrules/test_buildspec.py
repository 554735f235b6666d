"""A buildspec is read as CodeBuild reads it, and refused where CodeBuild refuses it."""

from __future__ import annotations

import pytest
from awsrules.buildspec import BuildspecError, FileSet, glob_matches, parse_buildspec

FULL = """\
version: 0.2
env:
  shell: bash
  variables: {NUMBER: 1}
  exported-variables: [NUMBER]
phases:
  install:
    runtime-versions: {python: 3.11}
  build:
    on-failure: CONTINUE
    commands: [make]
    finally: [echo done]
reports:
  unit: {files: [junit.xml]}
  coverage: {files: [coverage.xml], file-format: cOBERTURAXML, base-directory: out}
artifacts:
  files: ["**/*"]
  base-directory: out
  discard-paths: yes
  exclude-paths: ["**/*.pyc"]
  secondary-artifacts: {Report: {files: [report.html]}}
cache: {paths: [".cache/**/*"]}
"""


def test_every_section_is_read() -> None:
    spec = parse_buildspec(FULL)
    assert spec.interpreter == "bash"
    assert spec.variables == {"NUMBER": "1"}
    assert spec.exported_variables == ("NUMBER",)
    assert spec.phase("install").runtime_versions == {"python": "3.11"}
    build = spec.phase("build")
    assert (build.commands, build.always) == (("make",), ("echo done",))
    assert build.on_failure == "CONTINUE"
    assert [report.is_coverage for report in spec.reports] == [False, True]
    assert spec.artifacts == FileSet(("**/*",), "out", True, ("**/*.pyc",))
    assert spec.secondary_artifacts["Report"].files == ("report.html",)
    assert spec.cache_paths == (".cache/**/*",)


def test_a_phase_that_is_not_there_has_no_commands() -> None:
    spec = parse_buildspec("version: 0.2\nphases: {build: {commands: [make]}}")
    assert spec.phase("post_build").commands == ()
    assert spec.interpreter == "sh"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 0.1\nphases: {build: {}}", "version must be 0.2"),
        ("- a", "not a mapping"),
        ("a: [", "YAML_FILE_ERROR"),
        ("version: 0.2", "at least one phase"),
        ("version: 0.2\nphase: {}", "unknown key phase"),
        ("version: 0.2\nphases: {test: {commands: [a]}}", "phases.test is unknown"),
        ("version: 0.2\nphases: {build: {command: [a]}}", "phases.build.command is"),
        ("version: 0.2\nphases: {build: {commands: [{echo a: b}]}}", "quote colons"),
        ("version: 0.2\nphases: {build: {on-failure: RETRY}}", "ABORT or CONTINUE"),
        ("version: 0.2\nenv: {shell: zsh}\nphases: {build: {}}", "env.shell"),
        (
            "version: 0.2\nphases: {build: {}}\nartifacts: {name: a}",
            "files is required",
        ),
        (
            "version: 0.2\nphases: {build: {}}\nreports: {a: {files: [b], "
            "file-format: TAP}}",
            "file-format is unknown: TAP",
        ),
    ],
)
def test_what_codebuild_refuses_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(BuildspecError, match=said):
        parse_buildspec(text)


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("**/*", "a", True),
        ("**/*", "a/.b/c.txt", True),
        ("*", "a/b", False),
        ("a/**/*", "a/b", True),
        ("a/**/*", "ab/c", False),
        ("./report.xml", "report.xml", True),
        ("**/*.log", "x/y.log", True),
        ("a?.txt", "ab.txt", True),
        ("a+b.txt", "aab.txt", False),
    ],
)
def test_globs_choose_files(pattern: str, name: str, matches: bool) -> None:
    assert glob_matches(pattern, name) is matches
