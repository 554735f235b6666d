"""Answers a page at a time."""

from __future__ import annotations

import pytest

from rehearsal.paging import Pages
from rehearsal.protocol import ApiError


def test_pages_follow_each_other_by_their_tokens() -> None:
    pages = Pages("Marker", "NextMarker", "MaxItems", 2)
    first = pages.cut("Items", [1, 2, 3], {})
    assert first == {"Items": [1, 2], "NextMarker": "2"}
    assert pages.cut("Items", [1, 2, 3], {"Marker": "2"}) == {"Items": [3]}
    assert pages.cut("Items", [1, 2, 3], {"MaxItems": 1})["Items"] == [1]


def test_a_token_that_nobody_gave_is_refused_in_the_services_words() -> None:
    with pytest.raises(ApiError, match="NextToken is not valid") as caught:
        Pages(invalid="ValidationError").cut("Stacks", [], {"NextToken": "what"})
    assert caught.value.code == "ValidationError"
