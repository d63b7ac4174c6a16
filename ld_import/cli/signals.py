"""Ctrl-C, SIGTERM and SIGHUP: how an import reacts to them at each moment of a run.

Handlers are always installed: process 1 of a container ignores signals without a handler.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from ld_import.errors import Interrupted


class Signals:
    """Defers the first SIGINT, SIGTERM or SIGHUP until `raising()` or `handed_to()`.

    A second SIGINT or SIGTERM raises KeyboardInterrupt immediately. SIGHUP never counts as the
    second signal: a terminal that closes sends it more than once.
    """

    def __init__(self, *, has_recorded: bool = True) -> None:
        """Choose the signals to handle; no handler is installed yet.

        `has_recorded` is that of the Interrupted that is raised.
        """
        self._has_recorded = has_recorded
        self._number = 0
        self._is_raising = False
        self._numbers = _numbers_to_handle()

    @contextmanager
    def installed(self) -> Iterator[Self]:
        """Install the handlers for the block; restore the previous ones afterwards."""
        previous = {number: signal.signal(number, self._handle) for number in self._numbers}
        try:
            with self._as_interrupted():
                yield self
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    @contextmanager
    def raising(self) -> Iterator[None]:
        """Raise Interrupted in the block at the first or a deferred signal; `defer` ends this."""
        with self._as_interrupted():
            self._is_raising = True
            try:
                if self._number:
                    raise KeyboardInterrupt
                yield
            finally:
                self._is_raising = False

    def defer(self) -> None:
        """Defer the first signal from now on."""
        self._is_raising = False

    @contextmanager
    def handed_to(self, take: Callable[[int], None], note: Callable[[int], None]) -> Iterator[None]:
        """Call `take` in the running event loop with each signal, first with a deferred one.

        `note` is called in the signal handler, also while the loop is busy.
        """
        # A dry run has no event loop and does not import asyncio.
        import asyncio

        loop = asyncio.get_running_loop()
        for number in self._numbers:
            loop.add_signal_handler(number, take, number)
            # The event loop still gets the signal: the interpreter writes its number to a socket.
            # https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd
            signal.signal(number, lambda number, frame: note(number))
        if self._number:
            take(self._number)
            self._number = 0
        try:
            yield
        finally:
            # `remove_signal_handler` restores the default, with which SIGTERM kills the process.
            for number in self._numbers:
                loop.remove_signal_handler(number)
                signal.signal(number, self._handle)

    @contextmanager
    def _as_interrupted(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            number = self._number or signal.SIGINT
            raise Interrupted(number, has_recorded=self._has_recorded) from None

    def _handle(self, number: int, frame: object) -> None:
        is_first, self._number = not self._number, self._number or number
        if self._is_raising if is_first else number != signal.SIGHUP:
            self._is_raising = False
            # Not an Exception: templates and libraries convert any Exception to their own errors.
            raise KeyboardInterrupt


def _numbers_to_handle() -> list[signal.Signals]:
    if threading.current_thread() is not threading.main_thread():
        return []
    # `nohup` ignores SIGHUP, so that the run outlives its terminal.
    is_hup_ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    return [signal.SIGINT, signal.SIGTERM, *([] if is_hup_ignored else [signal.SIGHUP])]
