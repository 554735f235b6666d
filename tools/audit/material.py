"""Make what the validators read: translations, policies with real names, scripts."""

from __future__ import annotations

import json
import subprocess  # nosec B404  # git is run with our own arguments
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from audit.model import Material, Policy
from awsrules.templates import line_of
from delivery.cli.validating import read_subject
from delivery.config import load_configuration
from delivery.validate import Subject
from delivery.validate.lint import translated_for
from delivery.validate.model import SourceFile
from delivery.validate.privilege.names import Stack
from delivery.validate.privilege.proof import (
    application_stacks,
    foundation_stack,
    pipeline_stack,
)

# A key's policy says * for the key, and a trust policy says nothing.
_OF_ITSELF = ("AssumeRolePolicyDocument", "KeyPolicy")
_DOCUMENTS = ("PolicyDocument", *_OF_ITSELF)


def gather(root: Path, folder: Path) -> Material:
    """Read the project at ``root``, the working directory, and write into ``folder``."""
    subject = read_subject(load_configuration(root / "environment_config.yaml"))
    translations = {
        environment: _written(
            folder / f"{environment}.json", translated_for(subject, environment)
        )
        for environment in subject.values
    }
    scripts = {name: root / name for name in shell_scripts(root)}
    for name, text in subject.buildspecs.items():
        file = folder / f"{name.replace('/', '-')}.sh"
        file.write_text(commands_of(text), encoding="utf-8")
        scripts[name] = file
    return Material(
        root=root,
        sources=tuple(each.name for each in subject.templates),
        application=subject.application.name,
        translations=translations,
        policies=tuple(policies_of(subject)),
        specs=tuple(subject.buildspecs),
        scripts=scripts,
    )


def _written(file: Path, template: Mapping[str, Any]) -> Path:
    file.write_text(json.dumps(template, indent=1), encoding="utf-8")
    return file


def policies_of(subject: Subject) -> Iterator[Policy]:
    """Give every policy of the three stacks, the application's for each environment."""
    yield from _policies(foundation_stack(subject), subject.foundation)
    yield from _policies(pipeline_stack(subject), subject.pipeline)
    for _, stack in application_stacks(subject):
        yield from _policies(stack, subject.application)


def _policies(stack: Stack, source: SourceFile) -> Iterator[Policy]:
    for logical_id, resource in stack.template["Resources"].items():
        line = line_of(source.body, "Resources", logical_id) or 1
        for kind, document in _documents(resource.get("Properties") or {}):
            plain = stack.resolved(document)
            if kind in _OF_ITSELF:
                plain = _about(plain, stack.arn(logical_id))
            yield Policy(source.name, logical_id, line, plain)


def _documents(value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    match value:
        case dict():
            for key, each in value.items():
                if key in _DOCUMENTS and isinstance(each, dict):
                    yield key, each
                else:
                    yield from _documents(each)
        case list():
            for each in value:
                yield from _documents(each)


def _about(document: Mapping[str, Any], arn: str) -> Mapping[str, Any]:
    """Name the resource of each statement, where the policy can only mean its own."""
    statements = [{**each, "Resource": arn} for each in document["Statement"]]
    return {**document, "Statement": statements}


def shell_scripts(root: Path) -> list[str]:
    """Give the files under version control whose first line names a shell."""
    answer = subprocess.run(  # nosec  # our own arguments
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in answer.stdout.splitlines() if _is_shell(root / name)]


def _is_shell(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        first = opened.readline(80)
    return first.startswith(b"#!") and first.rstrip().endswith((b"bash", b"/sh"))


def commands_of(buildspec: str) -> str:
    """Give the commands of all phases as one script, a comment naming each phase.

    One script, because a variable that one phase exports another one reads.
    """
    lines = ["#!/usr/bin/env bash"]
    for phase, body in yaml.safe_load(buildspec)["phases"].items():
        lines.append(f"# {phase}")
        lines.extend(str(each) for each in body.get("commands", ()))
        lines.extend(str(each) for each in body.get("finally", ()))
    return "\n".join(lines) + "\n"
