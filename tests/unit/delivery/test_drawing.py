"""Pages and pictures: text is escaped, markup is well formed."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from delivery import drawing

EVIL = "<b>&\"'</b>"


@pytest.mark.parametrize(
    "text",
    [
        drawing.html_page(EVIL, EVIL, []),
        drawing.html_table(EVIL, [EVIL], [[EVIL]]),
        drawing.paragraph(EVIL),
        drawing.heading(EVIL),
        drawing.listed([EVIL]),
        drawing.svg(1, 1, EVIL, []),
        drawing.svg_text(0, 0, EVIL),
        drawing.svg_box(0, 0, 1, 1, "bar", title=EVIL),
        drawing.svg_dot(0, 0, 1, "bar", title=EVIL),
    ],
)
def test_text_is_escaped_wherever_it_stands(text: str) -> None:
    assert "<b>" not in text
    assert "&lt;b&gt;&amp;" in text


def test_a_picture_is_well_formed_and_tells_what_it_shows() -> None:
    parts = [
        drawing.svg_line(0, 0, 9, 9, "grid"),
        drawing.svg_box(1, 2, 3, 4, 'a"b', title=EVIL),
        drawing.svg_dot(1, 2, 3, "failed"),
        drawing.svg_text(1, 2, EVIL),
    ]
    root = ElementTree.fromstring(drawing.svg(10, 20, EVIL, parts))
    assert root.attrib["viewBox"] == "0 0 10 20"
    assert root.attrib["aria-label"] == EVIL
    assert [each.tag for each in root] == ["title", "line", "rect", "circle", "text"]


def test_marked_rows_stand_out_and_others_do_not() -> None:
    text = drawing.html_table("Rows", ["ONE"], [["a"], ["b"]], marked={1})
    assert '<tr><td>a</td></tr><tr class="configured"><td>b</td></tr>' in text


def test_an_empty_list_is_nothing() -> None:
    assert drawing.listed([]) == ""
