"""Stand-ins for the preparation of files, importable by the workers of a cluster."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

from ld_import.assets.base import FileResult, FileTask, NotPrepared, SourceRules
from ld_import.assets.control import Control
from ld_import.errors import StorageRefused

# Bytes that each file is said to have.
BYTES = 1000
SLOW_SECONDS = 0.2
STUCK_SECONDS = 10.0


@dataclass(frozen=True)
class Note:
    """A line that a task left in the folder of its rules: which file, and in which process."""

    source: str
    process: int


class Strange(Exception):
    """An exception that cannot be sent to another process."""

    def __init__(self, text: str) -> None:
        """Hold what cannot be pickled."""
        super().__init__(text)
        self.lock = threading.Lock()


def task(source: str, folder: Path, size: int | None = None) -> FileTask:
    """Return a task for one of the functions below."""
    return FileTask(
        source=source, rules=SourceRules(folder=folder), storages={}, keys={}, size=size
    )


def prepare(task: FileTask, control: Control) -> FileResult:
    """Leave a note, then act as the name of the source says."""
    control.take(BYTES)
    note = f"{task.source} {os.getpid()}\n"
    with (task.rules.folder / "notes.txt").open("a", encoding="utf-8") as file:
        file.write(note)
    if task.source.startswith("poison"):
        os._exit(139)
    if task.source.startswith("slow"):
        control.pause(SLOW_SECONDS)
    if task.source.startswith("stuck"):
        control.pause(STUCK_SECONDS)
    if task.source.startswith("refused"):
        raise StorageRefused("the bucket does not accept the key", hint="check the key")
    if task.source.startswith("bug"):
        raise LookupError(task.source)
    if task.source.startswith("strange"):
        raise Strange(task.source)
    return NotPrepared(f"done: {task.source}")


def notes(folder: Path) -> list[Note]:
    """Return what the tasks with this folder left, in order."""
    path = folder / "notes.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = [line.split(" ") for line in lines]
    return [Note(source, int(process)) for source, process in rows]
