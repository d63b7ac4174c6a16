"""Thresholds of the garbage collector: high while a command starts, the default while it works."""

from __future__ import annotations

import gc

DEFAULT = gc.get_threshold()
# Objects that are created at the start stay. Collecting among them takes a twentieth of the time of
# a short command; a dry run creates fewer objects than this.
START_COUNT = 50_000


def start_quickly() -> None:
    """Collect rarely from now on."""
    gc.set_threshold(START_COUNT)


def work_normally() -> None:
    """Restore the default thresholds; otherwise a run keeps twenty megabytes of garbage."""
    gc.set_threshold(*DEFAULT)
