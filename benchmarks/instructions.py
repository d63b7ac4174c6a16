"""Instructions that a command and its children execute in user mode, counted by `perf stat`.

They vary far less than times on a machine with other work. Virtual machines often have no counter.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

EVENT = "instructions:u"
TRIAL_SECONDS = 20


def counting(target: Path) -> Sequence[str]:
    """Return what to put before a command to count into `target`; nothing where it cannot be."""
    return () if missing() else _perf(target)


def counted(target: Path) -> int | None:
    """Return the count that is in `target`, None if there is none."""
    try:
        text = target.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # One line is `12345,,instructions:u,…`, or `<not supported>,,instructions:u,…`.
    counts = [line.split(",")[0] for line in text.splitlines() if EVENT in line]
    return int(counts[0]) if counts and counts[0].isdecimal() else None


@cache
def missing() -> str | None:
    """Return the reason why instructions cannot be counted, or None."""
    if shutil.which("perf") is None:
        return "perf is not installed"
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "instructions")
        try:
            result = subprocess.run(
                [*_perf(target), "true"], capture_output=True, check=False, timeout=TRIAL_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"perf cannot be run: {error}"
        if counted(target) is not None:
            return None
        words = " ".join(result.stderr.decode(errors="replace").split())
        return words[:200] if result.returncode and words else f"perf stat does not support {EVENT}"


def _perf(target: Path) -> Sequence[str]:
    return ("perf", "stat", "-x", ",", "-e", EVENT, "-o", str(target), "--")
