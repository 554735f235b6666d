"""The work of ``rollback.py``: what serves, the menu, confirmation, and the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from delivery.cli import ask
from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_result
from delivery.cli.wiring import Tools
from delivery.cli.verifying import exit_code_of, verify_environment
from delivery.errors import (
    EXIT_DONE,
    BadInput,
    DeliveryError,
    NotVerified,
    Refused,
)
from delivery.flows.automatic import refuse_unless_due
from delivery.flows.half_way import Decide, OnFailure, Steadfast, keep
from delivery.flows.moving import HalfWay
from delivery.flows.notices import tell
from delivery.flows.one_function import Listed
from delivery.flows.planning import plan_of
from delivery.flows.undo import Undoer
from delivery.flows.undone import Undone, refused
from delivery.flows.verify import expected_now
from delivery.model import APPLICATION_STACK_PREFIX, Outcome, Stack, Verdict
from delivery.ports import Clock
from delivery.rollback.options import Choice, Option, Way, best_of
from delivery.rollback.situation import Situation
from delivery.verify.report import verdict_text

_TITLES = {
    Choice.STACK: "Roll back the entire stack to the previous version",
    Choice.FUNCTION: "Roll back one function to a version",
    Choice.CANCEL: "Cancel the current update",
}
_KEYS = {"1": Choice.STACK, "2": Choice.FUNCTION, "3": Choice.CANCEL}
EXIT_KEY = "4"
_WHAT_NOW = """\
go-on   try again to move those that were not moved; mend the cause first
keep    leave each alias where it is now; the same command goes on later
return  send those that were moved back to what they served before"""
PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the flags say."""

    stack: bool = False
    to: int | None = None
    skip: tuple[str, ...] = ()
    function: str | None = None
    version: str | None = None
    cancel: bool = False
    reconcile: bool = False
    verify: bool = False
    reason: str | None = None
    dry_run: bool = False
    on_failure: str | None = None
    automatic: bool = False

    @property
    def choice(self) -> Choice | None:
        """Return the menu's entry that the flags name, or None.

        Raises:
            BadInput: when they name several, or half of one.
        """
        named = [
            choice
            for choice, given in (
                (Choice.STACK, self.stack),
                (Choice.FUNCTION, self.function is not None),
                (Choice.CANCEL, self.cancel),
            )
            if given
        ]
        if len(named) + self.reconcile + self.verify > 1:
            raise BadInput(
                "These flags ask for several things at once.",
                next_step="Give one of --stack, --function, --cancel, --reconcile, "
                "--verify.",
            )
        if self.to is not None and not self.stack:
            raise BadInput("--to goes with --stack.", next_step="Add --stack.")
        if self.skip and not self.stack:
            raise BadInput("--skip goes with --stack.", next_step="Add --stack.")
        if self.automatic and (not self.stack or self.to is not None):
            raise BadInput("--automatic goes with --stack, and without --to.")
        if self.on_failure and not self.stack:
            raise BadInput("--on-failure goes with --stack.", next_step="Add --stack.")
        if (self.version is None) != (self.function is None):
            raise BadInput(
                "--function and --version go together.", next_step="Give both."
            )
        return named[0] if named else None


def run(settings: Settings, environment: str, asked: Asked) -> int:
    """Look, choose, confirm, act, report."""
    choice = asked.choice
    if asked.verify:
        return _verify(settings, environment)
    # What was confirmed here is not asked again by the parts that act.
    tools = Tools(replace(settings, yes=True))
    undoer = tools.undoer(environment)
    if asked.reconcile:
        return _reconcile(settings, tools, undoer, asked)
    situation = undoer.situation()
    options = undoer.options(situation, asked.to)
    if choice is None:
        echo(situation_text(situation), err=True)
        choice = _from_menu(situation, options)
        if choice is None:
            echo("Nothing was changed.", err=True)
            return 0
    option = next(each for each in options if each.choice is choice)
    if not option.possible:
        raise refused(environment, option)
    if asked.automatic:
        _refuse_unless_due(tools, undoer, situation, option)
    if choice is Choice.FUNCTION:
        return _one_function(settings, tools, undoer, asked)
    return _whole(settings, tools, situation, option, asked)


def _refuse_unless_due(
    tools: Tools, undoer: Undoer, situation: Situation, option: Option
) -> None:
    wanted = tools.setting(f"{undoer.environment}.rollback.automatic")
    refuse_unless_due(undoer, situation, option, switched_on=wanted is True)


def _whole(
    settings: Settings,
    tools: Tools,
    situation: Situation,
    option: Option,
    asked: Asked,
) -> int:
    undoer = tools.undoer(situation.environment)
    plan = plan_of(undoer, situation, option, to=asked.to, skip=asked.skip)
    echo(plan.text(), err=True)
    if asked.dry_run:
        return _dry(settings, plan.as_data())
    reason = _reason(settings, asked)
    confirm(settings, situation.environment)
    began = tools.clock.now()
    done = undoer.roll_back(
        situation,
        option,
        to=asked.to,
        reason=reason,
        skip=asked.skip,
        decide=_decider(settings, tools.clock, asked.on_failure),
    )
    _notify(tools, done, reason)
    return _report(settings, tools, done, began)


def _decider(settings: Settings, clock: Clock, given: str | None) -> Decide:
    """Return who decides when aliases cannot be moved: the flag, a person, or nobody."""
    if given is not None:
        return Steadfast(OnFailure(given), clock)
    if settings.yes or not ask.is_interactive():
        return keep
    return ask_what_now


def ask_what_now(failure: HalfWay) -> OnFailure:
    """Show what serves what, and ask whether to go on, keep or return."""
    echo(f"{failure.what}\n{failure.why}\n{_WHAT_NOW}", err=True)
    words = [each.value for each in OnFailure]
    return OnFailure(ask.decide("What now", words, default=OnFailure.KEEP.value))


def _one_function(
    settings: Settings, tools: Tools, undoer: Undoer, asked: Asked
) -> int:
    function = asked.function or ask.text("Function", flag="--function")
    if asked.version is None:
        echo(versions_text(undoer.one_function.versions(function)), err=True)
    version = asked.version or ask.text("Version", flag="--version")
    echo(f"{function} goes to version {version}, and is pinned there.", err=True)
    if asked.dry_run:
        return _dry(settings, undoer.one_function.plan(function, version))
    reason = _reason(settings, asked)
    confirm(settings, undoer.environment)
    began = tools.clock.now()
    done = undoer.one_function.move(function, version, reason)
    _notify(tools, done, reason)
    return _report(settings, tools, done, began)


def _verify(settings: Settings, environment: str) -> int:
    """Verify what serves; a verdict that a rollback left open is written down."""
    verdict = verify_environment(settings, environment)
    try:
        undoer = Tools(settings).undoer(environment)
        if undoer.awaits_verdict():
            record(undoer, verdict)
    except DeliveryError as error:
        # Who may only read has the verdict all the same.
        echo(f"The verdict was not written to the ledger: {error}", err=True)
    return exit_code_of(verdict)


def _reconcile(settings: Settings, tools: Tools, undoer: Undoer, asked: Asked) -> int:
    if asked.dry_run:
        echo("Pins would be resolved.", err=True)
        return _dry(settings, {"pins": sorted(undoer.one_function.pins())})
    confirm(settings, undoer.environment)
    reason = asked.reason or "reconciled by hand"
    began = tools.clock.now()
    return _report(settings, tools, undoer.one_function.reconcile(reason), began)


def _dry(settings: Settings, plan: dict[str, Any]) -> int:
    """End a dry run; its plan is the result, where one is wanted as JSON."""
    echo("Dry run: nothing was changed.", err=True)
    if settings.as_json:
        print_result({"dry_run": True, **plan})
    return EXIT_DONE


def _reason(settings: Settings, asked: Asked) -> str:
    if asked.reason:
        return asked.reason
    if settings.yes and not ask.is_interactive():
        raise ask.missing("Reason", "--reason")
    return ask.text("Reason", flag="--reason")


def confirm(settings: Settings, environment: str) -> None:
    """Ask once more; production's name is typed back."""
    if settings.yes:
        return
    if environment != PRODUCTION:
        agreed = ask.confirm("Go on?", yes=False)
    else:
        typed = ask.text(f"Type {PRODUCTION} to go on", flag="--yes")
        agreed = typed == PRODUCTION
    if not agreed:
        raise Refused("Nothing was changed.", next_step="Run it again when it should.")


def _from_menu(situation: Situation, options: tuple[Option, ...]) -> Choice | None:
    echo(menu_text(situation, options), err=True)
    best = best_of(situation, options)
    default = next((key for key, each in _KEYS.items() if each is best), EXIT_KEY)
    if not ask.is_interactive():
        raise BadInput(
            "Nobody can choose from the menu.",
            why="There is no terminal.",
            next_step="Give --stack, --function NAME --version V, or --cancel.",
        )
    words = [*_KEYS, EXIT_KEY]
    return _KEYS.get(ask.choice("Choice", words, flag="--stack", default=default))


def menu_text(situation: Situation, options: tuple[Option, ...]) -> str:
    """Return the menu; what cannot be done is there with the reason."""
    best = best_of(situation, options)
    lines = []
    for key, choice in _KEYS.items():
        option = next(each for each in options if each.choice is choice)
        mark = "*" if choice is best else " "
        said = option.reason if option.possible else f"not now: {option.reason}"
        lines.append(f" {mark}{key}  {_TITLES[choice]} ({said})")
    mark = "*" if best is None else " "
    lines.append(f" {mark}{EXIT_KEY}  Exit")
    lines.append("  * fits best now")
    return "\n".join(lines)


def situation_text(situation: Situation) -> str:
    """Return what serves, what moves, and the last releases."""
    lines = [_stack_line(situation.environment, situation.stack)]
    for shift in situation.shifts:
        lines.append(f"Deployment {shift.id} is {shift.status}: traffic is shifting.")
    if situation.unfinished is not None:
        lines.append(f"A rollback to release {situation.unfinished} was not finished.")
    for each in situation.releases[:5]:
        words = ["serves"] if each.number == situation.live else []
        words += ["verified"] if each.good else ["not verified"]
        lines.append(f"  release {each.number}  {each.commit[:8]}  {', '.join(words)}")
    return "\n".join(lines)


def _stack_line(environment: str, stack: Stack | None) -> str:
    if stack is None:
        return f"{environment} has no stack."
    return f"{environment}: stack {stack.name} is {stack.status}."


def versions_text(versions: Sequence[Listed]) -> str:
    """Return the versions that one function can go to, newest first."""
    lines = ["Version  release  age      deployed by           code"]
    for each in versions:
        release = str(each.release or "-")
        mark = "*" if each.serves else " "
        lines.append(
            f"{mark}{each.version:>6}  {release:>7}  {each.age:<7}  "
            f"{each.by or '-':<20}  {each.code_sha256}"
        )
    return "\n".join([*lines, "* serves now"])


def _notify(tools: Tools, done: Undone, reason: str) -> None:
    """Tell the topic what was taken back, why and by whom, before it is verified."""
    who = tools.account.identity().arn.rpartition("/")[2]
    verb = "Found so" if done.way is Way.AWAIT else "Taken back"
    text = f"{done.environment}: {done.summary} {verb} by {who}: {reason}."
    if done.next_step:
        text += f" Next: {done.next_step}"
    if warning := tell(tools.stacks, tools.topics, text):
        tools.screen.warn(warning)


def _report(settings: Settings, tools: Tools, done: Undone, began: datetime) -> int:
    """Print what was done and whether it holds; return the exit code."""
    if not settings.as_json:
        echo(done.summary)
        if done.next_step:
            echo(f"Next: {done.next_step}")
    verdict = verified(tools, done, began)
    if settings.as_json:
        found = verdict.as_data() if verdict else None
        print_result({**done.as_data(), "verification": found})
    elif verdict is not None:
        echo(verdict_text(verdict))
    good = verdict is None or verdict.outcome is Outcome.PASSED
    return EXIT_DONE if good else NotVerified.exit_code


def verified(tools: Tools, done: Undone, began: datetime) -> Verdict | None:
    """Verify what serves now, and record what came of it; None where nothing serves."""
    if tools.stacks.find(f"{APPLICATION_STACK_PREFIX}{done.environment}") is None:
        return None
    now = tools.clock.now()
    expected = expected_now(tools.release_reader(), done.environment, now=now)
    moved = any(each.needed for each in done.moves)
    verdict = tools.verifier().verify(replace(expected, since=began, moved=moved))
    # A pin is no release: it says nothing of the versions beside it.
    if done.way is not Way.MOVE_ONE_ALIAS:
        record(tools.undoer(done.environment), verdict)
    return verdict


def record(undoer: Undoer, verdict: Verdict) -> None:
    """Write a verdict that is known to the ledger."""
    failed = [each.name for each in verdict.results if each.outcome is Outcome.FAILED]
    undoer.record_verdict(verdict.outcome, failed)
