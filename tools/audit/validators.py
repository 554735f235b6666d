"""Run each validator over the material; every function gives all that its tool found."""

from __future__ import annotations

import json
import subprocess  # nosec B404  # the validators are run with our own arguments
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from audit.model import Finding, Material
from awsrules.templates import line_of, load_template

HERE = Path(__file__).resolve().parent


class DidNotRun(Exception):
    """A validator ended without an answer; that is no absence of findings."""


def run_checkov(material: Material, programs: Path) -> list[Finding]:
    """Run checkov over the sources and the translations, offline.

    What a comment takes away counts as found here: `skips` decides about it.
    """
    files = [material.root / each for each in material.sources]
    arguments = [str(each) for each in (*files, *material.translations.values())]
    text = _output(
        [str(programs / "checkov"), "--file", *arguments]
        + ["--framework", "cloudformation", "secrets", "--skip-download"]
        + ["--output", "json", "--compact"],
        accepted=(0, 1),
    )
    answers = json.loads(text)
    answers = answers if isinstance(answers, list) else [answers]
    if not any(each.get("check_type") == "cloudformation" for each in answers):
        raise DidNotRun(f"checkov checked no template: {text[:500]}")
    placed = _Places(material)
    return [
        placed.finding("checkov", each["file_abs_path"], each, "check_id", "check_name")
        for answer in answers
        for kind in ("failed_checks", "skipped_checks", "parsing_errors")
        for each in answer.get("results", {}).get(kind, ())
    ]


def run_cloudformation_validate(material: Material, programs: Path) -> list[Finding]:
    """Run cloudformation-validate over all but the application's source.

    Its own translation of SAM refuses what AWS's takes: a function that switches the shared
    deployment preference off, without an alias.
    """
    files = [
        str(material.root / each)
        for each in material.sources
        if each != material.application
    ]
    files.extend(str(each) for each in material.translations.values())
    placed = _Places(material)
    return [
        placed.finding("cloudformation-validate", each["file"], each, "rule", "message")
        for each in _isolated("cloudformation-validate", files, programs)
    ]


def run_parliament(material: Material, programs: Path) -> list[Finding]:
    """Run parliament over every policy document."""
    policies = material.policies
    found = _isolated("parliament", [each.document for each in policies], programs)
    return [
        Finding(
            "parliament",
            each["rule"],
            policies[each["number"]].file,
            policies[each["number"]].resource,
            each["message"],
            policies[each["number"]].line,
        )
        for each in found
    ]


def run_check_jsonschema(material: Material, programs: Path) -> list[Finding]:
    """Hold the buildspecs against our schema of them."""
    text = _output(
        [str(programs / "check-jsonschema"), "--output-format", "json"]
        + ["--schemafile", str(HERE / "buildspec.schema.json")]
        + [str(material.root / each) for each in material.specs],
        accepted=(0, 1),
    )
    answer = json.loads(text)
    if answer["status"] not in ("ok", "fail"):
        raise DidNotRun(f"check-jsonschema: {text[:500]}")
    refused = [
        *answer.get("errors", ()),
        *({**each, "path": ""} for each in answer.get("parse_errors", ())),
    ]
    return [
        Finding(
            "check-jsonschema",
            "buildspec",
            str(Path(each["filename"]).relative_to(material.root)),
            "",
            f"{each['path']} {each['message']}".strip(),
        )
        for each in refused
    ]


def run_shellcheck(material: Material, programs: Path) -> list[Finding]:
    """Run shellcheck over the scripts and the commands of the buildspecs."""
    names = {str(path): name for name, path in material.scripts.items()}
    text = _output(
        [str(programs / "shellcheck"), "--format", "json", "--severity", "style"]
        + list(names),
        accepted=(0, 1),
    )
    return [
        Finding(
            "shellcheck",
            f"SC{each['code']}",
            names[each["file"]],
            "",
            each["message"],
            each["line"],
        )
        for each in json.loads(text)
    ]


VALIDATORS: Mapping[str, Callable[[Material, Path], list[Finding]]] = {
    "checkov": run_checkov,
    "cloudformation-validate": run_cloudformation_validate,
    "parliament": run_parliament,
    "check-jsonschema": run_check_jsonschema,
    "shellcheck": run_shellcheck,
}


class _Places:
    """Lead what was found in a translation back to the source."""

    def __init__(self, material: Material) -> None:
        self._root = material.root
        self._application = material.application
        self._translated = {
            str(path): environment
            for environment, path in material.translations.items()
        }
        text = (material.root / material.application).read_text(encoding="utf-8")
        self._body = load_template(text, name=material.application)

    def finding(
        self, tool: str, file: str, given: Mapping[str, Any], rule: str, message: str
    ) -> Finding:
        """Give a tool's answer as a finding, its resource by the logical id alone."""
        name = str(given["resource"]).rpartition(".")[2]
        if environment := self._translated.get(file, ""):
            origin = self._origin(name)
            line = line_of(self._body, "Resources", origin) or 1
            place = (self._application, origin, given[message], line, name, environment)
            return Finding(tool, given[rule], *place)
        line = given.get("line") or given["file_line_range"][0]
        source = str(Path(file).relative_to(self._root))
        return Finding(tool, given[rule], source, name, given[message], line)

    def _origin(self, made: str) -> str:
        """Give the source's resource that SAM made this of: its id begins with that."""
        ids = (each for each in self._body["Resources"] if made.startswith(each))
        return max(ids, key=len, default="")


def _isolated(
    tool: str, given: Iterable[Any], programs: Path
) -> Iterator[dict[str, Any]]:
    command = [str(programs / "python"), str(HERE / "isolated.py"), tool]
    yield from json.loads(_output(command, given=json.dumps(list(given))))


def _output(
    command: list[str], *, given: str = "", accepted: tuple[int, ...] = (0,)
) -> str:
    answer = subprocess.run(  # nosec  # our own arguments
        command, input=given, capture_output=True, text=True, check=False, timeout=300
    )
    if answer.returncode not in accepted or not answer.stdout.strip():
        raise DidNotRun(
            f"{Path(command[0]).name} ended with {answer.returncode}: "
            f"{answer.stderr.strip()[-500:] or answer.stdout.strip()[-500:]}"
        )
    return answer.stdout
