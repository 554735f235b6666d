"""Ask the operator on stderr; without a terminal, name the flag instead."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence

import click

from delivery.cli.fitting import columns, echo
from delivery.errors import BadInput
from delivery.model import Hidden


def is_interactive() -> bool:
    """Tell whether somebody can answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm(question: str, *, yes: bool) -> bool:
    """Ask a yes-or-no question; no answer is no."""
    if yes:
        return True
    if not is_interactive():
        raise BadInput(
            f"Nobody can answer: {question}",
            why="There is no terminal.",
            next_step="Give --yes to confirm beforehand.",
        )
    return click.confirm(question, default=False, err=True)


def text(question: str, *, flag: str, default: str = "") -> str:
    """Ask for a text; Enter takes the default."""
    if not is_interactive():
        if default:
            return default
        raise missing(question, flag)
    return str(click.prompt(question, default=default or None, err=True)).strip()


def choice(
    question: str, options: Sequence[str], *, flag: str, default: str = ""
) -> str:
    """Ask for one of some words."""
    if not is_interactive():
        if default:
            return default
        raise missing(question, flag)
    return str(
        click.prompt(
            _short(question, options, default),
            type=click.Choice(options),
            default=default or None,
            err=True,
        )
    )


def _short(question: str, options: Sequence[str], default: str) -> str:
    """Return what is asked on one line; a question that needs several comes before it."""
    width = columns(err=True)
    shown = f"{question} ({', '.join(options)}) [{default}]: "
    if width is None or len(shown) < width:
        return question
    echo(question, err=True)
    return "Choose"


def decide(question: str, options: Sequence[str], *, default: str) -> str:
    """Ask for one of some words in the middle of an operation.

    Ctrl-C at the question is an interrupt like any other.
    """
    try:
        return choice(question, options, flag="", default=default)
    except click.Abort as error:
        # The terminal showed ^C behind the question.
        echo(err=True)
        raise KeyboardInterrupt from error


def hidden(question: str, *, flag: str, optional: bool) -> Hidden | None:
    """Ask for a secret without showing it; None when Enter alone is allowed."""
    if not is_interactive():
        if optional:
            return None
        raise missing(question, flag)
    while True:
        # getpass turns the echo off before it prints the question; click does so after.
        typed = getpass.getpass(f"{question}: ", stream=sys.stderr).strip()
        if typed:
            return Hidden(typed)
        if optional:
            return None


def missing(question: str, flag: str) -> BadInput:
    """Say which flag gives what nobody can be asked for."""
    return BadInput(
        f"A value is missing: {question}.",
        why="There is no terminal to ask at.",
        next_step=f"Give it with {flag}.",
    )
