"""What goes to a terminal breaks at words and columns; a file gets it as it is."""

from __future__ import annotations

import os

import pytest
from click import Abort
from delivery_fakes import (
    START,
    make_action,
    make_execution,
    make_stage,
    make_state,
)

from delivery.cli import ask, fitting
from delivery.cli.fitting import as_table, echo, fit, table
from delivery.cli.showing import live_lines
from delivery.operate.status import Status
from delivery.strategy.words import PREDICTION_HEADER

PREDICTIONS = [
    (
        "AllAtOnce (configured)",
        "at once",
        "-",
        "0 %",
        "-",
        "30.0",
        "18,000",
        "9",
        "0 %",
    ),
    ("Linear10PercentEvery10Minutes", "90 min", "<0.01 %", "100 %", "12.2", "12.3")
    + ("926", "46.3", "0 %"),
]
WIDTHS = [80, 200]


def _wide(text: str) -> int:
    return max(map(len, text.splitlines()))


def test_a_table_is_as_wide_as_it_needs() -> None:
    assert table([("Source", "passed")], ("Stage", "Outcome")).splitlines() == [
        "Stage   Outcome",
        "Source  passed",
    ]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_table_is_no_wider_than_the_terminal_and_loses_no_cell(width: int) -> None:
    text = as_table(PREDICTIONS, PREDICTION_HEADER, width)
    assert _wide(text) <= width
    words = set(text.split())
    assert words >= {
        word for row in PREDICTIONS for cell in row for word in cell.split()
    }
    assert words >= {word for cell in PREDICTION_HEADER for word in cell.split()}


def test_columns_that_do_not_fit_stand_below_the_first_one_again() -> None:
    above, below = as_table(PREDICTIONS, PREDICTION_HEADER, 80).split("\n\n")
    assert "Linear10PercentEvery10Minutes  90 min" in above
    assert "Linear10PercentEvery10Minutes  926" in below


def test_a_last_column_of_words_breaks_at_them() -> None:
    reason = "the alarm that watches the new version fired before anybody looked"
    text = as_table([("7", "production", reason)], ("RELEASE", "WHERE", "WHY"), 50)
    assert _wide(text) <= 50
    assert " ".join(reason.split()[:3]) in text


@pytest.mark.parametrize("width", WIDTHS)
def test_a_sentence_breaks_at_words_below_where_it_began(width: int) -> None:
    reason = "the role may not write the records bucket " * 6
    first, *rest = fit(f"  Why:  {reason}", width).splitlines()
    assert len(first) <= width
    assert all(len(each) <= width and each.startswith(" " * 8) for each in rest)
    assert " ".join(f"{first} {' '.join(rest)}".split()) == f"Why: {reason.strip()}"


def test_what_is_copied_stays_whole() -> None:
    command = (
        f"  Next: ./deploy_pipeline.py approve ApproveStaging {'--comment x ' * 9}"
    )
    link = f"  Log:  https://console.example.org/{'x' * 90}"
    name = f"Topic        arn:aws:sns:us-east-1:123456789012:{'x' * 60}"
    lines = f"{command}\n{link}\n{name}"
    assert fit(lines, 80) == lines


def test_without_a_terminal_nothing_is_broken(capsys) -> None:
    line = "a word " * 40
    echo(line)
    echo(line, err=True)
    assert capsys.readouterr() == (f"{line}\n", f"{line}\n")


@pytest.mark.parametrize("err", [False, True])
def test_a_terminal_is_asked_for_its_width(err: bool, monkeypatch, capsys) -> None:
    monkeypatch.setattr(fitting, "columns", lambda *, err=False: 20)
    echo("one two three four five six", err=err)
    written = capsys.readouterr()
    assert (written.err if err else written.out).splitlines() == [
        "one two three four",
        "five six",
    ]


def test_a_file_is_no_terminal(monkeypatch, tmp_path) -> None:
    with (tmp_path / "out").open("w") as out:
        monkeypatch.setattr("sys.stdout", out)
        assert fitting.columns() is None


def test_a_terminal_without_a_size_is_left_alone(monkeypatch, tmp_path) -> None:
    size = os.terminal_size((0, 0))
    monkeypatch.setattr(fitting.os, "get_terminal_size", lambda number: size)
    with (tmp_path / "out").open("w") as out:
        monkeypatch.setattr("sys.stdout", out)
        assert fitting.columns() is None


def _long_status() -> Status:
    over = [
        make_stage(
            f"Stage{number}",
            "Succeeded",
            *[make_action(f"Action{number}{each}", "Succeeded") for each in range(6)],
        )
        for number in range(5)
    ]
    now = make_stage(
        "DeployProduction", "InProgress", make_action("ShiftTraffic", "InProgress")
    )
    execution = make_execution("e" * 36, commit="c0ffee01" * 5)
    warning = "mail to team@example.org waits for its confirmation " * 4
    return Status(
        "MedicalRecordAnalysisPipeline", execution, (*over, now), warnings=(warning,)
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_the_live_status_fits_a_small_screen_and_shows_what_runs(width: int) -> None:
    lines = live_lines(_long_status(), width, 24, START)
    assert len(lines) < 24
    assert max(map(len, lines)) <= width
    assert any("ShiftTraffic" in each for each in lines)
    assert any("Stage0" in each for each in lines)


def test_the_live_status_shows_every_action_where_there_is_room() -> None:
    lines = live_lines(_long_status(), 200, 60, START)
    assert any("Action05" in each for each in lines)


@pytest.mark.thorough
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "words",
    [
        "status",
        "releases",
        "releases verify",
        "report",
        "validate --rules",
        "config explain production",
        "diff",
        "cost",
        "cost --environment staging --rate 1/s",
        "start --dry-run",
        "retry",
        "destroy --dry-run",
        "logs",
    ],
)
def test_no_line_of_a_command_is_wider_than_the_terminal(
    run, world, monkeypatch, words: str, width: int
) -> None:
    monkeypatch.setattr(fitting, "columns", lambda *, err=False: width)
    waits = make_action("Approve", "InProgress", category="Approval", token="t")
    stage = make_stage("ApproveProduction", "InProgress", waits)
    world.pipelines.states = [make_state(stage)]
    world.pipelines.runs = [make_execution("e" * 36, commit_summary="Mend it " * 20)]
    result = run(*words.split())
    lines = [*result.stdout.splitlines(), *result.stderr.splitlines()]
    assert lines
    assert [each for each in lines if len(each) > width and not _whole(each)] == []


def _whole(line: str) -> bool:
    return any(each in line for each in ("./", "aws ", "https://"))


@pytest.mark.parametrize(("width", "asked"), [(40, "Choose"), (200, "Take it back?")])
def test_a_question_with_its_words_stays_on_one_line(
    terminal, monkeypatch, width: int, asked: str
) -> None:
    prompts: list[str] = []
    monkeypatch.setattr(ask, "columns", lambda *, err=False: width)
    monkeypatch.setattr("click.prompt", lambda text, **more: prompts.append(text))
    ask.choice("Take it back?", ["cancel", "detach"], flag="", default="detach")
    assert prompts == [asked]


def test_an_interrupt_at_a_question_ends_its_line(
    terminal, monkeypatch, capsys
) -> None:
    def pressed(text, **more):
        raise Abort

    monkeypatch.setattr("click.prompt", pressed)
    with pytest.raises(KeyboardInterrupt):
        ask.decide("Take it back?", ["cancel", "detach"], default="detach")
    assert capsys.readouterr().err == "\n"
