"""The functions that run in the workers of a cluster."""

from __future__ import annotations

import pickle
import socket
import traceback
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import NamedTuple

from ld_import.assets.base import FileResult, FileTask, NotPrepared, Stopped
from ld_import.assets.clusters.workers import PACKAGE, wrong_release
from ld_import.assets.control import Control
from ld_import.assets.executor import Prepare
from ld_import.clock import SystemClock
from ld_import.errors import LdImportError

Answer = FileResult | Exception


class Answers(NamedTuple):
    """The results of the files of a group, in order, and the time and bytes that they took.

    There are fewer results than files if the last one is an error of `ld_import.errors`, which
    concerns more than one file.
    """

    answers: list[Answer]
    seconds: float
    moved_bytes: int


class _GroupControl(Control):
    """Stops the transfers of a group that the scheduler withdrew.

    A function in a worker is not interrupted otherwise, even if the driver has ended.
    """

    def __init__(self, bytes_per_second: float | None) -> None:
        """Belong to the task that this thread runs."""
        from distributed import get_worker
        from distributed.worker import thread_state

        super().__init__(bytes_per_second)
        self._worker, self._key = get_worker(), thread_state.key
        self.worker_address: str = self._worker.address

    def check(self) -> None:
        """Raise Stopped if nothing waits for the result of the group."""
        super().check()
        task = self._worker.state.tasks.get(self._key)
        if task is None or task.state == "cancelled":
            raise Stopped


def prepare_group(
    prepare: Prepare,
    tasks: Sequence[FileTask],
    *,
    release: str,
    bytes_per_second: float | None,
) -> Answers:
    """Prepare these files one after the other, and return the result of each.

    Raises UsageError unless this worker has the `release` of ld-import of the run: it may have
    joined after the check of all workers.
    """
    control = _GroupControl(bytes_per_second)
    if (found := version(PACKAGE)) != release:
        raise wrong_release(control.worker_address, found, release)
    clock = SystemClock()
    begun, answers = clock.monotonic(), list[Answer]()
    for task in tasks:
        answers.append(_answer(prepare, task, control))
        if isinstance(answers[-1], LdImportError | Stopped):
            break
    return Answers(answers, clock.monotonic() - begun, control.moved_bytes)


def _answer(prepare: Prepare, task: FileTask, control: Control) -> Answer:
    try:
        control.check()
        return _with_host(task, prepare(task, control))
    except (LdImportError, Stopped) as error:
        return error
    except Exception as error:
        return _portable(error)


def _portable(error: Exception) -> Exception:
    """Return an exception that another process can read, with its traceback as a note."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _with_host(task: FileTask, result: FileResult) -> FileResult:
    """Name the host of the worker in the reason for a missing local file."""
    is_local = "://" not in task.source
    if not isinstance(result, NotPrepared) or not is_local:
        return result
    if (task.rules.folder / task.source).exists():
        return result
    return replace(result, reason=f"{result.reason} (on the worker host {socket.gethostname()})")
