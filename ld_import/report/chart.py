"""The chart of outcomes over time: an SVG without styles or scripts, coloured by the page.

pygal draws it: pure Python, one small wheel, and it returns a tree that can be edited. It is
imported only when a chart is drawn.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from ld_import.report.timeline import OUTCOMES, Interval

WIDTH, HEIGHT = 960, 260
SHOWN_LABELS = 8
SHOWN_TICKS = 5
# The titles are those of the axes; bars get their own.
DROPPED = ("defs", "script", "style", "title")


def is_available() -> bool:
    """Return whether the library that draws charts is installed."""
    return find_spec("pygal") is not None


def chart_of(intervals: Sequence[Interval]) -> str:
    """Return stacked bars of the intervals as SVG; each bar has its count as a tooltip."""
    pygal, etree = _library()
    most = max(sum(interval.counts.values()) for interval in intervals)
    every = -(-len(intervals) // SHOWN_LABELS)
    chart = pygal.StackedBar(
        js=[],
        css=[],
        width=WIDTH,
        height=HEIGHT,
        margin=10,
        spacing=0,
        show_legend=False,
        no_prefix=True,
        print_values=False,
        show_x_guides=False,
        truncate_label=-1,
        value_formatter=lambda value: f"{value:,.0f}",
        x_labels_major=[one.name for one in intervals[::every]],
        show_minor_x_labels=False,
        y_labels=_ticks(most),
        range=(0, _ticks(most)[-1]),
    )
    chart.x_labels = [interval.name for interval in intervals]
    for name in OUTCOMES:
        chart.add(name, [interval.counts[name] or None for interval in intervals])
    tree = chart.render_tree()
    _strip(tree)
    _name_bars(tree)
    tree.attrib.update(
        {"role": "img", "aria-label": "Outcomes over time; the table below has the numbers."}
    )
    text: str = etree.tostring(tree, encoding="unicode")
    return text


def _library() -> tuple[Any, Any]:
    """Import pygal, without the finder of its maps, which every later import would warn about."""
    import pygal
    from pygal.etree import etree

    sys.meta_path[:] = [one for one in sys.meta_path if type(one).__module__ != "pygal"]
    return pygal, etree


def _ticks(most: int) -> list[int]:
    """Return the values on the axis: round numbers from 0 to at least the largest sum."""
    step, scale = 1, 1
    while step * SHOWN_TICKS < most:
        for factor in (1, 2, 5):
            step = factor * scale
            if step * SHOWN_TICKS >= most:
                break
        else:
            scale *= 10
    return list(range(0, most + step, step))


def _strip(element: Any) -> None:
    """Remove styles, scripts and comments: the page allows or needs none of them."""
    element.attrib.pop("style", None)
    element.attrib.pop("id", None)
    for child in list(element):
        name = child.tag if isinstance(child.tag, str) else "script"
        is_overlay = "overlay" in child.attrib.get("class", "") if child.attrib else False
        if name.rpartition("}")[2] in DROPPED or is_overlay:
            element.remove(child)
        else:
            _strip(child)


def _name_bars(tree: Any) -> None:
    """Replace the descriptions that pygal's script reads by tooltips of the browser."""
    for number, name in enumerate(OUTCOMES):
        for series in _with_class(tree, f"serie-{number}"):
            for bars in _with_class(series, "bars"):
                for bar in list(bars):
                    texts = {child.attrib.get("class"): child.text for child in bar}
                    if texts.get("value") == "0":
                        bars.remove(bar)
                    else:
                        _name_bar(bar, f"{texts.get('x_label')}: {texts.get('value')} {name}")


def _name_bar(bar: Any, name: str) -> None:
    for child in list(bar):
        if child.tag.rpartition("}")[2] == "desc":
            bar.remove(child)
    title = bar.makeelement("title", {})
    title.text = name
    bar.insert(0, title)


def _with_class(tree: Any, name: str) -> list[Any]:
    return [one for one in tree.iter() if name in str(one.attrib.get("class", "")).split()]
