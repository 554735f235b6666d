"""Findings for a code host."""

from __future__ import annotations

from delivery.cli.sarif import as_sarif
from delivery.validate import Finding, Rule


def test_a_finding_is_a_result_at_its_file_and_line() -> None:
    rule = Rule("pass-role", "Roles are passed by name.", lambda subject: [])
    found = Finding("pass-role", "templates/foundation.yaml", 7, "any role is passed")
    (run,) = as_sarif([rule], [found])["runs"]
    assert [each["id"] for each in run["tool"]["driver"]["rules"]] == ["pass-role"]
    (result,) = run["results"]
    assert (result["ruleId"], result["level"]) == ("pass-role", "error")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "templates/foundation.yaml"
    assert place["region"]["startLine"] == 7
