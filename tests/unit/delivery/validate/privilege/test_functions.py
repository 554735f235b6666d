"""A function's role against the code that the function ships."""

from __future__ import annotations

from pathlib import Path

from delivery.validate.privilege.functions import (
    calls_in,
    functions_hold_what_they_call,
)


def told(subject) -> list[str]:
    return [str(each) for each in functions_hold_what_they_call(subject)]


def test_our_functions_hold_what_they_call_and_no_more(make_subject) -> None:
    assert told(make_subject()) == []


def test_a_call_without_a_grant_names_the_call_and_its_line(make_subject) -> None:
    subject = make_subject(
        template={
            "                Action: sqs:SendMessage\n": "                Action: []\n"
        }
    )
    (finding,) = told(subject)
    assert "function-lacks SendMessage is called" in finding
    assert finding.startswith("s3.py:")


def test_a_grant_that_no_code_calls_for_is_too_much(make_subject) -> None:
    subject = make_subject(
        template={
            "                  - s3:GetObject\n": "                  - s3:GetObject\n"
            "                  - s3:DeleteObject\n"
        }
    )
    (finding,) = told(subject)
    assert "AnalyzeRole may s3:DeleteObject (StoreAnalyses)" in finding


def test_calls_are_told_by_awss_capital_arguments(tmp_path: Path) -> None:
    code = "queue.send_message(QueueUrl='q')\nself._put(Key='k')\nlist.sort(key=None)\n"
    (tmp_path / "code.py").write_text(code)
    assert calls_in(tmp_path) == {"SendMessage": ("code.py", 1)}
