"""Asks for the states of files at their sources, without reading them."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property

from ld_import.assets.base import AssetSettings, FileProblem, SourceState
from ld_import.assets.control import Control
from ld_import.assets.source import close_sources, state_of
from ld_import.errors import LdImportError

# Requests for the state of a file are short.
ASKING_THREADS = 16


class SourceAsker:
    """Asks for the states of sources; those of local files at once, others in threads."""

    def __init__(self, settings: AssetSettings) -> None:
        """Start no thread yet."""
        self._rules = settings.rules
        self._control = Control()

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(ASKING_THREADS, thread_name_prefix="ask")

    def __call__(self, source: str) -> Future[SourceState]:
        """Return the answer, now or later; it may raise FileProblem or LdImportError."""
        if "://" in source:
            return self._pool.submit(self._ask, source)
        answer: Future[SourceState] = Future()
        try:
            answer.set_result(state_of(source, self._rules))
        except (FileProblem, LdImportError) as error:
            answer.set_exception(error)
        return answer

    def _ask(self, source: str) -> SourceState:
        self._control.check()
        return state_of(source, self._rules, pause=self._control.pause)

    def stop(self) -> None:
        """Ask nothing more; answers that are missing raise Stopped."""
        self._control.stop()

    def close(self) -> None:
        """Ask nothing more, and close the connections to all sources."""
        self.stop()
        if "_pool" in vars(self):
            self._pool.shutdown(wait=False, cancel_futures=True)
        close_sources()
