"""Read environment_config.yaml: check it, fill in defaults, remember each value's line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from awsrules.templates import TemplateError, line_of, load_template
from delivery.config import model
from delivery.config.model import (
    BUILT_IN,
    Compliance,
    Configuration,
    Environment,
    Foundation,
    Pipeline,
    Project,
    Setting,
    Source,
)
from delivery.config.problems import Problem, load_schema, refusal, schema_problems
from delivery.config.rules import rule_problems
from delivery.errors import BadInput

Section = TypeVar("Section")

# Blocks of an environment whose keys are the adopter's own.
_FREE = ("tags", "parameters")
_SHARED = ("project", "compliance", "foundation", "pipeline")

# The names of an environment's blocks, and of the fields that hold them.
_BLOCKS: Mapping[str, tuple[str, type[Any]]] = {
    "lambda": ("functions", model.Functions),
    "api_gateway": ("api", model.Api),
    "s3": ("records", model.Records),
    "cloudwatch": ("logs", model.Logs),
    "alarms": ("alarms", model.Alarms),
    "blue_green": ("blue_green", model.BlueGreen),
    "rollback": ("rollback", model.Rollback),
    "monitoring": ("monitoring", model.Monitoring),
    "security": ("security", model.Security),
}


def load_configuration(path: Path) -> Configuration:
    """Read and check the configuration at ``path``.

    Raises:
        BadInput: when it cannot be read, or lists every problem with its line.
    """
    document = _document(path)
    schema = load_schema()
    problems = schema_problems(document, schema, path.name)
    if problems:
        raise refusal(problems)
    settings = tuple(_settings(document, schema, path.name))
    configuration = _assemble(path, document, settings)
    broken = list(rule_problems(configuration, document))
    if broken:
        raise refusal(broken)
    return configuration


def read_setting(path: Path, key: str) -> object:
    """Return one effective value by its dotted key, of a configuration that was checked.

    The tool's environment inside the pipeline has no validator of schemas; the build had.

    Raises:
        BadInput: when the file cannot be read, or has no such key.
    """
    found = _settings(_document(path), load_schema(), path.name)
    for each in found:
        if each.key == key:
            return each.value
    raise BadInput(f"{path} has no setting {key}.")


def _document(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"The configuration {path} cannot be read.",
            why=str(error),
            next_step="Run the tool in the project's folder, or name the file with "
            "--config.",
        ) from error
    try:
        return load_template(text, name=path.name)
    except TemplateError as error:
        what = error.message.removeprefix("Template format error: ")
        raise refusal([Problem(path.name, error.line, "", what)]) from error


def _settings(document: Any, schema: dict[str, Any], file: str) -> Iterator[Setting]:
    """Give every effective value, shared ones first, then each environment's."""
    for block in _SHARED:
        rules = schema["properties"][block]["properties"]
        for name, rule in rules.items():
            yield _setting(
                (block, name), rule, [((block, name), block)], document, file
            )
    shape = schema["$defs"]["settings"]["properties"]
    for environment in document["environments"]:
        for path, rule in _leaves(shape, document, environment):
            places = [
                (("environments", environment, *path), f"environments.{environment}"),
                (("defaults", *path), "defaults"),
            ]
            yield _setting((environment, *path), rule, places, document, file)


def _leaves(
    shape: Mapping[str, Any], document: Any, environment: str
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    for name, rule in shape.items():
        if name in _FREE:
            keys: dict[str, None] = {}
            for place in (("defaults",), ("environments", environment)):
                keys |= dict.fromkeys(_value(document, (*place, name)) or {})
            for key in keys:
                yield (name, key), rule["additionalProperties"]
        elif "properties" in rule:
            for path, leaf in _leaves(rule["properties"], document, environment):
                yield (name, *path), leaf
        else:
            yield (name,), rule


def _setting(
    key: tuple[str, ...],
    rule: dict[str, Any],
    places: list[tuple[tuple[str, ...], str]],
    document: Any,
    file: str,
) -> Setting:
    dotted = ".".join(key)
    description = rule.get("description", "")
    for path, block in places:
        value = _value(document, path)
        if value is not None:
            source = Source(block, file, line_of(document, *path))
            return Setting(dotted, value, source, description)
    return Setting(dotted, rule["default"], Source(BUILT_IN), description)


def _value(document: Any, path: tuple[str, ...]) -> Any:
    here = document
    for step in path:
        if not isinstance(here, dict) or step not in here:
            return None
        here = here[step]
    return here


def _assemble(
    path: Path, document: Any, settings: tuple[Setting, ...]
) -> Configuration:
    values = {setting.key: setting.value for setting in settings}
    return Configuration(
        path=path,
        project=_section(Project, values, "project"),
        compliance=_section(Compliance, values, "compliance"),
        foundation=_section(Foundation, values, "foundation"),
        pipeline=_section(Pipeline, values, "pipeline"),
        environments={
            name: _environment(name, values) for name in document["environments"]
        },
        settings=settings,
    )


def _environment(name: str, values: Mapping[str, object]) -> Environment:
    blocks: dict[str, Any] = {
        attribute: _section(shape, values, f"{name}.{block}")
        for block, (attribute, shape) in _BLOCKS.items()
    }
    return Environment(
        name=name,
        tags=_free(values, f"{name}.tags."),
        parameters=_free(values, f"{name}.parameters."),
        **blocks,
    )


def _section(
    shape: type[Section], values: Mapping[str, object], prefix: str
) -> Section:
    kinds = get_type_hints(shape)
    given: dict[str, Any] = {}
    for each in fields(shape):  # type: ignore[arg-type]
        key = f"{prefix}.{each.name}"
        if is_dataclass(kinds[each.name]):
            given[each.name] = _section(kinds[each.name], values, key)
        else:
            value = values[key]
            given[each.name] = tuple(value) if isinstance(value, list) else value
    return shape(**given)


def _free(values: Mapping[str, object], prefix: str) -> dict[str, str]:
    return {
        key.removeprefix(prefix): as_text(value)
        for key, value in values.items()
        if key.startswith(prefix)
    }


def as_text(value: object) -> str:
    """Write a value as CloudFormation's parameters have it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
