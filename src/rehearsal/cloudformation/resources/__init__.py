"""The resource types the plane can make, one module a group of services."""

from __future__ import annotations

from rehearsal.cloudformation.resources import (
    api,
    compute,
    delivery,
    messaging,
    security,
    storage,
    watching,
)
from rehearsal.cloudformation.resources.base import Kind

KINDS: dict[str, Kind] = {
    **api.KINDS,
    **compute.KINDS,
    **delivery.KINDS,
    **messaging.KINDS,
    **security.KINDS,
    **storage.KINDS,
    **watching.KINDS,
}
