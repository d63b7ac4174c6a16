"""Outcomes as a text table and as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks import instructions
from benchmarks.contest import Series
from benchmarks.outcome import MEGABYTE, Aim, Outcome

NAME_WIDTH = 44
# These columns follow CPU time where the machine counts instructions.
COUNT_HEAD = f" {'M instr':>9} {'ratio':>6}"
TIME_HEAD = f"{'seconds':>9} {'ratio':>6} {'spread':>6} {'CPU s':>8} {'ratio':>6}"
REST_HEAD = f" {'items/s':>10} {'peak MB':>8}  runs"


def text_of(outcome: Outcome) -> str:
    """Return one work as lines of text."""
    return "\n".join(_lines(outcome)) + "\n"


def document_of(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return all works, with the machine they ran on, as a JSON document."""
    return {"machine": _machine(), "works": [_work(outcome) for outcome in outcomes]}


def _lines(outcome: Outcome) -> Iterator[str]:
    yield f"\n{outcome.name}  {outcome.title}\n"
    base = _base(outcome)
    has_counts = any(series.instructions is not None for series in outcome.series)
    if outcome.series:
        yield f"  {'median':{NAME_WIDTH}} {TIME_HEAD}{COUNT_HEAD if has_counts else ''}{REST_HEAD}"
    for series in outcome.series:
        yield _row(series, base, has_counts=has_counts)
    for name, reason in outcome.not_run.items():
        yield f"  {name:{NAME_WIDTH}} not run: {reason}"
    yield ""
    for aim in outcome.aims:
        yield f"  {'met' if aim.is_met else 'NOT MET':8} {_aim(aim)}"
    for note in outcome.notes:
        yield f"  note: {note}"
    if outcome.table:
        yield f"\n{outcome.table}"


def _row(series: Series, base: Series | None, *, has_counts: bool) -> str:
    figures = [
        f"{series.seconds:9.3f}",
        f"{_ratio(series.seconds, base.seconds if base else None):>6}",
        f"{series.spread:6.0%}",
        f"{series.cpu_seconds:8.3f}",
        f"{_ratio(series.cpu_seconds, base.cpu_seconds if base else None):>6}",
    ]
    if has_counts:
        count = series.instructions
        figures.append(f"{'-' if count is None else f'{count / 1e6:,.0f}':>9}")
        figures.append(f"{_ratio(count, base.instructions if base else None):>6}")
    rate = f"{series.items / series.seconds:,.0f}" if series.items > 1 else "-"
    figures += [f"{rate:>10}", f"{series.peak_bytes / MEGABYTE:8.1f}", f" {len(series.samples)}"]
    return f"  {series.name:{NAME_WIDTH}} {' '.join(figures)}"


def _ratio(figure: float | None, base: float | None) -> str:
    quotient = _quotient(figure, base)
    return "-" if quotient is None else f"{quotient:.2f}"


def _quotient(figure: float | None, base: float | None) -> float | None:
    return figure / base if figure is not None and base else None


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
        "instructions": series.instructions,
        "ratio": _quotient(series.seconds, base.seconds if base else None),
        "cpuRatio": _quotient(series.cpu_seconds, base.cpu_seconds if base else None),
        "instructionsRatio": _quotient(series.instructions, base.instructions if base else None),
        "runs": [
            {
                "seconds": sample.seconds,
                "cpuSeconds": sample.cpu_seconds,
                "peakBytes": sample.peak_bytes,
                "instructions": sample.instructions,
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
        "instructionsNotCounted": instructions.missing(),
    }
