"""Listeners of the events of an import, of which some are context managers; events of a client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING

from ld_import.events import Event, Listener, Waiting

if TYPE_CHECKING:
    from ld_import.api import Retry


def ignore(event: Event) -> None:
    """Ignore every event."""


@contextmanager
def opened(listen: Listener) -> Iterator[Listener]:
    """Enter a listener that is a context manager, such as a progress display, for the block."""
    with ExitStack() as stack:
        if isinstance(listen, AbstractContextManager):
            stack.enter_context(listen)
        yield listen


def waiting(retry: Retry) -> Waiting:
    """Return the event of a request that will be sent again."""
    batch_id, job_id = retry.about if isinstance(retry.about, tuple) else (None, None)
    failed = retry.attempt - 1
    reason = f"{retry.reason} (attempt {failed})"
    return Waiting(reason, retry.wait_seconds, batch_id, job_id, failed)
