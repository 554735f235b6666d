"""``config explain``: each effective value and where it came from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from delivery.cli.main import cli
from delivery.config import explain, load_configuration
from delivery.config.parameters import ENVIRONMENT_PARAMETERS
from delivery.config.problems import load_schema
from delivery.errors import BadInput

ROOT = Path(__file__).resolve().parents[4]
CONFIGURATION = load_configuration(ROOT / "environment_config.yaml")


def sources(key: str) -> dict[str, str]:
    return {each.key: str(each.source) for each in explain(CONFIGURATION, key)}


def test_a_key_of_all_environments_shows_where_each_came_from() -> None:
    found = sources("lambda.memory_megabytes")

    assert list(found) == [
        "development.lambda.memory_megabytes",
        "staging.lambda.memory_megabytes",
        "production.lambda.memory_megabytes",
    ]
    assert "(defaults)" in found["development.lambda.memory_megabytes"]
    assert "(environments.production)" in found["production.lambda.memory_megabytes"]


def test_a_value_that_nobody_wrote_is_built_in() -> None:
    found = sources("development.blue_green.traffic_shift_interval")

    assert found == {"development.blue_green.traffic_shift_interval": "built in"}


def test_a_block_shows_its_keys() -> None:
    assert "production.rollback.preserve_versions" in sources("production.rollback")


def test_an_unknown_key_is_refused_with_its_neighbours() -> None:
    with pytest.raises(BadInput, match="Did you mean lambda.memory_megabytes"):
        explain(CONFIGURATION, "lambda.memory_megabyte")


def test_without_a_key_everything_is_shown() -> None:
    assert len(explain(CONFIGURATION)) == len(CONFIGURATION.settings)


def test_the_command_prints_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    result = CliRunner().invoke(
        cli, ["config", "explain", "s3.noncurrent_days", "--output", "json"]
    )

    first = json.loads(result.stdout)["settings"][0]
    assert first["key"] == "development.s3.noncurrent_days"
    assert first["value"] == 7
    assert first["block"] == "environments.development"


def test_the_command_prints_a_keys_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    result = CliRunner().invoke(cli, ["config", "explain", "project.region"])

    assert 'project.region  "us-east-1"' in result.stdout
    assert "Region of everything." in result.stdout


# Keys that are no parameter, and what uses each.
USED_OTHERWISE = {
    "rollback.automatic": "the manifest, and the rollback after a failed verification",
    "rollback.preserve_versions": "the manifest, and clean-up",
}


def test_every_key_of_an_environment_is_used(tmp_path: Path) -> None:
    """Change each key by itself: some parameter must change with it."""
    schema = load_schema()["$defs"]["settings"]["properties"]
    for path, rule in _leaves(schema):
        dotted = ".".join(path)
        if dotted in USED_OTHERWISE:
            continue
        before, after = (_values(tmp_path, path, each) for each in _two_values(rule))
        assert before != after, f"{dotted} changes no parameter"


def _leaves(properties, path=()):
    for name, rule in properties.items():
        if name in {"tags", "parameters"}:
            continue
        if "properties" in rule:
            yield from _leaves(rule["properties"], (*path, name))
        else:
            yield (*path, name), rule


def _two_values(rule):
    if "enum" in rule:
        return rule["enum"][0], rule["enum"][-2]
    if rule["type"] == "boolean":
        return False, True
    if rule["type"] == "array":
        return [], rule["items"]["examples"]
    return rule["minimum"] + 1, rule["minimum"] + 2


def _values(folder: Path, path: tuple[str, ...], value: object) -> dict[str, object]:
    block: object = value
    for name in reversed(path):
        block = {name: block}
    document = {"version": 1, "environments": {"development": block}}
    file = folder / "environment_config.yaml"
    # What does not fit (a burst under the rate) is not the question here.
    if path == ("api_gateway", "throttle_rate"):
        block["api_gateway"]["throttle_burst"] = 5000
    if path == ("api_gateway", "throttle_burst"):
        block["api_gateway"]["throttle_rate"] = 1
    file.write_text(json.dumps(document), encoding="utf-8")
    environment = load_configuration(file).environments["development"]
    return {name: of(environment) for name, of in ENVIRONMENT_PARAMETERS.items()}
