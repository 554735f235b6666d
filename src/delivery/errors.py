"""Errors that say what happened, why, and what to do next.

The tree follows what the operator does next; each branch has one exit code:

``DeliveryError``          1    the work was tried and failed
├── ``Unreachable``        1    a later try may succeed; polls go on, requests gave up
├── ``BadInput``           2    mend the input and run again; nothing was changed
├── ``Refused``            3    not now, or not at all; the next step says what will do
├── ``NotPermitted``       4    get credentials or a permission
├── ``NotVerified``        5    done, but a check afterwards did not hold
├── ``PlaneUnavailable``   6    the rehearsal plane is not there or not well
└── ``Detached``         130    the operation goes on without us
"""

from __future__ import annotations

from typing import ClassVar

EXIT_DONE = 0
EXIT_DIFFERENT = 10


class DeliveryError(Exception):
    """A failure in three sentences: ``what`` happened, ``why``, the ``next_step``."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, why: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next_step = next_step

    def __str__(self) -> str:
        lines = [self.what]
        if self.why:
            lines.append(_indented("Why:", self.why))
        if self.next_step:
            lines.append(_indented("Next:", self.next_step))
        return "\n".join(lines)


class Unreachable(DeliveryError):
    """AWS did not answer, or not now: throttled, timed out, lost on the way."""


class OperationFailed(DeliveryError):
    """A stack, a build or an execution ended in failure; ``what`` begins with the root cause."""


class BadInput(DeliveryError):
    """The configuration, a flag or a file is wrong; nothing was changed."""

    exit_code = 2


class Refused(DeliveryError):
    """The request is understood and would do harm, or cannot be done in this state."""

    exit_code = 3


class AlreadyDecided(Refused):
    """The approval was given, rejected or replaced since it was read."""


class NotPermitted(DeliveryError):
    """Credentials are missing, expired, or lack a permission."""

    exit_code = 4


class NotVerified(DeliveryError):
    """The change was made, and a check afterwards failed or could not be decided."""

    exit_code = 5


class PlaneUnavailable(DeliveryError):
    """The rehearsal plane does not run, does not answer, or is of another version."""

    exit_code = 6


class Detached(DeliveryError):
    """The operator left; the operation goes on in AWS."""

    exit_code = 130


class Terminated(KeyboardInterrupt):
    """The process was asked to end (SIGTERM): nobody is there to answer a question."""


def _indented(label: str, text: str) -> str:
    first, *rest = text.splitlines()
    return "\n".join([f"  {label:<5} {first}", *(f"        {line}" for line in rest)])
