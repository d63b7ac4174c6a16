"""Ctrl-C, SIGTERM and SIGHUP: what they do to an import at each moment, and no moment is left out.

As process 1 of a container a program hears only the signals it asks for.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from ld_import.errors import Interrupted


class Signals:
    """They wait, unless the block they come in says otherwise; the second one always raises.

    A terminal that closes says so more than once, and is in no hurry: SIGHUP is never the second.
    """

    def __init__(self) -> None:
        """Hear nothing yet."""
        self._number = 0
        self._is_raising = False
        self._numbers = _heard_here()

    @contextmanager
    def installed(self) -> Iterator[Self]:
        """Hear them while the block runs; then whoever heard them before does so again."""
        before = {number: signal.signal(number, self._hear) for number in self._numbers}
        try:
            with self._told():
                yield self
        finally:
            for number, hear in before.items():
                signal.signal(number, hear)

    @contextmanager
    def raising(self) -> Iterator[None]:
        """Let the first one, also one that waits, end the block as Interrupted, until `hold`."""
        with self._told():
            self._is_raising = True
            try:
                if self._number:
                    raise KeyboardInterrupt
                yield
            finally:
                self._is_raising = False

    def defer(self) -> None:
        """Let the first one wait from now on."""
        self._is_raising = False

    @contextmanager
    def handed_to(self, take: Callable[[int], None], note: Callable[[int], None]) -> Iterator[None]:
        """Let the running event loop give them to `take`, at once that which waits.

        `note` gets them as they come, also while the loop is busy.
        """
        # Who has a loop has loaded it; a dry run has none.
        import asyncio

        loop = asyncio.get_running_loop()
        for number in self._numbers:
            loop.add_signal_handler(number, take, number)
            # The loop is woken by the number that the interpreter writes to its socket, whatever
            # the handler of the signal itself does (signal.set_wakeup_fd).
            signal.signal(number, lambda number, frame: note(number))
        if self._number:
            take(self._number)
            self._number = 0
        try:
            yield
        finally:
            # The loop would leave them to the system, to which SIGTERM is the end.
            for number in self._numbers:
                loop.remove_signal_handler(number)
                signal.signal(number, self._hear)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            raise Interrupted(self._number or signal.SIGINT) from None

    def _hear(self, number: int, frame: object) -> None:
        is_first, self._number = not self._number, self._number or number
        if self._is_raising if is_first else number != signal.SIGHUP:
            self._is_raising = False
            # No error may do it: templates and libraries make their own of any Exception.
            raise KeyboardInterrupt


def _heard_here() -> list[signal.Signals]:
    if threading.current_thread() is not threading.main_thread():
        return []
    # With `nohup` the run is to outlive its terminal.
    is_hup_ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    return [signal.SIGINT, signal.SIGTERM, *([] if is_hup_ignored else [signal.SIGHUP])]
