"""Pages and pictures that need nothing from elsewhere: HTML and SVG as text.

Whatever is given as text is escaped here; what is given as parts is markup already.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --paper: #ffffff;
  --line: #d9dee5; --share: #2463b0; --stopped: #b3541e; --bar: #8fa3bd;
  --good: #2f8f5b; --bad: #c0392b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #9aa5b4;
  --paper: #14181f; --line: #333c48; --share: #6ea8ee; --stopped: #e8935c;
  --bar: #5c6f88; --good: #58b985; --bad: #ec7063; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { margin-top: 2.5rem; } h3 { margin-top: 1.5rem; }
p.soft, caption { color: var(--soft); text-align: left; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
tr.configured td { font-weight: 600; }
svg { width: 100%; height: auto; font-size: 12px; }
svg text { fill: var(--ink); } .grid { stroke: var(--line); }
.share, .stopped { fill: none; stroke-width: 2; }
.share { stroke: var(--share); } .share-box { fill: var(--share); }
.stopped { stroke: var(--stopped); } .stopped-box { fill: var(--stopped); }
.bar { fill: var(--bar); } .bar.configured { fill: var(--share); }
.succeeded, .verified, .complete { fill: var(--good); }
.failed { fill: var(--bad); } .superseded, .unjudged { fill: var(--bar); }
rect.stopped { fill: var(--stopped); stroke: none; }
.running { fill: var(--share); } .back { fill: var(--stopped); }
.error { color: var(--stopped); font-weight: 600; }
"""


def html_page(title: str, heading: str, sections: Iterable[str]) -> str:
    """Return a whole page; each section is markup."""
    body = "\n".join(sections)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(heading)}</h1>\n{body}\n</body>\n</html>\n"
    )


def html_table(
    caption: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    marked: Collection[int] = (),
) -> str:
    """Return a table; ``marked`` rows stand out."""
    heads = "".join(f"<th>{escape(each.capitalize())}</th>" for each in header)
    body = "".join(
        f"<tr{_class('configured' if number in marked else '')}>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in row)
        + "</tr>"
        for number, row in enumerate(rows)
    )
    return (
        f'<div class="wide"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def paragraph(text: str, *, css: str = "") -> str:
    """Return a paragraph of text."""
    return f"<p{_class(css)}>{escape(text)}</p>"


def heading(text: str, *, level: int = 2) -> str:
    """Return a heading."""
    return f"<h{level}>{escape(text)}</h{level}>"


def listed(items: Iterable[str]) -> str:
    """Return a list of texts, or nothing."""
    found = "".join(f"<li>{escape(each)}</li>" for each in items)
    return f"<ul>{found}</ul>" if found else ""


def svg(width: int, height: int, title: str, parts: Iterable[str]) -> str:
    """Return a picture, with what it shows for who cannot see it."""
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title, quote=True)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def svg_text(x: float, y: float, text: str, *, anchor: str = "start") -> str:
    """Return text in a picture."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def svg_box(
    x: float, y: float, width: float, height: float, css: str, *, title: str = ""
) -> str:
    """Return a box; ``title`` is shown to who points at it."""
    return (
        f'<rect{_class(css)} x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}">{_title(title)}</rect>'
    )


def svg_dot(x: float, y: float, radius: float, css: str, *, title: str = "") -> str:
    """Return a dot."""
    return (
        f'<circle{_class(css)} cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}">'
        f"{_title(title)}</circle>"
    )


def svg_line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    """Return a straight line."""
    return (
        f'<line{_class(css)} x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}"/>'
    )


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>" if text else ""


def _class(css: str) -> str:
    return f' class="{escape(css, quote=True)}"' if css else ""
