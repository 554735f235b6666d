"""environment_config.yaml: what it comes to, and how it is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from delivery.config import Configuration, load_configuration, read_setting
from delivery.config.parameters import application_parameters
from delivery.errors import BadInput

ROOT = Path(__file__).resolve().parents[4]
LEAST = "version: 1\nenvironments:\n  development: {}\n"


@pytest.fixture
def load(tmp_path: Path):
    def _load(text: str) -> Configuration:
        path = tmp_path / "environment_config.yaml"
        path.write_text(text, encoding="utf-8")
        return load_configuration(path)

    return _load


def refused(load, text: str) -> str:
    with pytest.raises(BadInput) as error:
        load(text)
    return str(error.value)


def test_the_shipped_configuration_holds_the_three_environments_as_they_differ() -> (
    None
):
    configuration = load_configuration(ROOT / "environment_config.yaml")
    development, staging, production = configuration.environments.values()

    assert development.functions.log_level == "DEBUG"
    assert development.functions.reserved_concurrency == 0
    assert not development.blue_green.enabled
    assert development.logs.log_retention_days < production.logs.log_retention_days
    assert (
        development.functions.memory_megabytes
        < staging.functions.memory_megabytes
        < production.functions.memory_megabytes
    )
    assert production.functions.reserved_concurrency > 0
    assert production.logs.log_retention_days == 30
    assert production.blue_green.traffic_shift_type == "Linear"
    assert production.blue_green.traffic_shift_percentage == 10
    assert production.blue_green.traffic_shift_interval == 10


def test_what_is_not_given_has_the_value_built_in(load) -> None:
    configuration = load(LEAST)

    assert configuration.environments["development"].functions.timeout_seconds == 15
    assert configuration.project.region == "us-east-1"


def test_code_needs_no_signature_unless_an_environment_names_profiles(load) -> None:
    profiles = [
        f"arn:aws:signer:us-east-1:111122223333:/signing-profiles/release/a1b2C3d4E{n}"
        for n in (5, 6)
    ]
    text = LEAST + (
        "  staging: {}\n  production:\n    security:\n"
        f"      signing_profile_versions: {profiles}\n"
    )
    configuration = load(text)

    asked = {
        name: application_parameters(configuration, name)["SigningProfileVersions"]
        for name in configuration.environments
    }
    assert asked == {
        "development": "",
        "staging": "",
        "production": ",".join(profiles),
    }


def test_an_environment_wins_over_defaults_key_by_key(load) -> None:
    configuration = load("""\
version: 1
defaults:
  lambda: {memory_megabytes: 300, timeout_seconds: 9}
  tags: {Owner: all, Team: a}
environments:
  development:
    lambda: {memory_megabytes: 400}
    tags: {Owner: me}
    parameters: {Own: true, Count: 3}
""")
    development = configuration.environments["development"]

    assert development.functions.memory_megabytes == 400
    assert development.functions.timeout_seconds == 9
    assert development.tags == {"Owner": "me", "Team": "a"}
    assert development.parameters == {"Own": "true", "Count": "3"}


def test_all_problems_are_told_at_once_in_the_order_of_lines(load) -> None:
    told = refused(
        load,
        "version: 1\nproject: {name: X}\ndefaults: {lambda: {memory_megabytes: 1}}\n"
        "environments: {nowhere: {}}\n",
    )

    assert "has 3 problems" in told
    assert (
        told.index("project.name")
        < told.index("memory_megabytes")
        < told.index("environments.nowhere")
    )


@pytest.mark.parametrize(
    "line",
    [
        "project: {name: ghp_abcdefghijklmnopqrstuvwxyz0123}",
        "foundation: {github_token: abc}",
        "defaults: {parameters: {DatabasePassword: hunter2}}",
        "defaults: {tags: {Owner: AKIAABCDEFGHIJKLMNOP}}",
        "defaults: {parameters: {Url: 'https://me:word@example.com'}}",
    ],
)
def test_a_secret_is_refused_and_not_repeated(load, line: str) -> None:
    told = refused(load, LEAST + line + "\n")

    assert "looks like" in told
    assert "environment_config.yaml:4:" in told
    for secret in ("ghp_abc", "hunter2", "AKIAABC", "me:word"):
        assert secret not in told


def test_a_file_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        load_configuration(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "project: {region: eu-central-1}",
            "project.region: eu-central-1 is not among compliance.allowed_regions. "
            "Allowed: us-east-1.",
        ),
        (
            "defaults: {blue_green: {traffic_shift_type: Linear, "
            "traffic_shift_percentage: 1, traffic_shift_interval: 60}}",
            "steps of 1 % every 60 minutes take 5940 minutes. Allowed: at most 2880",
        ),
        (
            "defaults: {alarms: {period_seconds: 900}, "
            "rollback: {alarm_evaluation_periods: 24}}",
            "",
        ),
        (
            "defaults: {api_gateway: {throttle_rate: 100, throttle_burst: 50}}",
            "a burst of 50 refuses requests",
        ),
    ],
)
def test_values_must_fit_each_other(load, text: str, expected: str) -> None:
    if expected:
        assert expected in refused(load, LEAST + text + "\n")
    else:
        assert load(LEAST + text + "\n")


def test_environments_have_no_gap(load) -> None:
    told = refused(load, "version: 1\nenvironments: {development: {}, production: {}}")

    assert "environments.staging: this environment is missing" in told


def test_one_value_is_read_without_a_validator_of_schemas(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    path = ROOT / "environment_config.yaml"
    assert read_setting(path, "production.rollback.automatic") is True
    assert read_setting(path, "production.lambda.memory_megabytes") == 1024
    with pytest.raises(BadInput, match="no setting production.rollback.nothing"):
        read_setting(path, "production.rollback.nothing")
