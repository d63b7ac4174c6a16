"""A run that begins, and the names the ledger records for a manifest."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from ld_import.clock import Clock
from ld_import.manifest import STANDARD_INPUT


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run that begins: its id (`2026-11-21T01:00:00Z-7f3a`) and its start by both clocks."""

    run_id: str
    started_at: datetime
    started_monotonic: float

    @classmethod
    def at(cls, clock: Clock, started_monotonic: float | None = None) -> Self:
        """Return a run with a new id; its duration counts from `started_monotonic`, or from now."""
        now = clock.now()
        since = clock.monotonic() if started_monotonic is None else started_monotonic
        return cls(f"{now:%Y-%m-%dT%H:%M:%SZ}-{os.urandom(2).hex()}", now, since)


def manifest_name(path: Path, system_name: str) -> str:
    """Return the name of a manifest in the ledger; pipes are distinguished by systemName."""
    if path != STANDARD_INPUT:
        return _utf8(str(path.resolve()))
    return f"- ({system_name})" if system_name else "-"


def records_name(path: Path) -> str | None:
    """Return the name of the file with the records in the ledger; `None` for standard input.

    A symbolic link is not resolved: it keeps its name when its target changes.
    """
    return None if path == STANDARD_INPUT else _utf8(os.path.normpath(path.absolute()))


def _utf8(name: str) -> str:
    """Return a file name as UTF-8, the encoding of the ledger; file names can be other bytes."""
    return name.encode(errors="backslashreplace").decode()
