"""The chart: a bar for each outcome of each interval, and nothing that a page must not have."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from importlib import metadata
from xml.etree import ElementTree

import pytest

from ld_import.report.chart import chart_of
from ld_import.report.timeline import timeline_of

START = int(datetime(2026, 11, 21, 1, tzinfo=UTC).timestamp())


def draw(*counts):
    """Return the elements of a chart with an interval for each (success, skipped, failed)."""
    rows = [
        {"at": START + at, "success": success, "skipped": skipped, "failed": failed}
        for at, (success, skipped, failed) in enumerate(counts)
    ]
    intervals = timeline_of(rows, START, START + len(counts) - 1).intervals
    return list(ElementTree.fromstring(chart_of(intervals)).iter())  # noqa: S314 - our own


def texts(elements, tag):
    return [one.text for one in elements if one.tag.endswith(f"}}{tag}")]


def test_every_count_has_a_bar():
    """Each count that is not zero has a bar, which names it."""
    elements = draw((2, 0, 1), (0, 0, 0), (0, 1_500, 0))

    assert texts(elements, "title") == [
        "01:00:00: 2 success",
        "01:00:02: 1,500 skipped",
        "01:00:00: 1 failed",
    ]


def test_no_style_script_or_id():
    """The page forbids them: nothing of the chart has its own style."""
    elements = draw((1, 1, 1))

    tags = {one.tag.rpartition("}")[2] for one in elements}
    assert not tags & {"style", "script", "defs", "image", "a", "foreignObject"}
    assert not {name for one in elements for name in one.attrib} & {"style", "id", "onclick"}


@pytest.mark.parametrize(("most", "last"), [(1, "1"), (5, "5"), (7, "8"), (101, "150")])
def test_axis_has_whole_numbers(most, last):
    """The axis ends at a round number that is at least the largest sum."""
    labels = [text for text in texts(draw((most, 0, 0)), "text") if ":" not in text]

    assert labels[0] == "0" and labels[-1] == last


def test_library_leaves_imports_as_they_were():
    """Later imports neither warn nor miss the packages that are installed."""
    draw((1, 0, 0))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ModuleNotFoundError):
            __import__("a_module_that_does_not_exist")
    assert metadata.version("typer")
