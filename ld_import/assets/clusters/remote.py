"""The functions that run in the workers of a cluster."""

from __future__ import annotations

import pickle
import socket
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from ld_import.assets.base import FileResult, FileTask, NotPrepared
from ld_import.clock import SystemClock
from ld_import.errors import LdImportError

Prepare = Callable[[FileTask], FileResult]
Answer = FileResult | Exception


class Answers(NamedTuple):
    """The results of a group, and the time that they took."""

    answers: list[Answer]
    seconds: float


def prepare_group(prepare: Prepare, tasks: Sequence[FileTask]) -> Answers:
    """Return the result of each file in order, or the exception of its preparation.

    An error of `ld_import.errors` concerns more than one file and ends the list, as does a request
    to cancel the group: the remaining files are not begun.
    """
    clock = SystemClock()
    begun, answers = clock.monotonic(), list[Answer]()
    for task in tasks:
        if _is_cancelled():
            break
        answers.append(_answer(prepare, task))
        if isinstance(answers[-1], LdImportError):
            break
    return Answers(answers, clock.monotonic() - begun)


def _answer(prepare: Prepare, task: FileTask) -> Answer:
    try:
        return _with_host(task, prepare(task))
    except LdImportError as error:
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


def _is_cancelled() -> bool:
    """Return whether the scheduler withdrew the group; a running function is not interrupted."""
    from distributed import get_worker
    from distributed.worker import thread_state

    state = get_worker().state.tasks.get(thread_state.key)
    return state is None or state.state == "cancelled"


def _with_host(task: FileTask, result: FileResult) -> FileResult:
    """Name the host of the worker in the reason for a missing local file."""
    is_local = "://" not in task.source
    if not isinstance(result, NotPrepared) or not is_local:
        return result
    if (task.rules.folder / task.source).exists():
        return result
    return replace(result, reason=f"{result.reason} (on the worker host {socket.gethostname()})")
