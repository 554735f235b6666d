"""What a command runs in: its settings, this machine, the clients of its region."""

from __future__ import annotations

import os
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import delivery
from delivery.cli.options import Settings
from delivery.cli.wiring.places import (
    PlaneSettings,
    default_plane_settings,
    project_root,
)
from delivery.deploy.memory import remembered_region
from delivery.names import DEFAULT_REGION

if TYPE_CHECKING:
    from delivery.aws.clients import Clients
    from delivery.aws.plane import LocalPlane
    from delivery.config import Configuration
    from delivery.ports import Clock, Controls, Plane, Repository, Screen, Store

# A rehearsal's waits are short, and its polls cost nothing but this machine's time.
LOCAL_POLL_SECONDS = 0.5


class Surroundings:
    """The settings of a command, and what they lead to; made when first used."""

    def __init__(
        self,
        settings: Settings,
        *,
        plane_settings: PlaneSettings | None = None,
        brief: bool = False,
    ) -> None:
        self.settings = settings
        self.brief = brief
        self._given_plane_settings = plane_settings

    @cached_property
    def plane_settings(self) -> PlaneSettings:
        """Where the plane lives; looked for only by who uses it."""
        return self._given_plane_settings or default_plane_settings()

    @property
    def root(self) -> Path:
        """The project's folder."""
        return project_root()

    @property
    def region(self) -> str:
        """The region: asked for, else deployed to, else the environment's."""
        if self.settings.local:
            return self.settings.region or DEFAULT_REGION
        deployed_to = remembered_region(self.config_file.read())
        named = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        return str(self.settings.region or deployed_to or named or DEFAULT_REGION)

    @cached_property
    def configuration(self) -> Configuration:
        """The checked environment_config.yaml: the given path, else the project's."""
        from delivery.config import load_configuration

        return load_configuration(self._config_path)

    def setting(self, key: str) -> object:
        """Return one value of the configuration, where its build has checked it."""
        from delivery.config import read_setting

        return read_setting(self._config_path, key)

    @property
    def _config_path(self) -> Path:
        path = self.settings.config_path
        return path if path.exists() else self.root / path

    @property
    def poll_seconds(self) -> float:
        """Seconds between two looks at something that goes on."""
        return LOCAL_POLL_SECONDS if self.settings.local else 5.0

    @property
    def brisk_poll_seconds(self) -> float:
        """Seconds between two looks at something that is over soon."""
        return min(self.poll_seconds, 2.0)

    @cached_property
    def screen(self) -> Screen:
        from delivery.cli.screen import make_screen

        return make_screen(yes=self.settings.yes, brief=self.brief)

    @cached_property
    def clock(self) -> Clock:
        from delivery.aws.machine import RealClock

        return RealClock()

    @cached_property
    def repository(self) -> Repository:
        from delivery.aws.machine import GitRepository

        return GitRepository(self.root)

    @cached_property
    def config_file(self) -> Store:
        from delivery.aws.machine import JsonFile

        return JsonFile(self.root / "pipeline_config.json")

    @cached_property
    def plane(self) -> Plane:
        return self._local_plane()

    def _local_plane(self) -> LocalPlane:
        from delivery.aws.plane import LocalPlane

        where = self.plane_settings
        code = Path(delivery.__file__).resolve().parents[1]
        return LocalPlane(code, where.state_dir, where.port, where.speed)

    @cached_property
    def controls(self) -> Controls:
        from delivery.aws.controls import PlaneControls

        return PlaneControls(self._local_plane())

    def now_there(self) -> datetime:
        """Return the time where the work is done: the plane has a clock of its own."""
        return self.controls.time().now if self.settings.local else self.clock.now()

    @cached_property
    def _clients(self) -> Clients:
        from delivery.aws.clients import Clients

        if not self.settings.local:
            return Clients(
                self.region, self.settings.profile, on_trouble=self.screen.warn
            )
        return Clients(self.region, endpoint_url=self._running_plane())

    def _running_plane(self) -> str:
        info = self.plane.running()
        if info is None and self.plane.died():
            self.screen.warn("The plane was killed; what it held in memory is gone.")
        if info is None:
            self.screen.say("Starting the rehearsal plane…")
            info = self.plane.start()
        return info.endpoint_url
