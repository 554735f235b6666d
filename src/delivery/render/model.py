"""What rendering is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Target:
    """One environment to render for.

    ``offered`` are values by parameter name, of which a template takes what it declares;
    ``own`` names those that the template must declare, because only it can use them;
    ``settings`` is the effective configuration, for the manifest.
    """

    name: str
    offered: Mapping[str, str]
    tags: Mapping[str, str]
    own: frozenset[str] = frozenset()
    settings: Mapping[str, object] = field(default_factory=dict)
