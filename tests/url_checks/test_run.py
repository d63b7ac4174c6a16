"""Many URLs of many hosts: politely, each stored at once, and continued after a stop."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing

import pytest

from ld_import.redaction import redact
from ld_import.url_checks.clients import Clients
from ld_import.url_checks.expected import VIDEOS
from ld_import.url_checks.fetch import Fetcher
from ld_import.url_checks.gates import PAUSE_SECONDS, HostGates
from ld_import.url_checks.probe import Prober
from ld_import.url_checks.queue import UrlQueue
from ld_import.url_checks.results import Reason
from ld_import.url_checks.run import Progress, UrlRun
from ld_import.url_checks.store import UrlStore
from tests.url_checks.host import MP4, file_of, free_port, status

VIDEO = file_of(MP4, "video/mp4")


class Stopped(Exception):
    """The end of a run that a test interrupts."""


@pytest.fixture
def ask(tmp_path, clock):
    """Return a function that checks URLs and returns progress and bad records."""

    def ask(urls, listen=lambda progress: None):
        async def go(store, queue, progress):
            clients = Clients("test", trust=False, answer_seconds=5)
            gates = HostGates(clock)
            prober = Prober(Fetcher(clients, gates, clock), gates, clock)
            try:
                await UrlRun(queue, store, prober, clock, progress, listen).run()
            finally:
                await clients.aclose()

        with closing(UrlStore(tmp_path / "checks.sqlite3", redact)) as store:
            queue = UrlQueue(store)
            for line, url in enumerate(urls, 1):
                queue.add(line, f"v{line}", url, VIDEOS)
            choice = queue.choose(None, is_recheck=False, now=clock.now())
            progress = Progress(choice.waiting_count)
            if progress.total:
                asyncio.run(go(store, queue, progress))
            return progress, [record for record in store.found() if not record.result.is_good]

    return ask


def test_politeness(serve, ask, clock):
    """A host gets at most two requests at a time, and they begin at least a pause apart."""

    lock, now, most = threading.Lock(), 0, 0

    def slow(visit):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        threading.Event().wait(0.01)
        # Before the answer: the client may send the next request as soon as it arrives.
        with lock:
            now -= 1
        VIDEO(visit)

    host = serve({f"/{number}": slow for number in range(12)})

    progress, bad = ask([f"{host.url}/{number}" for number in range(12)])

    assert (progress.done, bad) == (12, [])
    assert most == 2
    assert clock.monotonic() >= (len(host.times) - 1) * PAUSE_SECONDS - 1e-9


def test_dead_host_is_not_asked_for_everything(ask):
    """After five URLs without an answer the rest of a host gets the same reason unasked."""
    progress, bad = ask([f"http://127.0.0.1:{free_port()}/{number}" for number in range(300)])

    assert (progress.done, progress.bad, len(bad)) == (300, 300, 300)
    assert progress.not_asked >= 300 - 6
    assert {record.result.reason for record in bad} == {Reason.NO_CONNECTION}
    assert bad[-1].result.detail.startswith("not asked, since")


def test_dead_files_are_all_asked_for(serve, ask):
    """A host that answers is asked for every URL, even if all are dead."""
    host = serve({})

    progress, bad = ask([f"{host.url}/{number}" for number in range(12)])

    assert (len(bad), progress.not_asked) == (12, 0)
    assert len(set(host.paths())) == 12


def test_stopped_run_continues(serve, ask):
    """Results before a stop are kept; the next call asks for the others alone."""
    routes = {f"/{number}": VIDEO for number in range(10)} | {"/3": status(404)}
    host = serve(routes)
    urls = [f"{host.url}/{number}" for number in range(10)]

    def stop(progress):
        if progress.done >= 5:
            raise Stopped

    with pytest.raises(Stopped):
        ask(urls, stop)
    stored = len(set(host.paths()))
    host.seen.clear()
    progress, bad = ask(urls)

    assert progress.done == progress.total <= 5
    assert len(set(host.paths())) == progress.total
    assert stored >= 5
    assert [record.line for record in bad] == [4]
