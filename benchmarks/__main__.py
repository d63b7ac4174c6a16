"""`python -m benchmarks`: measure the works that are asked for, print tables and aims.

Exit code 0 when all was measured, whether aims are met or not; 1 when a contestant went wrong.
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

from benchmarks.bench import Bench
from benchmarks.contest import RunWentWrong, progress
from benchmarks.outcome import Outcome
from benchmarks.report import document_of, text_of
from benchmarks.sample import ROOT
from benchmarks.sizes import FULL, QUICK, Sizes
from benchmarks.works import WORKS

BUILD = ROOT / "build"
KEPT = BUILD / "bench"
QUICK_SAID = "Small sizes: most of it is the start. This shows what broke, not how fast it is."


def main() -> int:
    """Measure, print, and write the JSON if a path is given."""
    asked = _arguments()
    outcomes: list[Outcome] = []
    exit_code = 0
    if asked.quick:
        sys.stdout.write(f"{QUICK_SAID}\n")
    with _folder(asked.keep) as folder:
        bench = Bench(folder, _sizes(asked))
        for letter in _letters(asked):
            progress(f"{letter}:")
            try:
                outcomes.append(WORKS[letter](bench))
            except RunWentWrong as error:
                exit_code = 1
                failed = {"everything": str(error)}
                outcomes.append(Outcome(letter=letter, title="went wrong", not_run=failed))
            sys.stdout.write(text_of(outcomes[-1]))
            sys.stdout.flush()
            if asked.json is not None:
                asked.json.parent.mkdir(parents=True, exist_ok=True)
                asked.json.write_text(json.dumps(document_of(outcomes), indent=1))
    aims = [aim for outcome in outcomes for aim in outcome.aims]
    sys.stdout.write(f"\n{sum(aim.is_met for aim in aims)} of {len(aims)} aims met\n")
    return exit_code


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, under two minutes")
    parser.add_argument(
        "--only", metavar="A,B", type=_works, help=f"some works; all are {','.join(WORKS)}"
    )
    parser.add_argument("--scale", action="store_true", help="S, too, whatever --only says")
    parser.add_argument("--repeat", metavar="N", type=int, help="runs of each contestant")
    parser.add_argument("--json", metavar="PATH", type=Path, help="write the figures there, too")
    parser.add_argument(
        "--keep",
        action="store_true",
        help="keep records and filled ledgers in build/bench for the next time",
    )
    return parser.parse_args()


def _works(text: str) -> list[str]:
    letters = [one.strip().upper() for one in text.split(",")]
    if unknown := set(letters) - set(WORKS):
        raise argparse.ArgumentTypeError(f"no work is called {', '.join(sorted(unknown))}")
    return letters


def _letters(asked: argparse.Namespace) -> list[str]:
    letters = set(asked.only or WORKS) | ({"S"} if asked.scale else set())
    return sorted(letters)


def _sizes(asked: argparse.Namespace) -> Sizes:
    sizes = QUICK if asked.quick else FULL
    if asked.repeat is None:
        return sizes
    return replace(sizes, repeat=asked.repeat, heavy_repeat=asked.repeat, start_repeat=asked.repeat)


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
