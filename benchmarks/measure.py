"""Measures one command: `measure.py REPORT COMMAND…` writes its cost to the file REPORT.

NOTE: Linux counts the memory of the parent into the peak of a process it starts. Therefore `sample`
runs the command through this script, which imports almost nothing.
"""

from __future__ import annotations

import os
import sys
import time

KIBIBYTE = 1024


def measure(report: str, command: list[str]) -> None:
    """Run a command until it exits; write seconds, CPU seconds, peak bytes and exit code."""
    started = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - started
    cpu_seconds = usage.ru_utime + usage.ru_stime
    # Linux counts in KiB, macOS in bytes.
    peak_bytes = usage.ru_maxrss * (1 if sys.platform == "darwin" else KIBIBYTE)
    exit_code = os.waitstatus_to_exitcode(status)
    with open(report, "w") as file:  # noqa: PTH123 - importing pathlib costs two megabytes
        file.write(f"{seconds} {cpu_seconds} {peak_bytes} {exit_code}")


if __name__ == "__main__":
    measure(sys.argv[1], sys.argv[2:])
