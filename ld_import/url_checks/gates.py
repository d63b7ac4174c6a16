"""Politeness: at most two requests at a time to a host, a pause between them, and its waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ld_import.clock import Clock

CONNECTIONS = 2
PAUSE_SECONDS = 0.1
# Gates of hosts without a request are removed when there are more of them.
MOST_GATES = 1_000


@dataclass(slots=True)
class Gate:
    """The state of one host: the earliest start of its next request, by the monotonic clock."""

    free_at: float = 0.0
    user_count: int = 0
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTIONS))


class HostGates:
    """Lets requests pass, host by host."""

    def __init__(self, clock: Clock) -> None:
        """Measure the pauses with this clock."""
        self._clock = clock
        self._gates: dict[str, Gate] = {}

    @asynccontextmanager
    async def entered(self, host: str) -> AsyncIterator[None]:
        """Wait until a request to this host may begin; the block is the request."""
        gate = self._gate_of(host)
        gate.user_count += 1
        try:
            async with gate.places:
                await self._wait(gate)
                yield
        finally:
            gate.user_count -= 1

    def hold(self, host: str, seconds: float) -> None:
        """Let no request to this host begin within this time."""
        gate = self._gate_of(host)
        gate.free_at = max(gate.free_at, self._clock.monotonic() + seconds)

    async def _wait(self, gate: Gate) -> None:
        # A wait can become longer while it lasts: another request was answered with 429.
        while (seconds := gate.free_at - self._clock.monotonic()) > 0:
            await self._clock.sleep(seconds)
        gate.free_at = self._clock.monotonic() + PAUSE_SECONDS

    def _gate_of(self, host: str) -> Gate:
        gate = self._gates.get(host)
        if gate is None:
            if len(self._gates) >= MOST_GATES:
                self._remove_idle()
            gate = self._gates[host] = Gate()
        return gate

    def _remove_idle(self) -> None:
        now = self._clock.monotonic()
        self._gates = {
            host: gate
            for host, gate in self._gates.items()
            if gate.user_count or gate.free_at > now
        }
