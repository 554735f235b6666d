"""Collect the answers for ``deploy``: flags first, then the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass


from delivery.cli import ask
from delivery.cli.fitting import echo
from delivery.deploy.answers import checked_answers, checked_token, problem_with
from delivery.errors import BadInput
from delivery.model import ENVIRONMENTS, Answers, Hidden, WorkTree
from delivery.names import WAYS_TO_READ_GITHUB

_QUESTIONS = {
    "owner": "GitHub owner",
    "repository": "GitHub repository",
    "branch": "Branch whose pushes are released",
    "access": "How the pipeline reads GitHub",
    "environment": "How far the pipeline reaches",
}
_CHOICES = {
    "access": WAYS_TO_READ_GITHUB,
    "environment": ENVIRONMENTS,
}


@dataclass(frozen=True, slots=True)
class Known:
    """What answers are known before anything is asked.

    ``given`` came as flags and is never asked; ``remembered`` are the answers of the
    last deployment, and count without a terminal; ``suggested`` are guesses that only a
    person may confirm.
    """

    given: Mapping[str, str]
    remembered: Mapping[str, str]
    suggested: Mapping[str, str]


def collect_answers(known: Known) -> Answers:
    """Ask for what no flag gave.

    Raises:
        BadInput: for a malformed answer, or without a terminal for a missing one.
    """
    return checked_answers({name: _answer(name, known) for name in _QUESTIONS})


def suggestions(tree: WorkTree | None) -> dict[str, str]:
    """Guess answers from the repository on this machine."""
    guesses = {"branch": "main", "access": "connection", "environment": "production"}
    if tree is not None:
        found = {
            "owner": tree.remote_owner,
            "repository": tree.remote_repository,
            "branch": tree.branch,
        }
        guesses.update({name: value for name, value in found.items() if value})
    return guesses


def collect_token(
    *, from_stdin: bool, stored: bool, else_what: str = "Enter keeps the stored one"
) -> Hidden | None:
    """Return the token, or None for the stored one; ``else_what`` says so at the prompt.

    It comes from stdin, the environment or a hidden prompt, and never from an argument,
    which the list of processes and the shell's history would show.
    """
    if from_stdin:
        return checked_token(sys.stdin.readline(), source="stdin")
    if from_environment := os.environ.get("GITHUB_TOKEN", "").strip():
        echo("Using the token in GITHUB_TOKEN.", err=True)
        return checked_token(from_environment, source="GITHUB_TOKEN")
    hint = else_what if stored else "hidden"
    if not ask.is_interactive() and not stored:
        raise BadInput(
            "A value is missing: the GitHub token.",
            why="There is no terminal to ask at.",
            next_step="Give it with --token-stdin or in GITHUB_TOKEN.",
        )
    typed = ask.hidden(f"GitHub token ({hint})", flag="--token-stdin", optional=stored)
    if typed is None:
        return None
    return checked_token(typed.reveal(), source="the prompt")


def _answer(name: str, known: Known) -> str:
    if given := known.given.get(name):
        return given
    remembered = known.remembered.get(name, "")
    if not ask.is_interactive():
        if remembered:
            return remembered
        raise ask.missing(_QUESTIONS[name], f"--{name}")
    default = remembered or known.suggested.get(name, "")
    if name in _CHOICES:
        return ask.choice(
            _QUESTIONS[name], _CHOICES[name], flag=f"--{name}", default=default
        )
    return _well_formed(name, default)


def _well_formed(name: str, default: str) -> str:
    """Ask until the answer is well-formed."""
    while True:
        value = ask.text(_QUESTIONS[name], flag=f"--{name}", default=default)
        problem = problem_with(name, value)
        if not problem:
            return value
        echo(f"  {problem}.", err=True)
