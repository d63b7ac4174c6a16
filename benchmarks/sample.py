"""Cost of running a command: seconds, CPU seconds, peak memory and instructions."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import instructions

ROOT = Path(__file__).resolve().parent.parent
MEASURE = str(Path(__file__).with_name("measure.py"))


class Sample(NamedTuple):
    """One execution of a command, including the child processes it waited for.

    `peak_bytes` is the largest resident memory of any single one of these processes.
    `instructions` are those in user mode, None where the machine does not count them.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    exit_code: int
    output: str
    stderr: str
    instructions: int | None = None


def measured(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> Sample:
    """Run a command and return its cost; a non-zero exit code raises nothing."""
    with tempfile.TemporaryDirectory() as folder:
        report, output, errors = (Path(folder, name) for name in ("report", "out", "err"))
        # Isolated and without site-packages, to keep the process small.
        launch = [sys.executable, "-I", "-S", MEASURE, str(report), *command]
        counts = Path(folder, "instructions")
        with output.open("wb") as stdout, errors.open("wb") as stderr:
            subprocess.run(
                [*instructions.counting(counts), *launch],
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                check=True,
            )
        seconds, cpu_seconds, peak_bytes, exit_code = report.read_text().split()
        return Sample(
            float(seconds),
            float(cpu_seconds),
            int(peak_bytes),
            int(exit_code),
            output.read_text(encoding="utf-8", errors="replace"),
            errors.read_text(encoding="utf-8", errors="replace"),
            instructions.counted(counts),
        )
