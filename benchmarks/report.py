"""Outcomes as a table for people and as JSON for programs."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.contest import Series
from benchmarks.outcome import MEGABYTE, Aim, Outcome

NAME_WIDTH = 44
HEAD = (
    f"  {'median of each':{NAME_WIDTH}} {'seconds':>9} {'spread':>7} {'CPU s':>8} {'items/s':>10}"
    f" {'peak MB':>8}"
    f" {'ratio':>7} {'CPU':>7}  runs"
)


def text_of(outcome: Outcome) -> str:
    """Return one work as lines of text."""
    return "\n".join(_lines(outcome)) + "\n"


def document_of(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return all works, with the machine they ran on, as a JSON document."""
    return {"machine": _machine(), "works": [_work(one) for one in outcomes]}


def _lines(outcome: Outcome) -> Iterator[str]:
    yield f"\n{outcome.letter}  {outcome.title}\n"
    yield HEAD
    base = _base(outcome)
    for one in outcome.series:
        yield _row(one, base)
    for name, reason in outcome.not_run.items():
        yield f"  {name:{NAME_WIDTH}} not run: {reason}"
    yield ""
    for aim in outcome.aims:
        yield f"  {'met' if aim.is_met else 'NOT MET':8} {_said(aim)}"
    for note in outcome.notes:
        yield f"  note: {note}"
    if outcome.table:
        yield f"\n{outcome.table}"


def _row(one: Series, base: Series | None) -> str:
    compared = f"{'-':>7} {'-':>7}"
    if base:
        compared = f"{one.seconds / base.seconds:7.2f} {one.cpu_seconds / base.cpu_seconds:7.2f}"
    rate = f"{one.items / one.seconds:10,.0f}" if one.items > 1 else f"{'-':>10}"
    return (
        f"  {one.name:{NAME_WIDTH}} {one.seconds:9.3f} {one.spread:7.0%} {one.cpu_seconds:8.3f}"
        f" {rate} {one.peak_bytes / MEGABYTE:8.1f} {compared}  {len(one.samples)}"
    )


def _said(aim: Aim) -> str:
    unit = f" {aim.unit}" if aim.unit else ""
    return f"{aim.name}: {aim.figure:.2f}{unit} (at most {aim.most:.4g}{unit})"


def _base(outcome: Outcome) -> Series | None:
    return next((one for one in outcome.series if one.name == outcome.base), None)


def _work(outcome: Outcome) -> dict[str, Any]:
    base = _base(outcome)
    return {
        "work": outcome.letter,
        "title": outcome.title,
        "comparedWith": outcome.base,
        "contestants": [_contestant(one, base) for one in outcome.series],
        "aims": [
            {
                "name": aim.name,
                "figure": aim.figure,
                "most": aim.most,
                "unit": aim.unit,
                "met": aim.is_met,
            }
            for aim in outcome.aims
        ],
        "notRun": outcome.not_run,
        "notes": outcome.notes,
        "table": outcome.table,
    }


def _contestant(one: Series, base: Series | None) -> dict[str, Any]:
    return {
        "name": one.name,
        "items": one.items,
        "seconds": one.seconds,
        "cpuSeconds": one.cpu_seconds,
        "peakBytes": one.peak_bytes,
        "ratio": one.seconds / base.seconds if base else None,
        "cpuRatio": one.cpu_seconds / base.cpu_seconds if base else None,
        "runs": [
            {"seconds": each.seconds, "cpuSeconds": each.cpu_seconds, "peakBytes": each.peak_bytes}
            for each in one.samples
        ],
    }


def _machine() -> dict[str, Any]:
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "load": os.getloadavg(),
    }
