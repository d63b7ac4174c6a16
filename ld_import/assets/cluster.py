"""Preparation of files by the workers of an existing Dask cluster."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache, partial
from importlib.metadata import version
from itertools import count
from threading import RLock
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ld_import.assets.base import FileResult, FileTask, NotPrepared, SourceRules, Stopped
from ld_import.assets.clusters.address import scheduler_address
from ld_import.assets.clusters.connection import check_library
from ld_import.assets.clusters.groups import GROUP_FILES, Grouping, Job
from ld_import.assets.clusters.remote import Answer, Answers, prepare_group
from ld_import.assets.clusters.session import WAIT_SECONDS, Session
from ld_import.assets.clusters.suspects import Group, Suspects
from ld_import.assets.clusters.workers import PACKAGE, check_workers, gone
from ld_import.assets.executor import Prepare
from ld_import.assets.prepare import prepare_file
from ld_import.errors import LdImportError

if TYPE_CHECKING:
    from distributed import Client
    from distributed import Future as Remote

MAX_TASKS = 2_000
RESULT_SECONDS = 3.0
KILLED = "the file ended the worker processes that worked on it"


class ClusterExecutor:
    """Prepares files on the workers of a Dask scheduler.

    - It connects with the first file. An error of the cluster is the error of all futures, within
      seconds, and none of them waits for ever.
    - A file that ends workers fails; the files that were in work beside it are prepared.
    - A file may be prepared twice, if a worker ends, under the same key.
    """

    def __init__(
        self,
        address: str,
        prepare: Prepare = prepare_file,
        *,
        bytes_per_second: float | None = None,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        """Check the address. Raises UsageError if it is not permitted or the extra is missing.

        The threads of the workers share `bytes_per_second` equally. A cluster without workers is an
        error after `wait_seconds`.
        """
        check_library()
        self._prepare = prepare
        self._release = version(PACKAGE)
        self._bytes_per_second = bytes_per_second
        self._name, self._numbers = f"prepare-files-{uuid4().hex}", count()
        self._lock = RLock()
        self._grouping = Grouping()
        self._suspects = Suspects()
        self._early: list[list[Job]] = []
        self._running: dict[Group, Remote[Any]] = {}
        self._error: BaseException | None = None
        self._client: Client | None = None
        self._moved_bytes = 0
        self._session = Session(scheduler_address(address), wait_seconds, self._begin, self._end)

    @property
    def capacity(self) -> int:
        """Number of files that may be in flight: a group in work and another for each thread."""
        return min(max(1, self._session.threads) * GROUP_FILES * 2, MAX_TASKS)

    @property
    def at_once(self) -> int:
        """Number of files in work at the same time: one for each thread."""
        return max(1, self._session.threads)

    @property
    def moved_bytes(self) -> int:
        """Number of bytes that were read from sources for files that are ready."""
        return self._moved_bytes

    def submit(self, task: FileTask) -> Future[FileResult]:
        """Return the future result of this file."""
        self._session.start()
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
        """End all files with Stopped; workers end the file in work at its next piece."""
        with self._lock:
            client, running = self._client, [*self._running.values()]
            self._end(Stopped())
        if client is not None:
            with suppress(Exception):
                client.cancel(running)

    def close(self) -> None:
        """End everything as `stop` does, and the connection."""
        self.stop()
        self._session.close()

    def _begin(self, client: Client) -> None:
        with self._lock:
            self._client = client
            waiting, self._early = [*self._early, *self._grouping.take()], []
            self._send_all(waiting)

    def _end(self, error: BaseException) -> None:
        """Fail all files with the first of these errors, also those that come later."""
        with self._lock:
            self._error = self._error or error
            groups = [*self._running, *self._suspects.take_all()]
            jobs = [job for group in groups for job in group.jobs]
            jobs += [job for group in (*self._early, *self._grouping.take()) for job in group]
            self._running.clear()
            self._early.clear()
        _fail(jobs, self._error)

    def _use_idle_threads(self) -> None:
        if len(self._running) < self._session.threads:
            self._send_all(self._grouping.take())

    def _send_all(self, groups: list[list[Job]]) -> None:
        for jobs in groups:
            self._send(Group(jobs))

    def _send(self, group: Group) -> None:
        """Send a group as one task, under a key that no other task ever has."""
        if self._error is not None:
            _fail(group.jobs, self._error)
            return
        if self._client is None:
            self._early.append([*group.jobs])
            return
        tasks = [job.task for job in group.jobs]
        key = f"{self._name}-{next(self._numbers)}"
        work = partial(
            prepare_group, self._prepare, release=self._release, bytes_per_second=self._share()
        )
        try:
            remote = self._client.submit(work, tasks, key=key, pure=False)
        except Exception:  # the client is closed: its thread notices a lost scheduler first
            self._lose(group)
            return
        self._running[group] = remote
        remote.add_done_callback(partial(self._finish, group))

    def _share(self) -> float | None:
        """Return the part of the bandwidth for one thread of the workers."""
        limit = self._bytes_per_second
        return None if limit is None else limit / max(1, self._session.threads)

    def _finish(self, group: Group, remote: Remote[Any]) -> None:
        """Give each file of the group its result. Runs in the thread of the library."""
        with self._lock:
            if self._running.pop(group, None) is None:
                return
            self._suspects.ended(group)
        try:
            found = self._result(remote)
        except Exception as error:
            # Another status: the library cancelled the task, since it lost the scheduler.
            if remote.status == "error":
                self._explain(group, error)
            else:
                self._lose(group)
        else:
            self._answer(group, found)
        with self._lock:
            self._use_idle_threads()
            if suspect := self._suspects.next():
                self._send(suspect)

    def _result(self, remote: Remote[Any]) -> Answers:
        # The library waits 30 seconds for a worker that ended with a result that was not fetched.
        # Another question gets the result of the worker that repeats the work meanwhile.
        while True:
            try:
                found: Answers = remote.result(timeout=RESULT_SECONDS)
            except TimeoutError:
                if self._error is not None:
                    raise
            else:
                return found

    def _answer(self, group: Group, found: Answers) -> None:
        with self._lock:
            self._moved_bytes += found.moved_bytes
            self._grouping.learn(len(found.answers), found.seconds)
        for job, answer in zip(group.jobs, found.answers, strict=False):
            _settle(job, answer)
        # The error concerns the files behind it as well, which the worker did not begin.
        left, last = group.jobs[len(found.answers) :], found.answers[-1]
        _fail(left, last if isinstance(last, Exception) else gone(self._session.address))

    def _lose(self, group: Group) -> None:
        self._end(gone(self._session.address))
        assert self._error is not None
        _fail(group.jobs, self._error)

    def _explain(self, group: Group, error: Exception) -> None:
        from distributed import KilledWorker

        if isinstance(error, KilledWorker):
            with self._lock:
                guilty = self._suspects.blame(group)
            if guilty is not None:
                _settle(guilty, NotPrepared(KILLED))
            return
        _fail(group.jobs, error if isinstance(error, LdImportError) else self._cause(error))

    def _cause(self, error: Exception) -> Exception:
        """Return the error of a worker that lacks something, if one came after the first check."""
        try:
            check_workers(self._client)
        except LdImportError as cause:
            return cause
        return error


def _settle(job: Job, answer: Answer) -> None:
    if isinstance(answer, Exception):
        _fail([job], answer)
    elif job.future.set_running_or_notify_cancel():
        job.future.set_result(answer)


def _fail(jobs: Sequence[Job], error: BaseException) -> None:
    for job in jobs:
        if job.future.set_running_or_notify_cancel():
            job.future.set_exception(error)


def _for_workers(task: FileTask) -> FileTask:
    """Workers have another working directory."""
    return replace(task, rules=_absolute(task.rules))


@lru_cache(maxsize=4)
def _absolute(rules: SourceRules) -> SourceRules:
    return replace(rules, folder=rules.folder.absolute())
