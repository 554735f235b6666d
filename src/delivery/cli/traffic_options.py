"""Options of the commands that send traffic and break things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from delivery.cli.strategy import Rate


def injection_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give ``command`` the option ``--inject``, which may be given several times."""
    return click.option(
        "--inject",
        "injections",
        multiple=True,
        metavar="ENV:KIND[=VALUE]",
        help="Break the new versions of ENV: errors=30%, latency=13s, throttling=50%, "
        "memory, hook=pre|post, alarm=NAME, metric=NAME.",
    )(command)


def rate_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give ``command`` the option ``--rate``."""
    return click.option(
        "--rate",
        type=Rate(),
        metavar="RATE",
        help="Requests in a second of this machine's time, such as 50/s; default: 40/s.",
    )(command)


def mix_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give ``command`` the option ``--mix``."""
    return click.option(
        "--mix",
        default="list=60,submit=25,health=15",
        show_default=True,
        metavar="KIND=SHARE,…",
        help="What is sent, by relative shares.",
    )(command)
