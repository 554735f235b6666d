"""Compose what a command needs; nothing outside this folder imports ``delivery.aws``.

Each module adds to the one before it, and ``Tools`` is all of them:

- ``places``: where the project and its rehearsal plane lie on this machine;
- ``surroundings``: settings, region, configuration, screen, clock, clients;
- ``adapters``: each port that reaches AWS;
- ``releases``, ``pipeline``, ``undo``: the flows, put together from the ports.
"""

from __future__ import annotations

from delivery.cli.wiring.pipeline import PipelineTools
from delivery.cli.wiring.places import (
    DEFAULT_PORT as DEFAULT_PORT,
    PlaneSettings as PlaneSettings,
    default_plane_settings as default_plane_settings,
    project_root as project_root,
)
from delivery.cli.wiring.undo import UndoTools


class Tools(PipelineTools, UndoTools):
    """Every port and flow of a command's settings, made when first used."""
