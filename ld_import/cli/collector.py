"""The garbage collector: rare while a command starts, as usual while it works, off at the end."""

from __future__ import annotations

import gc

DEFAULT = gc.get_threshold()
# Objects that are created at the start stay. Collecting among them takes a twentieth of the time of
# a short command; a dry run and a first request create fewer objects than this.
START_COUNT = 80_000


def start_quickly() -> None:
    """Collect rarely from now on."""
    gc.set_threshold(START_COUNT)


def work_normally() -> None:
    """Restore the default thresholds; otherwise a run keeps twenty megabytes of garbage."""
    gc.set_threshold(*DEFAULT)


def leave_quickly() -> None:
    """Let the exit collect nothing: what is left is freed with the process.

    Python otherwise searches all modules several times for unused objects, which takes a sixth of
    the time of a short command. Exit handlers run as usual.
    """
    gc.freeze()
