"""The command line: lazy commands, shared options, and errors as sentences."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from delivery.cli.lazy import exit_code_of, with_default_command
from delivery.cli.main import COMMANDS, cli
from delivery.cli.options import Settings, common_options
from delivery.cli.rehearse import REHEARSE_COMMANDS
from delivery.errors import BadInput, Detached, PlaneUnavailable, Refused

ROOT = Path(__file__).resolve().parents[4]
OUR_COMMANDS = {"deploy", "status", "start", "approve", "reject", "rehearse"}
ALL_HELP = [
    [],
    *([name] for name in COMMANDS),
    *(["rehearse", name] for name in REHEARSE_COMMANDS),
    ["config", "explain"],
]


@pytest.mark.parametrize(
    ("given", "completed"),
    [
        ([], ["deploy"]),
        (["--local"], ["--local", "deploy"]),
        (["--local", "--owner", "x"], ["--local", "deploy", "--owner", "x"]),
        (["--region", "us-east-1"], ["--region", "us-east-1", "deploy"]),
        (["--region=us-east-1", "status"], ["--region=us-east-1", "status"]),
        (["--yes", "status", "--watch"], ["--yes", "status", "--watch"]),
        (["--help"], ["--help"]),
        (["--region"], ["--region", "deploy"]),
    ],
)
def test_deploy_is_what_runs_without_a_command(given, completed) -> None:
    assert with_default_command(given, "deploy") == completed


@pytest.mark.parametrize("words", ALL_HELP, ids=" ".join)
def test_every_command_has_help_with_the_shared_options(words) -> None:
    result = CliRunner(mix_stderr=False).invoke(cli, [*words, "--help"])
    assert result.exit_code == 0, result.stderr
    for option in ("--local", "--region", "--profile", "--config", "--output"):
        assert option in result.stdout


@pytest.mark.parametrize("group", ["releases", "maintenance", "config", "rehearse"])
def test_a_groups_help_says_of_each_command_in_a_whole_sentence_what_it_does(
    group,
) -> None:
    result = CliRunner(mix_stderr=False).invoke(cli, [group, "--help"])
    lines = result.stdout.partition("Commands:\n")[2].splitlines()
    told = {name: text for name, text in (line.split(None, 1) for line in lines)}
    assert told and all(text.endswith(".") for text in told.values())
    assert not any(text.endswith("...") for text in told.values())
    if group == "releases":
        assert told["record"].startswith("Record ")
        assert told["verify"].startswith("Check ")


def test_an_unknown_command_lists_the_known_ones() -> None:
    result = CliRunner(mix_stderr=False).invoke(cli, ["destory"])
    assert result.exit_code == 2
    assert "There is no command 'destory'" in result.stderr
    assert "status" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "words",
    [
        ["--local", "--output", "json", "show"],
        ["show", "--local", "--output", "json"],
        ["--output", "text", "--local", "show", "--output", "json"],
    ],
)
def test_shared_options_count_before_and_after_the_command(words) -> None:
    seen: list[Settings] = []

    @click.group()
    @common_options
    def group() -> None:
        pass

    @group.command()
    @common_options
    @click.pass_obj
    def show(settings: Settings) -> None:
        seen.append(settings)

    CliRunner().invoke(group, words, catch_exceptions=False)
    assert seen[0].local
    assert seen[0].as_json
    assert not seen[0].yes


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInput("What.", why="Why.", next_step="Next."), 2),
        (Refused("What."), 3),
        (PlaneUnavailable("What."), 6),
        (Detached("What."), 130),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (RuntimeError("odd"), 1),
    ],
)
def test_each_error_has_its_exit_code_and_no_traceback(error, code, capsys) -> None:
    def fail():
        raise error

    assert exit_code_of(fail, debug=False) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err
    assert "Traceback" not in captured.err


def test_debug_shows_where_it_happened(capsys) -> None:
    def fail():
        raise RuntimeError("odd")

    exit_code_of(fail, debug=True)
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_left_is_no_failure() -> None:
    def fail():
        raise BrokenPipeError

    stderr, sys.stderr = sys.stderr, io.StringIO()
    try:
        assert exit_code_of(fail, debug=False) == 0
    finally:
        sys.stderr = stderr


def test_a_commands_own_number_is_the_exit_code() -> None:
    assert exit_code_of(lambda: 5, debug=False) == 5
    assert exit_code_of(lambda: None, debug=False) == 0


# What takes long to import, or leads to it; a help text needs none of it.
HEAVY = {
    "boto3",
    "botocore",
    "cfnlint",
    "jsonschema",
    "rich",
    "ruamel",
    "samtranslator",
    "yaml",
    "delivery.aws",
    "delivery.flows",
    "delivery.model",
    "delivery.ports",
}
OURS = [words for words in ALL_HELP if not words or words[0] in OUR_COMMANDS]


def test_no_help_text_imports_what_takes_long() -> None:
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from delivery.cli.main import cli\n"
        f"for words in {OURS!r}:\n"
        "    before = set(sys.modules)\n"
        "    CliRunner().invoke(cli, [*words, '--help'])\n"
        f"    heavy = {sorted(HEAVY)!r}\n"
        "    print(words, *(set(sys.modules) - before).intersection(heavy))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert done.stdout.splitlines() == [str(words) for words in OURS]
