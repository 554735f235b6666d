"""CloudFormation that behaves: asynchronous, in dependency order, with rollback and cancel.

A request becomes a `definition` (template and parameters, decided); `changes` compares it with
the stack; the `engine` runs the operation in threads and has the `provision`er do one thing to
one resource at a time through its kind in `resources`; the `journal` records all of it.
"""

from __future__ import annotations

from rehearsal.cloudformation.service import CloudFormation
from rehearsal.control import Control
from rehearsal.plane import Plane


def create(plane: Plane, control: Control) -> CloudFormation:
    """Build the service."""
    return CloudFormation(plane)
