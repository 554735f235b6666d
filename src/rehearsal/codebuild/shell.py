"""One shell instance for a build's commands, as buildspec 0.2 promises.

Variables, functions and the working folder live on from command to command. A command that
ends the shell itself (``exit 3``, or ``set -e``) fails; what follows gets a new shell with
the environment and folder that the old one left.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess  # nosec B404 - running a build's commands is this module's purpose
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

# Commands arrive as file names on descriptor 9, so a command may read its own input. Each is
# sourced; then the driver keeps the environment and prints a mark with the exit status.
_DRIVER = """\
__cb_keep() { env -0 >"$__cb_state/environment"; pwd >"$__cb_state/folder"; }
__cb_state=$1 __cb_mark=$2
set --
trap __cb_keep EXIT
while IFS= read -r __cb_file <&9; do
  . "$__cb_file"
  __cb_status=$?
  __cb_keep
  printf '\\036%s %s\\n' "$__cb_mark" "$__cb_status"
done
"""


class ShellStopped(Exception):
    """The shell was killed from outside: the build was stopped or ran out of time."""


class PhaseShell:
    """Runs commands one after the other. One thread runs; any thread may ``kill``."""

    def __init__(
        self,
        *,
        interpreter: str,
        environment: Mapping[str, str],
        folder: Path,
        state: Path,
        output: Callable[[str], None],
    ) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self._interpreter = interpreter
        self._state = state
        self._output = output
        self._mark = secrets.token_hex(16)
        self._lock = threading.Lock()
        self._killed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._commands = -1
        self._count = 0
        (state / "driver").write_text(_DRIVER, encoding="utf-8")
        self._remember(environment, folder)

    @property
    def environment(self) -> dict[str, str]:
        """The exported variables as the last command left them."""
        pairs = (self._state / "environment").read_bytes().split(b"\0")
        texts = (pair.decode("utf-8", "replace") for pair in pairs if b"=" in pair)
        return dict(text.split("=", 1) for text in texts)

    def export(self, name: str, value: str) -> None:
        """Set a variable for the commands that follow."""
        quoted = "'" + value.replace("'", "'\\''") + "'"
        self._send(f"export {name}={quoted}\n")

    def run(self, command: str) -> int:
        """Run ``command`` and return its exit status.

        Raises:
            ShellStopped: when the shell was killed.
        """
        return self._send(command + "\n")

    def kill(self) -> None:
        """End the shell and all that it started."""
        with self._lock:
            self._killed = True
            self._kill_group()

    def close(self) -> None:
        """End the shell when the build is done with it."""
        with self._lock:
            self._kill_group()
            if self._process is not None:
                self._process.wait()
                self._hang_up()

    def _send(self, text: str) -> int:
        process = self._running()
        self._count += 1
        script = self._state / f"command-{self._count}"
        script.write_text(text, encoding="utf-8")
        try:
            os.write(self._commands, f"{script}\n".encode())
        except BrokenPipeError:
            return self._ended(process)
        return self._follow(process)

    def _follow(self, process: subprocess.Popen[bytes]) -> int:
        """Pass on the output until the mark says that the command is done."""
        mark = f"\x1e{self._mark} ".encode()
        assert process.stdout is not None  # nosec B101 - opened with a pipe
        for line in process.stdout:
            text, found, status = line.partition(mark)
            if text:
                self._output(text.decode("utf-8", "replace").rstrip("\r\n"))
            if found:
                return int(status)
        return self._ended(process)

    def _ended(self, process: subprocess.Popen[bytes]) -> int:
        status = process.wait()
        with self._lock:
            self._hang_up()
            if self._killed:
                raise ShellStopped
        return status if status >= 0 else 128 - status

    def _running(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._killed:
                raise ShellStopped
            if self._process is None:
                self._process = self._start()
            return self._process

    def _start(self) -> subprocess.Popen[bytes]:
        reading, self._commands = os.pipe()
        command = [
            self._interpreter,
            "-c",
            'exec 9<&0 </dev/null; . "$0"',
            str(self._state / "driver"),
            str(self._state),
            self._mark,
        ]
        try:
            return subprocess.Popen(  # nosec B603 - a fixed driver, no shell string of ours
                command,
                cwd=(self._state / "folder").read_text(encoding="utf-8").rstrip("\n"),
                env=self.environment,
                stdin=reading,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            os.close(reading)

    def _remember(self, environment: Mapping[str, str], folder: Path) -> None:
        lines = (f"{name}={value}\0" for name, value in environment.items())
        (self._state / "environment").write_bytes("".join(lines).encode())
        (self._state / "folder").write_text(f"{folder}\n", encoding="utf-8")

    def _kill_group(self) -> None:
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _hang_up(self) -> None:
        if self._process is not None:
            os.close(self._commands)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None
