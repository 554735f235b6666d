"""CloudTrail's lookups in what the plane recorded; moto keeps the trails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from rehearsal.control import Control
from rehearsal.paging import Pages
from rehearsal.plane import Plane
from rehearsal.protocol import Answer, ApiError, Call, Params, Service
from rehearsal.trail import Record

_PAGES = Pages(most=50)


class CloudTrail(Service):
    """LookupEvents over the plane's records; moto keeps the trails."""

    name = "cloudtrail"
    moto_answers_the_rest = True

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def lookup_events(self, params: Params, call: Call) -> Answer:
        """Find calls by one attribute and a period, the newest first."""
        attributes = params.get("LookupAttributes") or []
        if len(attributes) > 1:
            raise ApiError(
                "InvalidLookupAttributesException",
                "You can only specify one lookup attribute.",
            )
        start, end = _utc(params.get("StartTime")), _utc(params.get("EndTime"))
        if start and end and start > end:
            raise ApiError(
                "InvalidTimeRangeException", "The start time is after the end time."
            )
        visible = self._plane.clock.now() - self._delay()
        found = [
            record.describe(self._plane.account)
            for record in self._plane.trail.newest_first()
            if record.time <= min(visible, end or visible)
            and (start is None or record.time >= start)
            and all(_meets(record, one) for one in attributes)
        ]
        return _PAGES.cut("Events", found, params)

    def _delay(self) -> timedelta:
        fault = self._plane.faults.find("late-trail")
        seconds = fault.settings.get("seconds", 300) if fault else 0
        return timedelta(seconds=float(seconds))


def create(plane: Plane, control: Control) -> CloudTrail:
    """Build the service."""
    return CloudTrail(plane)


def _meets(record: Record, attribute: Mapping[str, str]) -> bool:
    wanted = attribute["AttributeValue"]
    match attribute["AttributeKey"]:
        case "EventName":
            return record.name == wanted
        case "EventSource":
            return record.source == wanted
        case "EventId":
            return record.id == wanted
        case "Username":
            return record.username == wanted
        case "ReadOnly":
            return wanted == "false"
        case "ResourceName":
            return wanted in [one["ResourceName"] for one in record.resources]
        case "ResourceType":
            return wanted in [one["ResourceType"] for one in record.resources]
        case _:
            return False


def _utc(moment: datetime | None) -> datetime | None:
    # moto's parser gives times in UTC that do not say so.
    return moment.replace(tzinfo=UTC) if moment else None
