"""S: the same works at three sizes: time grows with the records, memory does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from benchmarks.bench import Bench
from benchmarks.contest import Series, alternate
from benchmarks.outcome import MEGABYTE, Aim, Outcome
from benchmarks.works import plan, unchanged

NOTHING_CHANGED, FIRST_PLAN, IMPORT = "A nothing changed", "B first plan", "C import"
HEAD = "| records | work | seconds | records a second | peak memory | ledger |\n"
RULE = "| ---: | --- | ---: | ---: | ---: | ---: |\n"
MOST_GROWTH = 1.2
MOST_SLOPE = 1.25


def run(bench: Bench) -> Outcome:
    """Run A and B in turn at each size; C is the import that fills the ledger, made once."""
    sizes = bench.sizes.scale
    contestants = [
        replace(make(bench, count), name=f"{name}, {count:,}")
        for count in sizes
        for name, make in (
            (NOTHING_CHANGED, unchanged.contestant),
            (FIRST_PLAN, plan.contestant),
        )
    ]
    series = alternate(contestants, bench.sizes.heavy_repeat, bench.env)
    for count in sizes:
        name = f"{IMPORT}, {count:,}"
        series[name] = Series(name, count, [bench.filled(count).sample])
    return Outcome(
        letter="S",
        title=f"scale: {', '.join(f'{count:,}' for count in sizes)} records",
        series=list(series.values()),
        aims=list(_aims(series, sizes)),
        notes=["C was run once at each size"],
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
        # At small sizes the start and its noise are all there is.
        if early > 0:
            name = f"{work}: time of a further record, late to early"
            yield Aim(name, late / early, MOST_SLOPE, "x")


def _table(series: dict[str, Series], bench: Bench) -> str:
    rows = []
    for count in bench.sizes.scale:
        for work in (NOTHING_CHANGED, FIRST_PLAN, IMPORT):
            one = series[f"{work}, {count:,}"]
            has_ledger = work != FIRST_PLAN
            size = f"{bench.filled(count).byte_count / MEGABYTE:.1f} MB" if has_ledger else "-"
            rows.append(
                f"| {count:,} | {work[2:]} | {one.seconds:.2f} | {count / one.seconds:,.0f}"
                f" | {one.peak_bytes / MEGABYTE:.0f} MB | {size} |\n"
            )
    return HEAD + RULE + "".join(rows)
