"""Planted crashes: at the n-th commit or request the program stops, as a kill would stop it.

`Crash` is not an `Exception`, so that the program cannot handle it.
"""

from __future__ import annotations

from collections.abc import Callable

import httpx


class Crash(BaseException):
    """The program ends at this point; none of its code runs afterwards."""


def _crash() -> None:
    raise Crash


class Fuse:
    """Calls `end` at the n-th event and at every later one; without n it only counts.

    A crashed program has no effect after its crash: while its tasks are torn down, their events
    crash, too.
    """

    def __init__(self, at: int | None = None, end: Callable[[], None] = _crash) -> None:
        self.at = at
        self.count = 0
        self._end = end

    def burn(self) -> None:
        self.count += 1
        if self.at is not None and self.count >= self.at:
            self._end()


class CrashingLedger:
    """A real ledger with an event before each commit and, by default, one after it."""

    def __init__(self, ledger, fuse, *, is_after=True):
        self._ledger = ledger
        self._fuse = fuse
        self._is_after = is_after

    def __getattr__(self, name):
        method = getattr(self._ledger, name)
        if not name.startswith(("record_", "begin_", "end_", "learn_", "forget_")):
            return method

        def committed(*arguments, **options):
            self._fuse.burn()
            answer = method(*arguments, **options)
            if self._is_after:
                self._fuse.burn()
            return answer

        return committed


class CrashingTransport(httpx.AsyncBaseTransport):
    """A real transport with an event before and after each request."""

    def __init__(self, inner, fuse):
        self._inner = inner
        self._fuse = fuse

    async def handle_async_request(self, request):
        self._fuse.burn()
        answer = await self._inner.handle_async_request(request)
        self._fuse.burn()
        return answer

    async def aclose(self):
        await self._inner.aclose()
