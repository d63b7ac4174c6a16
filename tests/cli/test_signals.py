"""Ctrl-C, SIGTERM and SIGHUP: everything in flight is recorded, and the next run continues."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
import time
from contextlib import closing
from zlib import crc32

import orjson
import pytest

from ld_import.cli.signals import Signals
from ld_import.clock import SystemClock
from ld_import.emulator import Fault, Settings
from ld_import.errors import Interrupted
from ld_import.pipeline.planning.record_blocks import END_MASK
from ld_import.pipeline.shutdown import StoppableClock
from tests.harness.counts import assert_adds_up
from tests.harness.place import CommandResult
from tests.harness.records import broken, video, videos
from tests.makers import make_ledger, make_planner, make_records

POST = "POST import/videos"
STATUS = "GET import/videos/status"
SLOW = Settings(job_seconds=30)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_process(place, number):
    """A signal ends the run soon with 128 + signal; the job is in the ledger as submitted."""
    place.emulator.settings = SLOW
    # More than one chunk of records, so that the manifest is still being read.
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
    recorded = {job["jobId"]: job["state"] for job in place.ledger_jobs()}
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


def test_first_signal_is_answered_at_once(make_place):
    """The run says that it stops while the server has not answered a POST."""
    said: list[str] = []

    async def stop(seconds):
        os.kill(os.getpid(), signal.SIGINT)
        deadline = time.monotonic() + 5
        while "stopping" not in "".join(said) and time.monotonic() < deadline:
            said.append(place.capfd.readouterr().err)
            await SystemClock().sleep(0.01)

    place = make_place(Fault(on=POST, action="slow"), sleep=stop)
    place.write(*videos(2))

    assert place.run("videos").code == 130
    assert "warning: stopping: no new batch starts" in "".join(said)
    assert "a second Ctrl-C stops at once" in "".join(said)


def test_second_signal_ends_at_once(make_place):
    """A second signal does not wait for a slow answer; the next run finds the job."""

    waiting = []

    async def stop_twice(seconds):
        # Two different signals: the system may merge two of the same number.
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
    assert list(place.states().values()) == ["pending"] * 2


def test_first_signal_cancels_a_question(make_place):
    """The first signal cancels a GET request that is not answered."""
    waiting = []

    async def stop(seconds):
        os.kill(os.getpid(), signal.SIGTERM)
        waiting.append((asyncio.get_running_loop(), asyncio.Event()))
        await waiting[0][1].wait()

    place = make_place(Fault(on=STATUS, action="slow"), sleep=stop)
    place.write(*videos(2))

    began_at = time.monotonic()
    ended = place.run("videos", "--json")
    loop, answer = waiting[0]
    loop.call_soon_threadsafe(answer.set)

    # Without the signal the timeout is a minute.
    assert time.monotonic() - began_at < 30
    assert ended.code == 143
    assert list(place.states().values()) == ["submitted"] * 2


def test_interrupt_of_something_else(place):
    """Ctrl-C during `status --watch` exits with 130, not as an unexpected error."""
    place.emulator.settings = SLOW
    place.write(*videos(1))
    job = place.summary("--no-wait")["jobs"][0]["id"]

    ended = place.run_until(b"job ", signal.SIGINT, "status", job, "--watch")

    assert (ended.code, ended.out) == (130, "")
    assert "Traceback" not in ended.err


def test_handlers_are_given_back(place):
    """A run inside another program restores the signal handlers."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    own = signal.signal(signal.SIGTERM, lambda number, frame: None)
    before = [signal.getsignal(number) for number in numbers]
    place.imported(place.write(*videos(1)))
    after = [signal.getsignal(number) for number in numbers]
    signal.signal(signal.SIGTERM, own)

    assert after == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_while_the_manifest_is_read(place, number):
    """A signal while the manifest is read ends in order; log and metrics have the exit code."""
    ended = _interrupted_reading(place, number, "--log-file", "run.log", "--metrics-file", "prom")

    code = 128 + number
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith("error: stopped on request; everything in flight is recorded\n")
    last = (place.folder / "run.log").read_text().splitlines()[-1]
    assert f"info: ended with exit code {code} " in last
    told = (place.folder / "prom").read_text().splitlines()
    assert [line for line in told if line.startswith("ld_import_exit_code{")][0].endswith(
        f" {code}.0"
    )


def test_interrupted_dry_run(place):
    """An interrupted dry run has the same exit code."""
    ended = _interrupted_reading(place, signal.SIGTERM, "--dry-run")

    assert (ended.code, ended.out) == (128 + signal.SIGTERM, "")


def test_interrupted_before_the_ledger_is_opened(place):
    """A signal ends the wait for the token command; no ledger is created."""
    place.write(*videos(1))

    with place.start(
        "videos", "--token-command", "sh -c 'kill -TERM $PPID; exec sleep 9 2>/dev/null'"
    ) as process:
        _, err = process.communicate(timeout=8)

    assert process.returncode == 128 + signal.SIGTERM
    assert b"error: stopped on request" in err
    assert not place.ledger_path.exists()


def test_signal_during_the_summary(place):
    """A signal after the last job changes nothing: the summary is printed completely."""
    # The summary is larger than the pipe's buffer.
    place.write(*videos(1), systemName=f"{place.system_name} {'x' * 3500}")

    with place.start("videos", "--no-wait", "--json", pipesize=4096) as process:
        first = os.read(process.stdout.fileno(), 1)
        process.send_signal(signal.SIGTERM)
        rest, err = process.communicate()

    assert (process.returncode, err) == (0, b"")
    assert orjson.loads(first + rest)["exitCode"] == 0
    assert [run["exitCode"] for run in place.ledger_runs()] == [0]


def test_import_in_a_thread(place):
    """An import works in a thread of another program, where no signal can be handled."""
    place.write(*videos(1))
    summaries = []

    thread = threading.Thread(target=lambda: summaries.append(place.summary("--no-wait")))
    thread.start()
    thread.join()

    assert summaries[0]["sent"] == 1


def test_waiting_signal_ends_the_next_block():
    """A signal before a block that may be interrupted is not lost."""
    with Signals().installed() as signals:
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Interrupted) as raised, signals.raising():
            pytest.fail("goes on")

    assert raised.value.exit_code == 128 + signal.SIGTERM


def test_waiting_signal_is_handed_over():
    """A signal before the event loop is handed to it, once."""
    taken: list[int] = []

    async def work():
        with signals.handed_to(taken.append, taken.append):
            pass
        with signals.handed_to(taken.append, taken.append):
            pass

    with Signals().installed() as signals, signals.raising():
        signals.defer()
        os.kill(os.getpid(), signal.SIGHUP)
        asyncio.run(work())

    assert taken == [signal.SIGHUP]


def test_stop_during_a_checkpoint():
    """A checkpoint raises if the run is asked to stop during it: no batch is recorded after it."""
    clock = StoppableClock(SystemClock())

    async def work():
        asyncio.get_running_loop().call_soon(clock.stop, signal.SIGTERM)
        await clock.checkpoint()

    with pytest.raises(Interrupted):
        asyncio.run(work())


def test_signal_is_noticed_while_the_loop_is_busy(tmp_path):
    """A signal stops planning before the next record and reaches the event loop, too."""
    clock = StoppableClock(SystemClock())
    ledger = make_ledger(tmp_path)
    asked: list[None] = []

    def checkpoint():
        asked.append(None)
        if len(asked) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        clock.check()

    async def work():
        planner = make_planner(ledger, checkpoint=checkpoint)
        with signals.handed_to(clock.stop, clock.note):
            with pytest.raises(Interrupted) as raised:
                list(planner.chunks(make_records(200)))
            assert not clock.is_stopped
            await SystemClock().sleep(0)
            await SystemClock().sleep(0)
        return raised.value.exit_code

    with closing(ledger), Signals().installed() as signals:
        assert asyncio.run(work()) == 128 + signal.SIGTERM

    assert len(asked) == 3
    assert clock.is_stopped


def test_signal_during_slow_templates(place):
    """With slow templates a signal stops the run between two records."""
    fields = {"url": "{{ url }}", "fileName": "{% for n in range(passes) %}{{ n }}{% endfor %}"}
    light: list[dict[str, object]] = []
    while not light or crc32(orjson.dumps(light[-1])) & END_MASK:
        light.append({**broken(len(light)), "passes": 1})
    heavy = [{**video(5000 + n), "passes": 40_000} for n in range(1000)]
    place.write(*light, *heavy, map={**fields, "metadata": {}})

    ended = place.run_until(b"warning: ", signal.SIGTERM, "videos", "--json")

    assert ended.code == 128 + signal.SIGTERM
    assert ended.document["read"] == len(light)


def test_interruption_is_not_caught_as_an_error():
    """`except Exception` in a template or library does not catch the interruption."""
    with Signals().installed() as signals, pytest.raises(Interrupted), signals.raising():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except Exception:
            pytest.fail("taken")


def test_second_signal_waits_for_nothing():
    """A second signal interrupts code in which signals are deferred; SIGHUP does not."""
    with pytest.raises(Interrupted) as raised, Signals().installed():
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("goes on")

    assert raised.value.exit_code == 128 + signal.SIGTERM


def _interrupted_reading(place, number, *arguments):
    """Send a signal to a run in the middle of its manifest, and return how it ended."""
    flags = ("--format", "jsonl", "--system-name", place.system_name, *arguments)
    with place.start("videos", "-", *flags, stdin=subprocess.PIPE) as process:
        # More than a pipe holds: once all of it is written, most of it has been read.
        process.stdin.write(b"{}\n" * 100_000)
        process.stdin.flush()
        process.send_signal(number)
        out, err = process.communicate()
    return CommandResult(process.returncode, out.decode(), err.decode())


def test_closed_terminal_says_so_twice(make_place):
    """A second SIGHUP has no effect: everything in flight is answered and recorded."""

    async def hang_up_twice(seconds):
        os.kill(os.getpid(), signal.SIGHUP)
        await SystemClock().sleep(0.05)
        os.kill(os.getpid(), signal.SIGHUP)
        await SystemClock().sleep(0.05)

    place = make_place(Fault(on=POST, action="slow"), sleep=hang_up_twice)
    place.write(*videos(2))

    ended = place.run("videos", "--json")

    assert ended.code == 128 + signal.SIGHUP
    assert set(place.states().values()) == {"submitted"}


def test_nohup(make_place):
    """A run started with `nohup` ignores SIGHUP."""
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
    """With `--no-wait` no batch is started after the signal either."""
    place = make_place(Fault(on=POST, action="slow"), sleep=_sending(signal.SIGTERM))
    place.write(*videos(5))

    summary = place.summary(
        "--batch-size", "1", "--parallel", "1", "--no-wait", code=128 + signal.SIGTERM
    )

    assert summary["sent"] == 1
