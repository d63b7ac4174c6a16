"""Listeners: functions that are called with the events of an import; some are context managers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from ld_import.events import Event, Listener


def ignore(event: Event) -> None:
    """Ignore every event."""


@contextmanager
def opened(listen: Listener) -> Iterator[Listener]:
    """Enter a listener that is a context manager, such as a progress display, for the block."""
    with ExitStack() as stack:
        if isinstance(listen, AbstractContextManager):
            stack.enter_context(listen)
        yield listen
