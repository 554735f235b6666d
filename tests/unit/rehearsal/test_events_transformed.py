"""A target's template keeps what the event says, quotes included."""

from __future__ import annotations

from rehearsal.events import transformed

EVENT = {"detail": {"reason": 'The name "a" is taken.', "n": 3}, "time": "now"}


def _made(template: str, **paths: str) -> object:
    return transformed({"InputTemplate": template, "InputPathsMap": paths}, EVENT)


def test_text_with_quotes_stays_text() -> None:
    assert _made('"<why> <at>"', why="$.detail.reason", at="$.time") == (
        'The name "a" is taken. now'
    )


def test_a_path_that_is_not_there_leaves_nothing() -> None:
    assert _made('"[<gone>]"', gone="$.detail.absent") == "[]"


def test_an_object_stands_for_itself() -> None:
    assert _made('{"all": <all>}', all="$.detail") == {"all": EVENT["detail"]}
