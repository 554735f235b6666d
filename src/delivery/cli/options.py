"""Options that every command accepts, before its name and after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

DEFAULT_CONFIG = Path("environment_config.yaml")

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Settings:
    """What the shared options say; a command reads it with ``@click.pass_obj``.

    ``region`` and ``profile`` are None when the operator left them to the configuration
    and the environment.
    """

    local: bool = False
    region: str | None = None
    profile: str | None = None
    config_path: Path = DEFAULT_CONFIG
    output: str = "text"
    yes: bool = False
    debug: bool = False

    @property
    def as_json(self) -> bool:
        """Whether stdout must hold one JSON document."""
        return self.output == "json"


def common_options(command: Decorated) -> Decorated:
    """Give ``command`` the shared options; what is given last wins.

    They are not passed as arguments: they are merged into ``ctx.obj``, which a
    subcommand inherits, so ``--local status`` and ``status --local`` mean the same.
    """
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def dry_run_option(command: Decorated) -> Decorated:
    """Give ``command`` the flag ``--dry-run`` as argument ``dry_run``."""
    return click.option(
        "--dry-run", is_flag=True, help="Show what would be done, and change nothing."
    )(command)


def _remember(
    ctx: click.Context, parameter: click.Parameter, value: Any  # noqa: ANN401
) -> None:
    """Merge one option into the settings, when it was given."""
    settings = ctx.obj if isinstance(ctx.obj, Settings) else Settings()
    if value is not None:
        settings = replace(settings, **{str(parameter.name): value})
    ctx.obj = settings


def _shared(*names: str, **attributes: Any) -> Callable[[Decorated], Decorated]:
    return click.option(
        *names, expose_value=False, callback=_remember, default=None, **attributes
    )


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    _shared("--local", is_flag=True, help="Use the rehearsal plane, not AWS."),
    _shared("--region", metavar="REGION", help="AWS region; default: configured."),
    _shared("--profile", metavar="NAME", help="AWS profile for credentials."),
    _shared(
        "--config",
        "config_path",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help=f"Configuration; default: {DEFAULT_CONFIG}.",
    ),
    _shared("--output", type=click.Choice(["text", "json"]), help="Form of results."),
    _shared("--yes", is_flag=True, help="Answer every confirmation with yes."),
    _shared("--debug", is_flag=True, help="Show tracebacks."),
)

# What the default command needs to know to skip over shared options.
SHARED_FLAGS = frozenset({"--local", "--yes", "--debug"})
SHARED_WITH_VALUE = frozenset({"--region", "--profile", "--config", "--output"})
