"""``logs``."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from log_fakes import line
from release_fakes import make_contents

from delivery.model import StackResource

STACK = "medical-record-analysis-lambda-development"
GROUP = "/aws/lambda/mra-analyze"


@pytest.fixture
def logging(world):
    made = make_contents("development")
    analyze = StackResource("Analyze", "AWS::Lambda::Function", "mra-analyze")
    world.deployed_stacks.found = {STACK: replace(made, resources=(analyze,))}
    world.logs.groups = {GROUP: [line("1", -60, "began"), line("0", -3600, "old")]}
    return world


def test_lines_since_ten_minutes_are_shown_with_who_wrote_them(run, logging) -> None:
    result = run("logs")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.split() == ["14:01:00", "Analyze", "began"]


def test_each_line_is_a_json_document_of_its_own(run, logging) -> None:
    logging.logs.groups[GROUP].append(line("2", -30, "went on"))
    result = run("logs", "Analyze", "--output", "json")
    first, second = (json.loads(each) for each in result.stdout.splitlines())
    assert first == {
        "at": "2026-11-23T14:01:00+00:00",
        "source": "Analyze",
        "group": GROUP,
        "stream": "stream",
        "message": "began",
    }
    assert second["message"] == "went on"


@pytest.mark.parametrize("since", ["10", "10 minutes", "m", "-5m", ""])
def test_a_time_that_is_none_is_bad_input(run, logging, since) -> None:
    result = run("logs", "--since", since)
    assert result.exit_code == 2
    assert "such as 10m" in result.stderr


def test_ctrl_c_ends_following_and_is_no_failure(run, logging) -> None:
    logging.logs.looks = [[], [line("2", -1, "last")], KeyboardInterrupt()]
    result = run("logs", "--follow")
    assert result.exit_code == 0
    assert "Ctrl-C ends it" in result.stderr
    assert result.stdout.splitlines()[-1].endswith("last")


def test_what_is_logged_does_not_act_on_the_terminal(run, logging) -> None:
    logging.logs.groups[GROUP] = [line("1", -1, "\x1b[2J\x1b[31mred\x1b[0m\x07 a\tb")]
    shown = run("logs").stdout
    assert "red a\tb" in shown and "\x1b" not in shown and "\x07" not in shown


def test_without_a_release_it_says_what_is_missing(run, world) -> None:
    result = run("logs", "hooks", "--environment", "production")
    assert result.exit_code == 2
    assert "No release has reached this environment" in result.stderr
