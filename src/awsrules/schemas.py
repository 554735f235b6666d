"""What a resource type allows, from the provider schemas that cfn-lint ships.

The files are read without importing cfn-lint, which takes seconds. Source of their meaning:
CloudFormation CLI User Guide, "Resource type definition schema".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_PREFIX = "/properties/"


@dataclass(frozen=True, slots=True)
class ResourceSchema:
    """One resource type. Property paths are written ``A/B``, as seen from its Properties.

    Attributes:
        create_only: what cannot change without a new physical resource.
        conditional_create_only: what sometimes cannot.
        read_only: what only AWS sets; Fn::GetAtt reads it.
        tag_property: the property that holds the tags, "" where there is none.
    """

    type_name: str
    document: Mapping[str, Any]
    create_only: frozenset[str]
    conditional_create_only: frozenset[str]
    read_only: frozenset[str]
    required: frozenset[str]
    tag_property: str

    @property
    def properties(self) -> Mapping[str, Any]:
        """The definitions of the top-level properties."""
        return self.document.get("properties", {})  # type: ignore[no-any-return]

    def recreation_for(self, name: str) -> str:
        """Say whether changing the top-level property ``name`` makes a new resource.

        Returns:
            CloudFormation's words: Always, Conditionally or Never.
        """
        if name in self.create_only:
            return "Always"
        nested = name + "/"
        partly = any(path.startswith(nested) for path in self.create_only)
        if partly or name in self.conditional_create_only:
            return "Conditionally"
        return "Never"


def schema_of(type_name: str, region: str = "us-east-1") -> ResourceSchema | None:
    """Give the schema of ``type_name``, or None for a type the region does not have."""
    digest = _index(region).get(type_name)
    return _read(type_name, digest) if digest else None


def unknown_properties(schema: ResourceSchema, properties: Any) -> list[str]:
    """List the paths in ``properties`` that the schema does not know.

    A value that is still an intrinsic function is not looked into.
    """
    return list(_unknown(schema.document, schema.document, properties, ""))


def missing_properties(
    schema: ResourceSchema, properties: Mapping[str, Any]
) -> list[str]:
    """List the required top-level properties that are not given."""
    return sorted(schema.required - set(properties))


def read_only_given(schema: ResourceSchema, properties: Mapping[str, Any]) -> list[str]:
    """List the given top-level properties that only AWS can set."""
    return sorted(schema.read_only & set(properties))


def _folder() -> Path:
    found = find_spec("cfnlint")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(
            "cfn-lint, which ships the provider schemas, is missing"
        )
    return Path(found.submodule_search_locations[0], "data", "schemas")


@cache
def _index(region: str) -> Mapping[str, str]:
    path = _folder() / "providers" / f"{region}.json"
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def _read(type_name: str, digest: str) -> ResourceSchema:
    path = _folder() / "resources" / f"{digest}.json"
    document = json.loads(path.read_text(encoding="utf-8"))

    def paths(key: str) -> Iterator[str]:
        return (each.removeprefix(_PREFIX) for each in document.get(key, ()))

    tagging = document.get("tagging") or {}
    tag_path = str(tagging.get("tagProperty", "")).removeprefix(_PREFIX)
    return ResourceSchema(
        type_name=type_name,
        document=document,
        create_only=frozenset(paths("createOnlyProperties")),
        conditional_create_only=frozenset(paths("conditionalCreateOnlyProperties")),
        read_only=frozenset(paths("readOnlyProperties")),
        required=frozenset(document.get("required", ())),
        tag_property=tag_path if tag_path in document.get("properties", {}) else "",
    )


def _unknown(
    document: Mapping[str, Any], here: Mapping[str, Any], value: Any, path: str
) -> Iterator[str]:
    here = _dereferenced(document, here)
    if isinstance(value, list):
        for each in value:
            yield from _unknown(document, here.get("items", {}), each, path)
    elif isinstance(value, dict) and not _is_intrinsic(value):
        for key, each in value.items():
            where = f"{path}/{key}" if path else key
            known = _member(here, key)
            if known is not None:
                yield from _unknown(document, known, each, where)
            elif here.get("additionalProperties", True) is False:
                yield where


def _member(here: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    """Find the definition of ``key``; a schema with alternatives allows any key of theirs."""
    if key in here.get("properties", {}):
        return here["properties"][key]  # type: ignore[no-any-return]
    if here.get("patternProperties"):
        return {}
    for word in ("oneOf", "anyOf", "allOf"):
        if any(key in option.get("properties", {}) for option in here.get(word, ())):
            return {}
    return None


def _dereferenced(
    document: Mapping[str, Any], here: Mapping[str, Any]
) -> Mapping[str, Any]:
    while "$ref" in here:
        found: Any = document
        for step in str(here["$ref"]).removeprefix("#/").split("/"):
            found = found[step]
        here = found
    return here


def _is_intrinsic(value: dict[str, Any]) -> bool:
    if len(value) != 1:
        return False
    key = next(iter(value))
    return key in ("Ref", "Condition") or key.startswith("Fn::")


def broken_constraints(schema: ResourceSchema, properties: Any) -> list[str]:
    """List the values that break a pattern, a length, a range or an enumeration.

    Each is worded as CloudFormation does; what is still an intrinsic function is left out.
    """
    return list(_broken(schema.document, schema.document, properties, "#"))


def _broken(
    document: Mapping[str, Any], here: Mapping[str, Any], value: Any, path: str
) -> Iterator[str]:
    here = _dereferenced(document, here)
    match value:
        case list():
            for number, each in enumerate(value):
                where = f"{path}/{number}"
                yield from _broken(document, here.get("items", {}), each, where)
        case dict() if not _is_intrinsic(value):
            known = here.get("properties", {})
            for key, each in value.items():
                yield from _broken(document, known.get(key, {}), each, f"{path}/{key}")
        case str() | int() | float():
            for keyword in _broken_keywords(here, value):
                yield f"{path}: failed validation constraint for keyword [{keyword}]"
        case _:
            return


def _broken_keywords(here: Mapping[str, Any], value: str | float) -> Iterator[str]:
    if "{{resolve:" in str(value):
        return
    if "enum" in here and str(value) not in {str(each) for each in here["enum"]}:
        yield "enum"
    if here.get("type") == "string" and isinstance(value, str):
        yield from _broken_text(here, value)
    if here.get("type") in ("integer", "number"):
        number = float(value)
        if number < here.get("minimum", number):
            yield "minimum"
        if number > here.get("maximum", number):
            yield "maximum"


def _broken_text(here: Mapping[str, Any], value: str) -> Iterator[str]:
    if len(value) < here.get("minLength", 0):
        yield "minLength"
    if len(value) > here.get("maxLength", len(value)):
        yield "maxLength"
    try:
        matches = re.search(str(here.get("pattern", "")), value)
    except re.error:
        # Java's patterns know more than Python's.
        return
    if not matches:
        yield "pattern"
