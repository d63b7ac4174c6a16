"""Politeness: two requests at a time to a host, a pause between them, and requested waits."""

from __future__ import annotations

import asyncio

from ld_import.url_checks.gates import CONNECTIONS, MOST_GATES, PAUSE_SECONDS, HostGates


def visits(clock, *hosts, length=0.0, hold=None):
    """Let requests of this length pass for each host, and return host, start and number at once."""
    gates = HostGates(clock)
    seen, present = [], dict.fromkeys(hosts, 0)

    async def visit(host):
        async with gates.entered(host):
            present[host] += 1
            seen.append((host, clock.monotonic(), present[host]))
            if hold and len(seen) == 1:
                gates.hold(host, hold)
            await clock.sleep(length)
            present[host] -= 1

    async def go():
        async with asyncio.TaskGroup() as group:
            for host in hosts:
                group.create_task(visit(host))

    asyncio.run(go())
    return seen, gates


def test_pause(clock):
    """Requests to one host begin at least a pause apart."""
    seen, _ = visits(clock, *["a"] * 10)

    starts = [at for _, at, _ in seen]
    gaps = [later - sooner for sooner, later in zip(starts, starts[1:], strict=False)]
    assert all(gap >= PAUSE_SECONDS - 1e-9 for gap in gaps)


def test_two_at_a_time(clock):
    """A third request to a host waits until one of two has ended, however long they last."""
    seen, _ = visits(clock, *["a"] * 6, length=100.0)

    assert max(count for _, _, count in seen) == CONNECTIONS


def test_hosts_do_not_wait_for_each_other(clock):
    """Requests to different hosts begin at once."""
    seen, _ = visits(clock, "a", "b", "c", length=100.0)

    assert {at for _, at, _ in seen} == {0.0}


def test_requested_wait_holds_the_whole_host(clock):
    """A wait that begins while others queue delays them, and not other hosts."""
    seen, _ = visits(clock, "a", "a", "b", hold=30.0)

    assert [(host, at >= 30) for host, at, _ in seen] == [("a", False), ("b", False), ("a", True)]


def test_memory_is_bounded(clock):
    """Gates of hosts without a request are removed, those of waiting hosts are not."""
    _, gates = visits(clock, "first")
    gates.hold("busy", 10_000)

    async def go():
        for number in range(MOST_GATES * 3):
            async with gates.entered(f"host-{number}"):
                pass
            clock.advance(1)

    asyncio.run(go())

    assert len(gates._gates) <= MOST_GATES
    assert "busy" in gates._gates
