"""What is wrong with a configuration, each with its line, its key and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from awsrules.templates import line_of
from delivery.config.secrets import names_a_secret, secret_in
from delivery.errors import BadInput

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, at ``file:line``; ``allowed`` says what would be right."""

    file: str
    line: int | None
    key: str
    what: str
    allowed: str = ""

    def __str__(self) -> str:
        allowed = f" Allowed: {self.allowed}." if self.allowed else ""
        key = f"{self.key}: " if self.key else ""
        end = "" if self.what.endswith("?") else "."
        return f"{self.file}:{self.line or 1}: {key}{self.what}{end}{allowed}"


def refusal(problems: Iterable[Problem]) -> BadInput:
    """Give the error that lists ``problems`` in the order of their lines."""
    ordered = sorted(set(problems), key=lambda each: (each.line or 0, each.key))
    count = "a problem" if len(ordered) == 1 else f"{len(ordered)} problems"
    return BadInput(
        f"{ordered[0].file} has {count}.",
        why="\n".join(str(each) for each in ordered),
        next_step="Mend the file; ./deploy_pipeline.py config explain shows what every "
        "key is and may be.",
    )


def schema_problems(document: Any, schema: dict[str, Any], file: str) -> list[Problem]:
    """List where ``document`` departs from ``schema``; secrets are found before."""
    from jsonschema import Draft202012Validator

    found = list(_secret_problems(document, file))
    secret_keys = {each.key for each in found}
    for error in Draft202012Validator(schema).iter_errors(document):
        for problem in _from_error(error, document, file):
            if problem.key not in secret_keys:
                found.append(problem)
    return found


def key_of(path: Iterable[str | int]) -> str:
    """Write a path as a dotted key."""
    return ".".join(str(step) for step in path)


def _secret_problems(value: Any, file: str) -> Iterator[Problem]:
    for path, each in _walk(value, ()):
        name = str(path[-1]) if path else ""
        kind = secret_in(name) or (secret_in(each) if isinstance(each, str) else "")
        if not kind and each and isinstance(path[-1], str) and names_a_secret(name):
            kind = "a secret, by the name of the key"
        if kind:
            shown = (*path[:-1], "…") if secret_in(name) else path
            yield Problem(
                file,
                line_of(value, *path),
                key_of(shown),
                f"this looks like {kind}, and the file is under version control",
                "no secrets; the GitHub token is given to ./deploy_pipeline.py deploy",
            )


def _walk(value: Any, path: Path_) -> Iterator[tuple[Path_, Any]]:
    match value:
        case dict():
            for key, each in value.items():
                yield (*path, key), each
                yield from _walk(each, (*path, key))
        case list():
            for index, each in enumerate(value):
                yield (*path, index), each
                yield from _walk(each, (*path, index))


def _from_error(error: Any, document: Any, file: str) -> Iterator[Problem]:
    path: Path_ = tuple(error.absolute_path)
    line = line_of(document, *path)
    rule: dict[str, Any] = error.schema
    match error.validator:
        case "additionalProperties":
            known = sorted(rule.get("properties", {}))
            for name in sorted(set(error.instance) - set(known)):
                yield Problem(
                    file,
                    line_of(document, *path, name),
                    key_of((*path, name)),
                    f"there is no such key{_meant(name, known)}",
                    ", ".join(known),
                )
        case "required":
            for name in error.validator_value:
                if name not in error.instance:
                    yield Problem(
                        file, line, key_of((*path, name)), "this key is missing"
                    )
        case _ if "propertyNames" in error.absolute_schema_path:
            name = str(error.instance)
            where = line_of(document, *path, name)
            what = "this name is not valid"
            yield Problem(file, where, key_of((*path, name)), what, says(rule))
        case "uniqueItems":
            yield Problem(file, line, key_of(path), "an item is there twice")
        case "maxItems":
            most = error.validator_value
            what = f"{len(error.instance)} items are too many"
            yield Problem(file, line, key_of(path), what, f"at most {most}")
        case _:
            shown = _shown(error.instance)
            yield Problem(file, line, key_of(path), f"{shown} is not valid", says(rule))


def _meant(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _shown(value: Any) -> str:
    match value:
        case dict():
            return "a block of keys"
        case list():
            return "this list"
        case None:
            return "an empty value"
        case bool():
            return "true" if value else "false"
        case str():
            return repr(value if len(value) <= 60 else value[:57] + "…")
        case _:
            return str(value)


def says(rule: dict[str, Any]) -> str:
    """Say in words what a rule of the schema allows."""
    if "x-says" in rule:
        return str(rule["x-says"])
    if "const" in rule:
        return str(rule["const"])
    if "enum" in rule:
        return ", ".join(str(each) for each in rule["enum"])
    match rule.get("type"):
        case "integer":
            return f"a whole number from {rule['minimum']} to {rule['maximum']}"
        case "boolean":
            return "true or false"
        case "array":
            most = f" of at most {rule['maxItems']}" if "maxItems" in rule else ""
            least = " of at least one" if rule.get("minItems") else ""
            items = f", each {says(rule['items'])}" if "items" in rule else ""
            return f"a list{least}{most}{items}"
        case "object":
            names = ", ".join(rule.get("properties", {}))
            return f"a block of keys: {names}" if names else "a block of keys"
        case "string":
            return "text"
        case _:
            return "text, a number, true or false"


@cache
def load_schema() -> dict[str, Any]:
    """Read the schema that is shipped beside this module."""
    import json

    text = Path(__file__).with_name("schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
