"""What is drawn: plain lines for a log, a live view for a terminal."""

from __future__ import annotations

import io

import pytest
from click import unstyle
from delivery_fakes import make_event, stack_event
from rich.console import Console

from delivery.cli import ask
from delivery.cli.lines import change_line, danger_of, summary_line
from delivery.cli.live import TerminalLive, TerminalScreen, Working
from delivery.cli.screen import PlainLive, PlainScreen, make_screen
from delivery.errors import BadInput
from delivery.model import ResourceChange

BUCKET = ("RecordBucket", "AWS::S3::Bucket")


def _change(action: str = "Modify", *rest, **more) -> ResourceChange:
    return ResourceChange(*BUCKET, action, *rest, **more)


@pytest.mark.parametrize(
    ("change", "danger"),
    [
        (_change("Add"), ""),
        (_change(), ""),
        (_change("Modify", "True", "ReplaceAndRetain"), "REPLACES IT"),
        (
            _change("Modify", "Conditional"),
            "MAY REPLACE IT, DELETES THE OLD ONE",
        ),
        (_change("Remove", policy_action="Delete"), "DELETES IT"),
        (_change("Remove", policy_action="Retain"), "leaves it behind, unmanaged"),
    ],
)
def test_replacement_and_loss_stand_out(change, danger) -> None:
    assert danger_of(change) == danger
    assert change_line(change).endswith(danger)


def test_a_changed_resource_names_its_properties() -> None:
    line = change_line(_change(properties=("BucketName", "Tags")))
    assert line == "~ RecordBucket  AWS::S3::Bucket (BucketName, Tags)"


def test_changes_are_counted_by_kind() -> None:
    changes = [_change("Add"), _change("Add"), _change("Remove"), _change("Dynamic")]
    assert summary_line(changes) == (
        "2 added, 1 removed, 1 other; 1 of them need a second look."
    )
    assert "outputs" in summary_line([])


def test_plain_lines_go_to_stderr(capsys) -> None:
    screen = PlainScreen()
    screen.say("hello")
    screen.warn("careful")
    screen.changes("Stack app", [_change("Add")])
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "hello",
        "Warning: careful",
        "Stack app",
        "  + RecordBucket  AWS::S3::Bucket",
        "  1 added.",
    ]


def test_an_event_is_one_line_and_repeated_statuses_come_once(capsys) -> None:
    with PlainScreen().watch("app") as live:
        live.event(make_event(status="CREATE_IN_PROGRESS"))
        live.event(make_event(status="CREATE_IN_PROGRESS", reason="initiated"))
        live.event(make_event(status="CREATE_FAILED", reason="denied"))
        live.event(stack_event("ROLLBACK_IN_PROGRESS"))
        live.note("lost")
        live.note("lost")
        live.tick()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 5
    assert lines[2].endswith("denied")
    assert "the stack" in lines[3]
    assert "\x1b" not in "".join(lines)


def test_a_brief_screen_shows_the_stack_and_failures_only(capsys) -> None:
    screen = PlainScreen(brief=True)
    screen.changes("Stack app", [_change("Add"), _change("Remove")])
    with screen.watch("app") as live:
        live.event(make_event(status="CREATE_COMPLETE"))
        live.event(make_event(status="CREATE_FAILED", reason="denied"))
        live.event(stack_event("CREATE_FAILED"))
    text = capsys.readouterr().err
    assert "+ RecordBucket" not in text
    assert "- RecordBucket" in text
    assert "CREATE_COMPLETE" not in text
    assert "denied" in text


def test_without_a_terminal_the_screen_is_plain() -> None:
    assert isinstance(make_screen(yes=True), PlainScreen)


def test_a_terminal_gets_the_live_screen(monkeypatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(make_screen(yes=True), TerminalScreen)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(make_screen(yes=True), PlainScreen)


@pytest.fixture
def console():
    return Console(file=io.StringIO(), force_terminal=True, width=100)


def _written(console: Console) -> str:
    return console.file.getvalue()


def test_the_live_screen_draws_changes_and_events(console) -> None:
    screen = TerminalScreen(console=console)
    screen.say("hello [bold]")
    screen.warn("careful")
    screen.changes("Stack app", [_change("Add"), _change(), _change("Remove")])
    with screen.watch("app") as live:
        live.event(make_event(status="CREATE_IN_PROGRESS"))
        live.event(make_event(status="CREATE_COMPLETE"))
        live.event(make_event("Role", "CREATE_FAILED", "denied"))
        live.event(stack_event("CREATE_FAILED"))
        live.note("lost")
        live.note("lost")
        live.tick()
    text = _written(console)
    assert "hello [bold]" in text
    assert "- RecordBucket" in text
    assert "denied" in text
    assert text.count("lost") == 1


def test_the_live_view_has_a_line_for_each_resource_in_progress(console) -> None:
    live = TerminalLive("app", console=console)
    live.expect(40.0, {"Topic1": 12.0})
    for number in range(10):
        live.event(make_event(f"Topic{number}", "CREATE_IN_PROGRESS"))
    live.event(make_event("Topic0", "CREATE_COMPLETE"))
    head, first, second, *_, last = live.__rich__().plain.splitlines()
    assert head == "app  0 s of 40 s before  1 done"
    assert first == "  Topic1  0 s of 12 s before"
    assert second == "  Topic2  0 s"
    assert last == "  and 1 more"


@pytest.mark.parametrize("width", [80, 200])
def test_what_goes_well_never_takes_a_second_line_and_a_reason_is_never_cut(
    width: int,
) -> None:
    written = io.StringIO()
    live = TerminalLive(
        "app", console=Console(file=written, force_terminal=True, width=width)
    )
    name = "ResourceWithAVeryLongNameIndeed" * 8
    live.event(make_event(name, "CREATE_COMPLETE"))
    assert len(written.getvalue().splitlines()) == 1
    assert "…" in written.getvalue()

    reason = "It refers to something that is not there. " * 6
    live.event(make_event("Topic", "CREATE_FAILED", reason.strip()))
    lines = unstyle(written.getvalue()).splitlines()
    assert max(map(len, lines)) <= width
    told = " ".join(" ".join(lines).split())
    assert reason.strip() in told


def test_without_a_terminal_the_time_it_took_before_is_a_line(capsys) -> None:
    PlainLive().expect(None, {})
    PlainLive().expect(41.6, {})
    assert capsys.readouterr().err == "  it took 42 s before\n"


def test_a_brief_live_view_keeps_quiet_about_what_went_well(console) -> None:
    live = TerminalLive("app", brief=True, console=console)
    live.event(make_event(status="CREATE_COMPLETE"))
    assert _written(console) == ""
    live.event(make_event(status="CREATE_FAILED", reason="denied"))
    assert "denied" in _written(console)


def test_confirmations_are_asked_unless_answered_beforehand(
    console, monkeypatch
) -> None:
    assert PlainScreen(yes=True).confirm("Go on?")
    assert TerminalScreen(yes=True, console=console).confirm("Go on?")
    with pytest.raises(BadInput, match="Nobody can answer"):
        PlainScreen().confirm("Go on?")
    monkeypatch.setattr(ask, "is_interactive", lambda: True)
    monkeypatch.setattr("click.confirm", lambda *words, **more: False)
    assert not PlainScreen().confirm("Go on?")


def test_what_takes_time_is_shown_on_a_terminal_and_gone_after_it(console) -> None:
    with TerminalScreen(console=console).working("Validating") as tell:
        tell("lint")
    assert _written(console).count("\n") <= 1
    assert Working("Validating", "lint").__rich__().plain == "Validating: lint  0 s"


def test_elsewhere_nothing_is_shown_of_what_takes_time(capsys) -> None:
    with PlainScreen().working("Validating") as tell:
        tell("lint")
    assert capsys.readouterr() == ("", "")


def test_the_live_view_names_what_it_is_at() -> None:
    live = TerminalLive("Release 1")
    assert live.__rich__().plain == "Release 1  0 s"
    live.at("Build/Build")
    assert live.__rich__().plain == "Release 1: Build/Build  0 s"
