"""Ask the operator on stderr; without a terminal, name the flag instead."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence

import click

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
            question,
            type=click.Choice(options),
            default=default or None,
            err=True,
        )
    )


def decide(question: str, options: Sequence[str], *, default: str) -> str:
    """Ask for one of some words in the middle of an operation.

    Ctrl-C at the question is an interrupt like any other.
    """
    try:
        return choice(question, options, flag="", default=default)
    except click.Abort as error:
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
