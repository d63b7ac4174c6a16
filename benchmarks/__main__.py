"""Measure the given works (all by default) and print tables and aims.

The exit code is 0 when everything was measured, whether or not the aims are met, and 1 when a
contestant failed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks import instructions
from benchmarks.bench import Bench
from benchmarks.contest import RunFailed, progress
from benchmarks.outcome import Outcome
from benchmarks.report import document_of, text_of
from benchmarks.sample import ROOT
from benchmarks.sizes import FULL, QUICK, Sizes
from benchmarks.works import LETTERS, WORKS

BUILD = ROOT / "build"
KEPT = BUILD / "bench"
QUICK_NOTE = "Small sizes, dominated by start-up: these runs show failures, not speed."


def main() -> int:
    """Measure, print the results, and write them as JSON when a path is given."""
    arguments = _arguments()
    outcomes: list[Outcome] = []
    exit_code = 0
    if arguments.quick:
        sys.stdout.write(f"{QUICK_NOTE}\n")
    if reason := instructions.missing():
        sys.stdout.write(f"Instructions are not counted: {reason}.\n")
    with _folder(arguments.keep) as folder:
        bench = Bench(folder, _sizes(arguments))
        for name in arguments.works or WORKS:
            progress(f"{name}:")
            try:
                outcomes.append(WORKS[name](bench))
            except RunFailed as error:
                exit_code = 1
                outcomes.append(Outcome(name=name, title="failed", not_run={"all": str(error)}))
            sys.stdout.write(text_of(outcomes[-1]))
            sys.stdout.flush()
            if arguments.json is not None:
                arguments.json.parent.mkdir(parents=True, exist_ok=True)
                arguments.json.write_text(json.dumps(document_of(outcomes), indent=1))
    aims = [aim for outcome in outcomes for aim in outcome.aims]
    sys.stdout.write(f"\n{sum(aim.is_met for aim in aims)} of {len(aims)} aims met\n")
    return exit_code


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, a few minutes")
    parser.add_argument(
        "works", metavar="WORK", nargs="*", type=_work, help=f"any of {', '.join(WORKS)}"
    )
    parser.add_argument("--repeat", metavar="N", type=int, help="runs of each contestant")
    parser.add_argument(
        "--json", metavar="PATH", type=Path, help="also write the figures to this file"
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="keep records and filled ledgers in build/bench for the next run",
    )
    return parser.parse_args()


def _work(text: str) -> str:
    name = LETTERS.get(text.upper(), text)
    if name not in WORKS:
        raise argparse.ArgumentTypeError(f'unknown work "{text}"')
    return name


def _sizes(arguments: argparse.Namespace) -> Sizes:
    sizes = QUICK if arguments.quick else FULL
    if arguments.repeat is None:
        return sizes
    return replace(
        sizes, repeat=arguments.repeat, heavy_repeat=arguments.repeat, start_repeat=arguments.repeat
    )


@contextmanager
def _folder(is_kept: bool) -> Iterator[Path]:
    BUILD.mkdir(exist_ok=True)
    if is_kept:
        KEPT.mkdir(exist_ok=True)
        yield KEPT
        return
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="bench-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())
