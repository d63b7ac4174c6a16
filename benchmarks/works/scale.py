"""The same works at three sizes: time is to be linear in the records, memory constant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from benchmarks.bench import Bench
from benchmarks.contest import Series, alternate
from benchmarks.outcome import MEGABYTE, Aim, Outcome
from benchmarks.works import plan, rerun

NOTHING_CHANGED, FIRST_PLAN, IMPORT = "rerun", "plan", "import"
HEAD = "| records | work | seconds | CPU s | records a second | peak memory | ledger |\n"
RULE = "| ---: | --- | ---: | ---: | ---: | ---: | ---: |\n"
MOST_GROWTH = 1.2
MOST_SLOPE = 1.25


def run(bench: Bench) -> Outcome:
    """Alternate rerun and plan at each size; the import is the one that filled the ledger."""
    sizes = bench.sizes.scale
    contestants = [
        replace(make(bench, count), name=f"{name}, {count:,}")
        for count in sizes
        for name, make in (
            (NOTHING_CHANGED, rerun.contestant),
            (FIRST_PLAN, plan.contestant),
        )
    ]
    series = alternate(contestants, bench.sizes.heavy_repeat, bench.env)
    for count in sizes:
        name = f"{IMPORT}, {count:,}"
        series[name] = Series(name, count, [bench.filled(count).sample])
    return Outcome(
        name="scale",
        title=f"{', '.join(f'{count:,}' for count in sizes)} records",
        series=list(series.values()),
        aims=list(_aims(series, sizes)),
        notes=["the import was run once at each size"],
        table=_table(series, bench),
    )


def _aims(series: dict[str, Series], sizes: Sequence[int]) -> Iterator[Aim]:
    small, middle, large = sizes
    for work in (NOTHING_CHANGED, FIRST_PLAN, IMPORT):
        few, some, many = (series[f"{work}, {count:,}"] for count in sizes)
        name = f"{work}: memory at {large:,} to that at {small:,}"
        yield Aim(name, many.peak_bytes / few.peak_bytes, MOST_GROWTH, "x")
        early = (some.seconds - few.seconds) / (middle - small)
        late = (many.seconds - some.seconds) / (large - middle)
        # At small sizes start-up time and its noise dominate.
        if early > 0:
            name = f"{work}: time per additional record, large to small sizes"
            yield Aim(name, late / early, MOST_SLOPE, "x")


def _table(series: dict[str, Series], bench: Bench) -> str:
    rows = []
    for count in bench.sizes.scale:
        for work in (NOTHING_CHANGED, FIRST_PLAN, IMPORT):
            measured = series[f"{work}, {count:,}"]
            has_ledger = work != FIRST_PLAN
            size = f"{bench.filled(count).byte_count / MEGABYTE:.1f} MB" if has_ledger else "-"
            rows.append(
                f"| {count:,} | {work} | {measured.seconds:.2f} | {measured.cpu_seconds:.2f}"
                f" | {count / measured.seconds:,.0f}"
                f" | {measured.peak_bytes / MEGABYTE:.0f} MB | {size} |\n"
            )
    return HEAD + RULE + "".join(rows)
