"""Preparation of files by the workers of an existing Dask cluster."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import count
from threading import Event, RLock, Thread
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ld_import.assets.base import FileResult, FileTask, NotPrepared, SourceRules
from ld_import.assets.clusters.address import scheduler_address
from ld_import.assets.clusters.connection import connect
from ld_import.assets.clusters.groups import GROUP_FILES, Grouping, Job
from ld_import.assets.clusters.remote import Answer, Prepare, prepare_group
from ld_import.assets.clusters.workers import (
    check_workers,
    count_threads,
    gone,
    no_workers,
    wait_for_workers,
)
from ld_import.errors import LdImportError, StorageUnavailable

if TYPE_CHECKING:
    from distributed import Client
    from distributed import Future as Remote

# Kubernetes or Slurm may start the first worker only now.
WAIT_SECONDS = 60.0
PING_SECONDS = 2.0
ANSWER_SECONDS = 20.0
CLOSE_SECONDS = 5.0
MAX_TASKS = 8_000
KILLED = "the file ended the worker processes that worked on it"


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Files that are one task of the cluster. `is_suspect`: workers ended that worked on it."""

    jobs: Sequence[Job]
    is_suspect: bool = False


class ClusterExecutor:
    """Prepares files on the workers of a Dask scheduler.

    - A group whose workers end is repeated alone, then each of its files alone, one at a time: only
      the file that ends workers fails, not those that were in work beside it.
    - `capacity` files in flight keep each thread of the workers busy; it changes with their number.
    - Every error of the cluster is the error of all futures, within seconds.
    """

    def __init__(
        self, address: str, prepare: Prepare, *, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        """Connect, and check all workers.

        Raises UsageError for an address that is not permitted and for workers that cannot do the
        work, and StorageUnavailable if there is no scheduler, or no worker for `wait_seconds`.
        """
        self._prepare = prepare
        self._wait_seconds = wait_seconds
        self._address = scheduler_address(address)
        self._name, self._numbers = f"prepare-files-{uuid4().hex}", count()
        self._grouping = Grouping()
        self._running: dict[_Group, Remote[Any]] = {}
        self._suspects: deque[_Group] = deque()
        self._lock, self._closing = RLock(), Event()
        self._error: BaseException | None = None
        self._idle_seconds = 0.0
        self._client = self._connect()
        self._threads = count_threads(self._client)
        self.capacity = _capacity(self._threads)
        Thread(target=self._watch, name="watch-cluster", daemon=True).start()

    def _connect(self) -> Client:
        client = connect(self._address)
        try:
            wait_for_workers(client, self._wait_seconds)
            check_workers(client)
        except BaseException:
            _close(client)
            raise
        return client

    def submit(self, task: FileTask) -> Future[FileResult]:
        """Return the future result of this file."""
        job = Job(_for_workers(task), Future())
        with self._lock:
            self._send_all(self._grouping.add(job))
            self._use_idle_threads()
        return job.future

    def flush(self) -> None:
        """Send the files that wait until a group is complete."""
        with self._lock:
            self._send_all(self._grouping.take())

    def stop(self) -> None:
        """Cancel all files; a worker finishes the file that it has begun, and no other."""
        with self._lock:
            self._closing.set()
            running, jobs = [*self._running.values()], self._take_all()
        for job in jobs:
            job.future.cancel()
        with suppress(Exception):
            self._client.cancel(running)

    def close(self) -> None:
        """Cancel all files, and end the connection."""
        self.stop()
        _close(self._client)

    def _take_all(self) -> list[Job]:
        groups = [*self._running, *self._suspects]
        jobs = [job for group in groups for job in group.jobs]
        jobs += [job for group in self._grouping.take() for job in group]
        self._running.clear()
        self._suspects.clear()
        return jobs

    def _use_idle_threads(self) -> None:
        if len(self._running) < self._threads:
            self._send_all(self._grouping.take())

    def _send_all(self, groups: list[list[Job]]) -> None:
        for jobs in groups:
            self._send(_Group(jobs))

    def _send(self, group: _Group) -> None:
        """Send a group as one task, under a key that no other task ever has."""
        if self._closing.is_set() or self._error is not None:
            self._drop(group.jobs)
            return
        tasks = [job.task for job in group.jobs]
        key = f"{self._name}-{next(self._numbers)}"
        try:
            remote = self._client.submit(prepare_group, self._prepare, tasks, key=key, pure=False)
        except Exception:  # the client is closed: its thread notices a lost scheduler first
            self._end(gone(self._address), group.jobs)
            return
        self._running[group] = remote
        remote.add_done_callback(partial(self._finish, group))

    def _finish(self, group: _Group, remote: Remote[Any]) -> None:
        """Give each file of the group its result. Runs in the thread of the library."""
        with self._lock:
            if self._running.pop(group, None) is None:
                return
        if remote.status == "error":
            self._explain(group, remote)
        else:
            self._answer(group, remote)
        with self._lock:
            self._use_idle_threads()
            self._try_suspect()

    def _answer(self, group: _Group, remote: Remote[Any]) -> None:
        try:
            answers, seconds = remote.result(timeout=ANSWER_SECONDS)
        except Exception:  # cancelled by the library itself, which lost the scheduler
            self._end(gone(self._address), group.jobs)
            return
        if answers:
            with self._lock:
                self._grouping.learn(len(answers), seconds)
        for job, answer in zip(group.jobs, answers, strict=False):
            _settle(job, answer)
        if answers and isinstance(answers[-1], LdImportError):
            # It concerns the files behind this one as well, which the worker did not begin.
            _fail(group.jobs[len(answers) :], answers[-1])

    def _explain(self, group: _Group, remote: Remote[Any]) -> None:
        from distributed import KilledWorker

        error = remote.exception(timeout=ANSWER_SECONDS)
        if isinstance(error, KilledWorker):
            self._suspect(group)
            return
        try:
            # A worker that came later may lack what the others have.
            check_workers(self._client)
        except LdImportError as cause:
            error = cause
        _fail(group.jobs, error)

    def _suspect(self, group: _Group) -> None:
        jobs = [replace(job, task=replace(job.task, is_begun=True)) for job in group.jobs]
        with self._lock:
            if not group.is_suspect:
                self._suspects.append(_Group(jobs, is_suspect=True))
            elif len(jobs) > 1:
                self._suspects.extendleft(_Group([job], is_suspect=True) for job in jobs)
            else:
                _settle(jobs[0], NotPrepared(KILLED))

    def _try_suspect(self) -> None:
        """Send the next group that is to be alone."""
        if self._suspects and not any(group.is_suspect for group in self._running):
            self._send(self._suspects.popleft())

    def _watch(self) -> None:
        while not self._closing.wait(PING_SECONDS):
            if error := self._problem():
                self._end(error)
                return

    def _problem(self) -> StorageUnavailable | None:
        try:
            self._threads = count_threads(self._client)
        except Exception:  # closed, timed out, or in the middle of a new attempt to connect
            return gone(self._address)
        self.capacity = _capacity(self._threads)
        self._idle_seconds = 0 if self._threads else self._idle_seconds + PING_SECONDS
        is_over = self._idle_seconds >= self._wait_seconds
        return no_workers(self._address, self._wait_seconds) if is_over else None

    def _end(self, error: LdImportError, jobs: Sequence[Job] = ()) -> None:
        """Fail these files and all others, also those that come later."""
        with self._lock:
            self._error = self._error or error
            jobs = [*jobs, *self._take_all()]
        self._drop(jobs)

    def _drop(self, jobs: Sequence[Job]) -> None:
        """Give files that are not sent the error of the cluster, or cancel them."""
        if self._error is not None and not self._closing.is_set():
            _fail(jobs, self._error)
        for job in jobs:
            job.future.cancel()


def _settle(job: Job, answer: Answer) -> None:
    if isinstance(answer, Exception):
        _fail([job], answer)
    elif job.future.set_running_or_notify_cancel():
        job.future.set_result(answer)


def _fail(jobs: Sequence[Job], error: BaseException) -> None:
    for job in jobs:
        if job.future.set_running_or_notify_cancel():
            job.future.set_exception(error)


def _capacity(threads: int) -> int:
    """Return enough files for a group in work and another one for each thread."""
    return min(max(1, threads) * GROUP_FILES * 2, MAX_TASKS)


def _close(client: Client) -> None:
    # A scheduler that is gone takes longer; the thread of the library ends with this process.
    with suppress(Exception):
        client.close(timeout=CLOSE_SECONDS)


def _for_workers(task: FileTask) -> FileTask:
    """Workers have another working directory."""
    return replace(task, rules=_absolute(task.rules))


@lru_cache(maxsize=4)
def _absolute(rules: SourceRules) -> SourceRules:
    return replace(rules, folder=rules.folder.absolute())
