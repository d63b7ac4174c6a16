"""Groups of files: some small ones make one task of the cluster, a large file is one alone.

Each task costs the scheduler some 5 ms, as much as the whole work for a small file.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass

from ld_import.assets.base import FileResult, FileTask

GROUP_FILES = 20
GROUP_BYTES = 64 * 1024 * 1024
# Assumed for a file of unknown size: a group of such files is full by their number.
ASSUMED_BYTES = GROUP_BYTES // GROUP_FILES


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A file and the future of its result."""

    task: FileTask
    future: Future[FileResult]


class Grouping:
    """Collects small files until they fill a group."""

    def __init__(self) -> None:
        """Begin with no files."""
        self._jobs: list[Job] = []
        self._bytes = 0

    def add(self, job: Job) -> list[list[Job]]:
        """Return the groups that are complete with this file."""
        size = ASSUMED_BYTES if job.task.size is None else job.task.size
        if size >= GROUP_BYTES:
            return [[job]]
        groups = self.take() if self._bytes + size > GROUP_BYTES else []
        self._jobs.append(job)
        self._bytes += size
        return groups + (self.take() if len(self._jobs) >= GROUP_FILES else [])

    def take(self) -> list[list[Job]]:
        """Return the incomplete group, which then is empty; an empty list if no file waits."""
        jobs, self._jobs, self._bytes = self._jobs, [], 0
        return [jobs] if jobs else []
