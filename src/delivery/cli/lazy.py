"""A command group that imports only the command that is invoked."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import click

from delivery.cli.fitting import columns, echo, fit
from delivery.cli.options import SHARED_FLAGS, SHARED_WITH_VALUE
from delivery.errors import DeliveryError, Terminated

EXIT_INTERRUPTED = 130


class LazyCommand(NamedTuple):
    """Where a command lives (``module:attribute``) and its line in the help text."""

    target: str
    summary: str


class LazyGroup(click.Group):
    """Commands known by a table, so that ``--help`` imports none of them.

    ``default`` names the command that runs when none is given.
    """

    def __init__(
        self,
        *args: Any,
        table: Mapping[str, LazyCommand],
        default: str | None = None,
        **attributes: Any,
    ) -> None:
        super().__init__(*args, **attributes)
        self.table = table
        self.default = default
        if default is not None:
            self.no_args_is_help = False

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        module, _, attribute = self.table[cmd_name].target.partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{self.table[cmd_name].target} is not a command")
        return command

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, entry.summary) for name, entry in self.table.items()]
            )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if self.default is not None:
            args = with_default_command(args, self.default)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.table:
            known = ", ".join(self.table)
            raise click.UsageError(
                f"There is no command {args[0]!r}. Commands: {known}.", ctx
            )
        return super().resolve_command(ctx, args)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run; print errors as sentences on stderr and exit with their code."""
        given = list(sys.argv[1:] if args is None else args)

        def run() -> Any:
            return super(LazyGroup, self).main(
                given, prog_name, complete_var, standalone_mode=False, **extra
            )

        if not standalone_mode:
            return run()
        signal.signal(signal.SIGTERM, _terminated)
        sys.exit(exit_code_of(run, debug="--debug" in given))


def with_default_command(args: Sequence[str], default: str) -> list[str]:
    """Insert ``default`` where the command's name would stand, when none is given."""
    position = 0
    while position < len(args):
        word = args[position]
        if word in SHARED_FLAGS or word.partition("=")[0] in SHARED_WITH_VALUE:
            position += 2 if word in SHARED_WITH_VALUE else 1
        elif word in {"-h", "--help"} or not word.startswith("-"):
            return list(args)
        else:
            break
    position = min(position, len(args))
    return [*args[:position], default, *args[position:]]


def exit_code_of(run: Any, *, debug: bool) -> int:
    """Call ``run`` and turn how it ended into an exit code; errors print here only."""
    try:
        result = run()
    except DeliveryError as error:
        if debug:
            _print_traceback()
        echo(str(error), err=True)
        return error.exit_code
    except click.ClickException as error:
        width = columns(err=True)
        error.message = fit(f"Error: {error.message}", width).removeprefix("Error: ")
        error.show(sys.stderr)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt, EOFError):
        echo("Stopped.", err=True)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return _reader_left()
    except Exception as error:  # the last resort: a defect of ours is a sentence too
        if debug:
            _print_traceback()
        echo(_defect(error), err=True)
        return 1
    return result if isinstance(result, int) else 0


def _terminated(number: int, frame: object) -> None:
    """End as after Ctrl-C, so that what was begun is cleaned up or left to go on."""
    raise Terminated


def _defect(error: Exception) -> str:
    return str(
        DeliveryError(
            "The tool met something it did not expect.",
            why=f"{type(error).__name__}: {error}",
            next_step="Run it again; with --debug it shows where it happened.",
        )
    )


def _reader_left() -> int:
    """Whoever read our output (``| head``) is gone; that is no failure of ours."""
    sys.stderr.close()
    return 0


def _print_traceback() -> None:
    import traceback

    traceback.print_exc()
