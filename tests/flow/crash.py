"""Crash every case at every step; print a table, and fail if an invariant is violated.

`python -m tests.flow.crash WORD …` plays the cases whose names contain a word.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import astuple, fields
from functools import partial

from tests.flow.crash_cases import CASES, Case
from tests.flow.crash_stages import Stop, filmed_stops, in_memory, killing, stops
from tests.flow.crash_witness import Findings
from tests.harness.starter import Starter

COUNTS = [each.name.replace("_", " ") for each in fields(Findings)]
ROW = "{:<30} {:<10} {:>11}" + " {:>11}" * len(COUNTS) + " {:>8}\n"


def main(words: Sequence[str]) -> int:
    """Print the table; return 1 if an invariant is violated at any step."""
    chosen = [case for case in CASES if all(word in case.name for word in words)]
    sys.stdout.write(ROW.format("case", "mode", "stop points", *COUNTS, "seconds"))
    with closing(Starter()) as starter, killing(starter) as killed:
        kept = [
            _row(case, mode, stop_all)
            for mode, stop_all in (
                ("copy", filmed_stops),
                ("exception", partial(stops, opener=in_memory)),
                ("SIGKILL", partial(stops, opener=killed)),
            )
            for case in chosen
        ]
    return 0 if all(kept) else 1


def _row(case: Case, mode: str, stop_all: Callable[[Case], Iterable[Stop]]) -> bool:
    began = time.monotonic()
    total, stop_count, is_well = Findings(), 0, True
    for stop in stop_all(case):
        total += stop.findings
        stop_count += stop.is_stopped
        is_well = is_well and stop.is_well
    seconds = f"{time.monotonic() - began:.1f}"
    sys.stdout.write(ROW.format(case.name, mode, stop_count, *astuple(total), seconds))
    sys.stdout.flush()
    return is_well


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
