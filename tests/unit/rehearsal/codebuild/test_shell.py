"""One shell keeps its state over commands and survives being ended by one of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rehearsal.codebuild.shell import PhaseShell, ShellStopped

Open = Callable[[str], PhaseShell]


@pytest.fixture
def output() -> list[str]:
    return []


@pytest.fixture(params=["bash", "sh"])
def shell(
    request: pytest.FixtureRequest, tmp_path: Path, output: list[str]
) -> Iterator[PhaseShell]:
    shell = PhaseShell(
        interpreter=request.param,
        environment={"PATH": "/usr/local/bin:/usr/bin:/bin", "GIVEN": "yes"},
        folder=tmp_path,
        state=tmp_path / "state",
        output=output.append,
    )
    yield shell
    shell.close()


def test_variables_functions_and_the_folder_live_on(
    shell: PhaseShell, output: list[str]
) -> None:
    shell.run(
        "mkdir inner && cd inner && own=1 && export OUT=2\nsay() { echo said $1; }"
    )
    assert shell.run("say $own$OUT$GIVEN; basename $PWD") == 0
    assert output == ["said 12yes", "inner"]
    assert shell.environment["OUT"] == "2"


def test_output_without_a_last_newline_and_its_status_arrive(
    shell: PhaseShell, output: list[str]
) -> None:
    assert shell.run("printf one; printf two >&2; false") == 1
    assert output == ["onetwo"]


@pytest.mark.parametrize(
    "command", ["exit 3", "set -e\n(exit 3)\necho on", "kill -9 $$"]
)
def test_a_command_that_ends_the_shell_fails_and_the_next_goes_on(
    shell: PhaseShell, output: list[str], command: str
) -> None:
    shell.run("export KEPT=1; cd /")
    assert shell.run(command) in (3, 137)
    assert shell.run("echo $KEPT $PWD") == 0
    assert output == ["1 /"]


def test_values_are_exported_as_they_are(shell: PhaseShell, output: list[str]) -> None:
    shell.export("VALUE", 'it\'s "$HOME" `x`')
    shell.run('echo "$VALUE"')
    assert output == ['it\'s "$HOME" `x`']


def test_a_command_that_reads_its_input_finds_none(shell: PhaseShell) -> None:
    assert shell.run("cat") == 0
    assert shell.run("true") == 0


def test_killing_ends_a_command_and_all_that_it_started(shell: PhaseShell) -> None:
    threading.Timer(0.2, shell.kill).start()
    with pytest.raises(ShellStopped):
        shell.run("sleep 60 & sleep 60")
    with pytest.raises(ShellStopped):
        shell.run("true")
