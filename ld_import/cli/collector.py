"""The pace of the garbage collector: rare while a command starts, usual while it works."""

from __future__ import annotations

import gc

USUAL = gc.get_threshold()
# Everything loaded at the start stays. Searching it for garbage again and again takes a twentieth
# of a short command; a dry run creates fewer objects than this.
START_COUNT = 50_000


def start_quickly() -> None:
    """Collect rarely from now on."""
    gc.set_threshold(START_COUNT)


def work_normally() -> None:
    """Collect as usual: at the start's pace, a run kept twenty megabytes of garbage."""
    gc.set_threshold(*USUAL)
