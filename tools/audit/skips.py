"""What is allowed to be found, and why: beside the resource, or for a tool as a whole.

Inside a resource or a parameter of a template, a comment

    # checkov:skip=CKV_AWS_18:S3 delivers access logs here; a log of that has no end.

takes the findings of one rule of one tool on that resource away; checkov itself reads it,
too. In `left_out.yaml` stands what a tool says of everything. A comment or an entry that
takes nothing away, or gives no reason, is a finding itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from audit.model import Finding
from awsrules.templates import load_template

TOOLS = ("checkov", "cloudformation-validate", "parliament")
_COMMENT = re.compile(r"^\s*#\s*([a-z-]+):skip=([A-Za-z0-9_]+)(?::(.*))?$")
# A reason tells something that a word cannot.
_SHORTEST_REASON = 25


@dataclass(frozen=True, slots=True)
class Skip:
    """Findings of one rule of a tool that need no answer.

    ``resource`` is the one that it stands beside; ``pattern`` matches names for an entry of
    `left_out.yaml`, in translations by what SAM made.
    """

    tool: str
    rule: str
    reason: str
    file: str
    line: int
    resource: str = ""
    pattern: str = ""
    only_translated: bool = False

    def covers(self, finding: Finding) -> bool:
        """Whether ``finding`` is one of those that this takes away."""
        if (finding.tool, finding.rule) != (self.tool, self.rule):
            return False
        if self.only_translated and not finding.translated:
            return False
        if self.pattern:
            return fnmatchcase(finding.made or finding.resource, self.pattern)
        return (finding.file, finding.resource) == (self.file, self.resource)


def skips_in(text: str, file: str) -> Iterator[Skip]:
    """Read the comments of a template; each is about the entry it stands in."""
    owners = _owners(load_template(text, name=file))
    for number, line in enumerate(text.splitlines(), 1):
        if found := _COMMENT.match(line):
            tool, rule, reason = found.groups()
            owner = next((name for start, name in owners if start <= number), "")
            yield Skip(tool, rule, (reason or "").strip(), file, number, owner)


def _owners(template: dict[str, object]) -> list[tuple[int, str]]:
    """Give where each resource and parameter begins, the last one first."""
    begins = [(line, "") for line in getattr(template, "lines", {}).values()]
    for section in ("Parameters", "Resources", "Outputs"):
        lines = getattr(template.get(section), "lines", {})
        begins.extend((line, name) for name, line in lines.items())
    return sorted(begins, reverse=True)


def left_out(file: Path) -> list[Skip]:
    """Read what a tool says of everything and nobody needs."""
    text = file.read_text(encoding="utf-8")
    return [
        Skip(
            tool=each["tool"],
            rule=each["rule"],
            reason=" ".join(each.get("reason", "").split()),
            file=file.name,
            line=text.count("\n", 0, text.index(f"rule: {each['rule']}")) + 1,
            pattern=each.get("resources", "*"),
            only_translated=each.get("translated", False),
        )
        for each in yaml.safe_load(text)
    ]


def remaining(found: Iterable[Finding], skips: Iterable[Skip]) -> list[Finding]:
    """Give the findings that nothing takes away, and the skips that take nothing away."""
    all_found, all_skips = list(found), list(skips)
    open_ones = [
        each for each in all_found if not any(skip.covers(each) for skip in all_skips)
    ]
    for skip in all_skips:
        if skip.tool not in TOOLS:
            open_ones.append(_about(skip, f"there is no tool {skip.tool}"))
        elif len(skip.reason) < _SHORTEST_REASON:
            open_ones.append(_about(skip, "gives no reason"))
        elif not any(skip.covers(each) for each in all_found):
            open_ones.append(_about(skip, "takes nothing away any more"))
    return open_ones


def _about(skip: Skip, problem: str) -> Finding:
    message = f"{skip.tool}:skip={skip.rule} {problem}"
    return Finding("audit", "skip", skip.file, skip.resource, message, skip.line)
