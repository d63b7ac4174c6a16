"""The functions that run in the workers of a cluster."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import replace

from ld_import.assets.base import FileResult, FileTask, NotPrepared
from ld_import.errors import LdImportError

Prepare = Callable[[FileTask], FileResult]


def prepare_group(prepare: Prepare, tasks: Sequence[FileTask]) -> list[FileResult | LdImportError]:
    """Return the results of these files in order.

    An error that concerns more than one file ends the list, as does a request to cancel the group:
    the remaining files are not begun.
    """
    answers: list[FileResult | LdImportError] = []
    for task in tasks:
        if _is_cancelled():
            break
        try:
            answers.append(_with_host(task, prepare(task)))
        except LdImportError as error:
            answers.append(error)
            break
    return answers


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
