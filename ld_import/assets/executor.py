"""Runs the preparation of files: in threads of this process, or on other machines."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Protocol

from ld_import.assets.base import FileResult, FileTask
from ld_import.assets.control import Control

Prepare = Callable[[FileTask, Control], FileResult]


class Executor(Protocol):
    """Prepares files, several at a time.

    A future raises an error of `ld_import.errors` that concerns all files, or Stopped.
    """

    @property
    def capacity(self) -> int:
        """The number of tasks that may be in flight; the caller keeps to it."""
        ...

    @property
    def at_once(self) -> int:
        """The number of tasks that are worked on at the same time; the others wait."""
        ...

    @property
    def moved_bytes(self) -> int:
        """The number of bytes read from sources so far, as far as known."""
        ...

    def submit(self, task: FileTask) -> Future[FileResult]:
        """Begin a task, or let it wait until it fills a group with others."""
        ...

    def flush(self) -> None:
        """Begin all waiting tasks: no further one follows soon."""
        ...

    def stop(self) -> None:
        """Begin nothing more, and end the tasks in flight soon."""
        ...

    def close(self) -> None:
        """Release everything once the tasks in flight have ended; returns before that."""
        ...


class ThreadExecutor:
    """Prepares files in threads; most of the time they wait, or compute without the GIL.

    The threads are daemons: one that waits for a source that is silent does not delay the end of
    the program.
    """

    def __init__(self, transfers: int, prepare: Prepare, control: Control) -> None:
        """Prepare this number of files at a time; threads start with the tasks."""
        # Small files that wait here bridge the time in which the next records are planned.
        self.capacity = 8 * transfers
        self.at_once = transfers
        self._prepare = prepare
        self._control = control
        self._threads: list[Thread] = []
        self._waiting: SimpleQueue[tuple[FileTask, Future[FileResult]] | None] = SimpleQueue()

    @property
    def moved_bytes(self) -> int:
        """The number of bytes read from sources so far."""
        return self._control.moved_bytes

    def submit(self, task: FileTask) -> Future[FileResult]:
        """Begin a task, as soon as a thread is free."""
        future: Future[FileResult] = Future()
        self._waiting.put((task, future))
        if len(self._threads) < self.at_once:
            name = f"transfer-{len(self._threads) + 1}"
            self._threads.append(Thread(target=self._work, name=name, daemon=True))
            self._threads[-1].start()
        return future

    def flush(self) -> None:
        """Do nothing: tasks never wait for others."""

    def stop(self) -> None:
        """Begin nothing more, and end the tasks in flight at their next piece."""
        self._control.stop()

    def close(self) -> None:
        """End the threads once they have nothing to do."""
        for _ in self._threads:
            self._waiting.put(None)

    def _work(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            task, future = waiting
            if not future.set_running_or_notify_cancel():
                continue
            try:
                self._control.check()
                result = self._prepare(task, self._control)
            except BaseException as error:  # it belongs to the future
                future.set_exception(error)
            else:
                future.set_result(result)
