"""Groups of files whose workers ended, and the search for the file that ends workers.

A worker that ends takes all groups with it that it had, and Dask blames all of them. Suspects
therefore run one at a time: first the group as it was, then each of its files alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from ld_import.assets.clusters.groups import Job


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Files that are one task of the cluster."""

    jobs: Sequence[Job]
    is_suspect: bool = False


class Suspects:
    """The groups that are to run alone."""

    def __init__(self) -> None:
        """Begin with no suspects."""
        self._waiting: deque[Group] = deque()
        self._running: Group | None = None

    def blame(self, group: Group) -> Job | None:
        """Note that workers ended with this group; return the file that did it, once proved."""
        if not group.is_suspect:
            self._waiting.append(Group(group.jobs, is_suspect=True))
        elif len(group.jobs) > 1:
            self._waiting.extendleft(Group([job], is_suspect=True) for job in group.jobs)
        else:
            return group.jobs[0]
        return None

    def ended(self, group: Group) -> None:
        """Note that a group does not run any more, however it ended."""
        if group is self._running:
            self._running = None

    def next(self) -> Group | None:
        """Return the group to run now, `None` if one runs or none waits."""
        if self._running is None and self._waiting:
            self._running = self._waiting.popleft()
            return self._running
        return None

    def take_all(self) -> list[Group]:
        """Return the groups that wait; then none waits."""
        groups = [*self._waiting]
        self._waiting.clear()
        return groups
