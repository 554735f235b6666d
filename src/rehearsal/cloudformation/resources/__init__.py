"""The resource types the plane can make, one module a group of services."""

from __future__ import annotations

from rehearsal.cloudformation.resources import messaging, storage
from rehearsal.cloudformation.resources.base import Kind

KINDS: dict[str, Kind] = {**messaging.KINDS, **storage.KINDS}
