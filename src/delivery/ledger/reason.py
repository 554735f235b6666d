"""Say which tests failed, from the report that pytest wrote."""

from __future__ import annotations

from xml.etree import ElementTree  # nosec B405 the report of our own tests

MOST_NAMED = 5


def failed_tests(junit_xml: str) -> list[str]:
    """Return the names of the tests that failed or broke; none for a broken report."""
    try:
        root = ElementTree.fromstring(
            junit_xml
        )  # nosec B314 the report of our own tests
    except ElementTree.ParseError:
        return []
    return [
        f"{case.get('classname', '')}::{case.get('name', '')}".removeprefix("::")
        for case in root.iter("testcase")
        if case.find("failure") is not None or case.find("error") is not None
    ]


def reason_from(names: list[str]) -> str:
    """Return one sentence with the first few names.

    Names only: what a test says about a response could hold a record's content.
    """
    if not names:
        return ""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"Failed: {', '.join(names[:MOST_NAMED])}{more}."
