"""Outcomes as a text table and as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.contest import Series
from benchmarks.outcome import MEGABYTE, Aim, Outcome

NAME_WIDTH = 44
HEAD = (
    f"  {'median':{NAME_WIDTH}} {'seconds':>9} {'spread':>7} {'CPU s':>8} {'items/s':>10}"
    f" {'peak MB':>8}"
    f" {'ratio':>7} {'CPU':>7}  runs"
)


def text_of(outcome: Outcome) -> str:
    """Return one work as lines of text."""
    return "\n".join(_lines(outcome)) + "\n"


def document_of(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return all works, with the machine they ran on, as a JSON document."""
    return {"machine": _machine(), "works": [_work(outcome) for outcome in outcomes]}


def _lines(outcome: Outcome) -> Iterator[str]:
    yield f"\n{outcome.name}  {outcome.title}\n"
    yield HEAD
    base = _base(outcome)
    for series in outcome.series:
        yield _row(series, base)
    for name, reason in outcome.not_run.items():
        yield f"  {name:{NAME_WIDTH}} not run: {reason}"
    yield ""
    for aim in outcome.aims:
        yield f"  {'met' if aim.is_met else 'NOT MET':8} {_aim(aim)}"
    for note in outcome.notes:
        yield f"  note: {note}"
    if outcome.table:
        yield f"\n{outcome.table}"


def _row(series: Series, base: Series | None) -> str:
    compared = f"{'-':>7} {'-':>7}"
    if base:
        compared = (
            f"{series.seconds / base.seconds:7.2f} {series.cpu_seconds / base.cpu_seconds:7.2f}"
        )
    rate = f"{series.items / series.seconds:10,.0f}" if series.items > 1 else f"{'-':>10}"
    return (
        f"  {series.name:{NAME_WIDTH}} {series.seconds:9.3f} {series.spread:7.0%}"
        f" {series.cpu_seconds:8.3f}"
        f" {rate} {series.peak_bytes / MEGABYTE:8.1f} {compared}  {len(series.samples)}"
    )


def _aim(aim: Aim) -> str:
    unit = f" {aim.unit}" if aim.unit else ""
    return f"{aim.name}: {aim.figure:.2f}{unit} (at most {aim.most:.4g}{unit})"


def _base(outcome: Outcome) -> Series | None:
    return next((series for series in outcome.series if series.name == outcome.base), None)


def _work(outcome: Outcome) -> dict[str, Any]:
    base = _base(outcome)
    return {
        "work": outcome.name,
        "title": outcome.title,
        "comparedWith": outcome.base,
        "contestants": [_contestant(series, base) for series in outcome.series],
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


def _contestant(series: Series, base: Series | None) -> dict[str, Any]:
    return {
        "name": series.name,
        "items": series.items,
        "seconds": series.seconds,
        "cpuSeconds": series.cpu_seconds,
        "peakBytes": series.peak_bytes,
        "ratio": series.seconds / base.seconds if base else None,
        "cpuRatio": series.cpu_seconds / base.cpu_seconds if base else None,
        "runs": [
            {
                "seconds": sample.seconds,
                "cpuSeconds": sample.cpu_seconds,
                "peakBytes": sample.peak_bytes,
            }
            for sample in series.samples
        ],
    }


def _machine() -> dict[str, Any]:
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "load": os.getloadavg(),
    }
