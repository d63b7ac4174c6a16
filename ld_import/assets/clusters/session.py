"""The connection of a run to its cluster, held by a thread: it connects, and watches the cluster.

The thread of the run never waits for the network.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

from ld_import.assets.clusters.connection import connect
from ld_import.assets.clusters.workers import check_workers, count_threads, gone, no_workers

if TYPE_CHECKING:
    from distributed import Client

# Kubernetes or Slurm may start the first worker only now.
WAIT_SECONDS = 60.0
POLL_SECONDS = 0.2
PING_SECONDS = 2.0
CLOSE_SECONDS = 5.0


class Session:
    """A connection that begins at `start`.

    Both functions are called in the thread of the session: `on_ready` once all workers are checked,
    `on_lost` once with the error that ends the session.
    """

    def __init__(
        self,
        address: str,
        wait_seconds: float,
        on_ready: Callable[[Client], None],
        on_lost: Callable[[Exception], None],
    ) -> None:
        """Do not connect yet. A cluster may be without workers for `wait_seconds`."""
        self.address = address
        self.threads = 0
        self._wait_seconds = wait_seconds
        self._on_ready = on_ready
        self._on_lost = on_lost
        self._client: Client | None = None
        self._closing = Event()
        self._thread = Thread(target=self._run, name="cluster", daemon=True)

    def start(self) -> None:
        """Connect in the background. Safe to repeat."""
        if self._thread.ident is None:
            self._thread.start()

    def close(self) -> None:
        """End the connection; the scheduler then forgets all tasks of it. Safe to repeat."""
        self._closing.set()
        client, self._client = self._client, None
        if client is not None:
            _close(client)

    def _run(self) -> None:
        try:
            client = connect(self.address)
            self._client = client
            self._wait_for_workers(client)
            if not self._closing.is_set():
                check_workers(client)
                self._on_ready(client)
            self._watch(client)
        except Exception as error:
            if not self._closing.is_set():
                self._on_lost(error)
        if self._closing.is_set():
            # `close` may have come before there was a client.
            self.close()

    def _wait_for_workers(self, client: Client) -> None:
        seconds = 0.0
        while not self._count(client):
            if seconds >= self._wait_seconds:
                raise no_workers(self.address, self._wait_seconds)
            if self._closing.wait(POLL_SECONDS):
                return
            seconds += POLL_SECONDS

    def _watch(self, client: Client) -> None:
        while not self._closing.wait(PING_SECONDS):
            self._wait_for_workers(client)

    def _count(self, client: Client) -> int:
        try:
            self.threads = count_threads(client)
        except Exception:  # closed, timed out, or in the middle of a new attempt to connect
            raise gone(self.address) from None
        return self.threads


def _close(client: Client) -> None:
    # A scheduler that is gone takes longer; the threads of the library end with this process.
    with suppress(Exception):
        client.close(timeout=CLOSE_SECONDS)
