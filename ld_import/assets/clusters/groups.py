"""Groups of files: some small ones make one task of the cluster, a large file is one alone.

Each task costs the scheduler some 5 ms, as much as the whole work for a small file. Files that take
long are in smaller groups, so that the last groups of a run do not keep it waiting.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass

from ld_import.assets.base import FileResult, FileTask

GROUP_FILES = 20
# Until the first files are ready, which show how long one takes.
FIRST_FILES = 4
GROUP_SECONDS = 2.0
# Weight of the newest group in the mean.
_WEIGHT = 0.2
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
        self._file_seconds: float | None = None

    @property
    def limit(self) -> int:
        """Number of files of a complete group."""
        if self._file_seconds is None:
            return FIRST_FILES
        files = GROUP_SECONDS / max(self._file_seconds, GROUP_SECONDS / GROUP_FILES)
        return max(1, round(files))

    def learn(self, files: int, seconds: float) -> None:
        """Adapt the size of groups to the time that a group with this number of files took."""
        newest = seconds / files
        mean = newest if self._file_seconds is None else self._file_seconds
        self._file_seconds = mean + _WEIGHT * (newest - mean)

    def add(self, job: Job) -> list[list[Job]]:
        """Return the groups that are complete with this file."""
        size = ASSUMED_BYTES if job.task.size is None else job.task.size
        if size >= GROUP_BYTES:
            return [[job]]
        groups = self.take() if self._bytes + size > GROUP_BYTES else []
        self._jobs.append(job)
        self._bytes += size
        return groups + (self.take() if len(self._jobs) >= self.limit else [])

    def take(self) -> list[list[Job]]:
        """Return the incomplete group, which then is empty; an empty list if no file waits."""
        jobs, self._jobs, self._bytes = self._jobs, [], 0
        return [jobs] if jobs else []
