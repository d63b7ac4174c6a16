"""Ctrl-C, SIGTERM and SIGHUP: what is in flight is recorded, and the next run goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from ld_import.clock import SystemClock
from ld_import.emulator import Fault, Settings
from ld_import.ledger import LedgerReader

from .place import assert_adds_up, videos

POST = "POST import/videos"
STATUS = "GET import/videos/status"
SLOW = Settings(job_seconds=30)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_process(place, number):
    """A signal ends the run soon, as 128 + signal, with the job in the ledger as submitted."""
    place.emulator.settings = SLOW
    # More than one chunk of records, so that the manifest is still open.
    place.write(*videos(600))

    began_at = time.monotonic()
    ended = place.run_until(
        b"debug: started job", number, "videos", "--batch-size", "50", "--json", "-v"
    )

    summary = ended.document
    assert ended.code == 128 + number == summary["exitCode"]
    assert time.monotonic() - began_at < 6
    assert_adds_up(summary)
    assert summary["outcomes"]["open"] == summary["sent"] > 0
    assert ended.err.splitlines()[-2:] == [
        f"error: stopped on request; everything in flight is recorded [run {summary['run']}]",
        "hint: run the same command again; it continues where it stopped",
    ]
    assert "Traceback" not in ended.err
    with LedgerReader(place.ledger_path) as reader:
        recorded = {one["jobId"]: one["state"] for one in reader.jobs(limit=-1)}
    assert set(recorded) == {one["id"] for one in summary["jobs"]}
    assert set(recorded.values()) == {"submitted"}


def test_next_run_goes_on(make_place):
    """After an interruption the same command follows the open jobs and sends only the rest."""
    place = make_place(Fault(on=POST, action="slow"), sleep=_sending(signal.SIGINT))
    place.write(*videos(5))

    stopped = place.summary("--batch-size", "2", "--parallel", "1", code=130)
    rest = place.summary("--no-wait")
    last = place.summary()

    assert (stopped["sent"], stopped["notSent"]) == (2, 3)
    assert (rest["unchanged"], rest["sent"]) == (2, 3)
    assert last["unchanged"] == 5
    assert [one["created"] for one in place.mine()] == [1] * 5
    assert [one["repeated"] for one in place.mine()] == [0] * 5


def test_second_signal_ends_at_once(make_place):
    """Whoever presses Ctrl-C twice does not wait for a slow answer; the job is found later."""

    waiting = []

    async def stop_twice(seconds):
        # Two different ones: the system may deliver two of the same number as one.
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        waiting.append((asyncio.get_running_loop(), asyncio.Event()))
        await waiting[0][1].wait()

    place = make_place(Fault(on=POST, action="slow"), sleep=stop_twice)
    place.write(*videos(2))

    ended = place.run("videos", "--json")
    loop, answer = waiting[0]
    loop.call_soon_threadsafe(answer.set)

    assert ended.code in (130, 143)
    assert ended.document["exitCode"] == ended.code
    assert "error: stopped on request" in ended.err
    assert place.emulator.requests[STATUS] == 0
    with LedgerReader(place.ledger_path) as reader:
        assert [one["state"] for one in reader.items()] == ["pending"] * 2


def test_interrupt_of_something_else(place):
    """Ctrl-C while a job is only watched ends as 130, too, and nothing is a bug."""
    place.emulator.settings = SLOW
    place.write(*videos(1))
    job = place.summary("--no-wait")["jobs"][0]["id"]

    ended = place.run_until(b"job ", signal.SIGINT, "status", job, "--watch")

    assert (ended.code, ended.out) == (130, "")
    assert "Traceback" not in ended.err


def test_handlers_are_given_back(place):
    """A run in somebody's program leaves the signal handlers as they were."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    place.imported(place.write(*videos(1)))

    assert [signal.getsignal(number) for number in numbers] == before


def test_closed_terminal_says_so_twice(make_place):
    """The second SIGHUP hurries nobody: what is in flight is answered and recorded."""

    async def hang_up_twice(seconds):
        os.kill(os.getpid(), signal.SIGHUP)
        await SystemClock().sleep(0.05)
        os.kill(os.getpid(), signal.SIGHUP)
        await SystemClock().sleep(0.05)

    place = make_place(Fault(on=POST, action="slow"), sleep=hang_up_twice)
    place.write(*videos(2))

    ended = place.run("videos", "--json")

    assert ended.code == 128 + signal.SIGHUP
    with LedgerReader(place.ledger_path) as reader:
        assert {one["state"] for one in reader.items()} == {"submitted"}


def test_nohup(make_place):
    """A run that was started with `nohup` outlives its terminal."""
    place = make_place(Fault(on=POST, action="slow"), sleep=_sending(signal.SIGHUP))
    place.write(*videos(2))
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        summary = place.summary()
    finally:
        signal.signal(signal.SIGHUP, before)

    assert summary["outcomes"]["success"] == 2


def _sending(number):
    async def send(seconds):
        os.kill(os.getpid(), number)

    return send


def test_interrupted_without_waiting(make_place):
    """With `--no-wait`, too, no new batch is begun after the signal."""
    place = make_place(Fault(on=POST, action="slow"), sleep=_sending(signal.SIGTERM))
    place.write(*videos(5))

    summary = place.summary(
        "--batch-size", "1", "--parallel", "1", "--no-wait", code=128 + signal.SIGTERM
    )

    assert summary["sent"] == 1
