"""Logs in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from delivery_fakes import START

from delivery.model import LogLine


def line(id: str, seconds: float = 0, text: str = "said") -> LogLine:
    return LogLine(id, START + timedelta(seconds=seconds), "stream", text)


@dataclass
class FakeLogs:
    """Log groups; each look of ``looks`` first adds what is logged by then."""

    groups: dict[str, list[LogLine]] = field(default_factory=dict)
    looks: list[object] = field(default_factory=list)
    asked: list[tuple[str, float]] = field(default_factory=list)

    def group_of_project(self, project: str) -> str:
        return f"/aws/codebuild/{project}"

    def group_of_function(self, function: str) -> str:
        return f"/aws/lambda/{function}"

    def lines(self, group, since, *, limit):
        self.asked.append((group, (since - START).total_seconds()))
        if self.looks:
            match self.looks.pop(0):
                case BaseException() as error:
                    raise error
                case fresh:
                    self.groups.setdefault(group, []).extend(fresh)
        if group not in self.groups:
            return None
        return [each for each in self.groups[group] if each.at >= since][:limit]
