"""Without a terminal: a line every 30 seconds, and a limited number of warnings."""

from __future__ import annotations

from string import ascii_lowercase

import pytest

from ld_import.cli.output.plain_log import SHOWN_REJECTED, PlainLog, progress_line
from ld_import.events import Declined, Note, Polled, Settled, Waiting
from ld_import.model import Outcome, State
from tests.cli.output.boards import Watch, job, make_board, planned, rejected, settled, submitted
from tests.makers import make_key


def make_lines(watch, level="info"):
    written: list[str] = []
    return PlainLog(make_board(watch), written.append, level=level), written


def test_line_every_half_minute():
    """The numbers are printed every 30 seconds, whatever happens in between."""
    watch = Watch()
    lines, written = make_lines(watch)
    with lines:
        for second in range(0, 100):
            watch.seconds = 100.0 + second
            lines(planned(second))

    assert [line.split(",")[0] for line in written] == [
        "info: read 30",
        "info: read 60",
        "info: read 90",
    ]


def test_rare_events_do_not_pile_up_lines():
    """After a long silence one line is printed, not one for each missed interval."""
    watch = Watch()
    lines, written = make_lines(watch)
    with lines:
        watch.seconds += 1000
        lines(planned(1))
        lines(planned(2))
        watch.seconds += 30
        lines(planned(3))

    assert [line.split(",")[0] for line in written] == ["info: read 1", "info: read 3"]


@pytest.mark.parametrize(("level", "count"), [("debug", 2), ("info", 1), ("warning", 0)])
def test_numbers_are_information(level, count):
    """The regular line has level info."""
    watch = Watch()
    lines, written = make_lines(watch, level)
    with lines:
        watch.seconds += 31
        lines(planned(1))

    assert len(written) == count


def test_numbers_of_a_run():
    """The line contains the numbers that are not zero: counts, rate, time left and jobs."""
    watch = Watch()
    board = make_board(watch)
    board.update(planned(3000, to_send=2000, invalid=4, share=0.75, unchanged=996, repeated=0))
    for event in (submitted(1), submitted(2)):
        board.update(event)
    watch.seconds += 10
    board.update(settled(1, success=1500, failed=2))

    line = progress_line(board)

    assert line == (
        "2,502 of about 4,000 records, 1,500 success, 2 failed, 996 unchanged, 4 invalid, 150/s,"
        " 8s left, 1 job in flight"
    )


def test_no_rate_before_the_first_outcome():
    """Records read in a second do not count as the rate of an import."""
    watch = Watch()
    board = make_board(watch)
    board.update(planned(3000, to_send=3000))
    watch.seconds += 10

    assert "/s" not in progress_line(board)


def test_invalid_lines_are_capped():
    """The first record of each cause is reported, the others only counted."""
    lines, written = make_lines(Watch())
    with lines:
        for number in range(1, 1235):
            lines(rejected(number))
        lines(rejected(2000, text="`id` is missing"))

    assert written == [
        "warning: manifest.json:1 (v1): `url` is missing",
        "warning: manifest.json:2000 (v1): `id` is missing",
        "warning: 1,233 more records are invalid; `ld-import validate` with this manifest lists"
        " all of them",
    ]


def test_causes_of_invalid_lines_are_capped():
    """No more than 20 causes get a line."""
    lines, written = make_lines(Watch())
    with lines:
        for letter in ascii_lowercase:
            lines(rejected(1, text=f"`{letter}` is missing"))

    assert len(written) == SHOWN_REJECTED + 1
    assert written[-1].startswith("warning: 6 more records are invalid;")


def test_one_warning_for_each_cause():
    """Batches that fail for a known reason get no line; a new reason does."""
    lines, written = make_lines(Watch())
    with lines:
        for batch in range(1, 50):
            lines(settled(batch, failed=3))
        lines(Settled(50, "job50", "done", (Outcome(make_key(9), State.FAILED, "too large"),)))

    assert written == [
        "warning: job job1: 3 failed (v0 and 2 more: gone)",
        "warning: job job50: 1 failed (v9: too large)",
    ]


def test_repeated_warnings_are_counted_at_the_end():
    """Retries and notices with one cause are one line, and one more with their number."""
    lines, written = make_lines(Watch())
    with lines:
        for attempt in range(1, 13):
            lines(Waiting(f"the server answered 503 (attempt {attempt})", attempt))
        lines(Note("notice"))

    assert written == [
        "warning: the server answered 503 (attempt 1); trying again in 1s",
        "warning: notice",
        "warning: 11 more times: the server answered 503 (attempt …); trying again in …",
    ]


def test_long_waits_are_always_announced():
    """A wait of a minute or more gets a line each time: it explains why nothing happens."""
    lines, written = make_lines(Watch())
    with lines:
        for _ in range(3):
            lines(Waiting("quota", 90))

    assert written[:3] == ["warning: quota; trying again in 1:30"] * 3


def test_single_lines_remain():
    """With level debug every warning is written, and a state of a job when it changes."""
    lines, written = make_lines(Watch(), "debug")
    with lines:
        lines(submitted(1))
        for state in ("started", "started", "processing", "processing", "success"):
            lines(Polled(1, job(1, state)))
        for _ in range(3):
            lines(settled(1, failed=1))

    assert written == [
        "debug: started job job1 with 3 items",
        "debug: job job1 is processing",
        "debug: job job1 is success",
        *["warning: job job1: 1 failed (v0: gone)"] * 3,
    ]


@pytest.mark.parametrize(("count", "level"), [(SHOWN_REJECTED, "info"), (99, "error")])
def test_nothing_to_add(count, level):
    """No total is printed if all invalid records were reported, or if warnings are off."""
    lines, written = make_lines(Watch(), level)
    with lines:
        for number in range(count):
            lines(rejected(number))

    assert not [line for line in written if "more lines" in line]


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (rejected(), "warning: manifest.json:1 (v1): `url` is missing [run r1]"),
        (
            settled(2, failed=1),
            "warning: job job2: 1 failed (v0: gone) [run r1, batch 2, job job2, attempt 1]",
        ),
        (Declined(2, 1, "no", attempt=3), None),
        (
            Waiting("503", 2, 2, "job2", 4),
            "warning: 503; trying again in 2s [run r1, batch 2, job job2, attempt 4]",
        ),
        (Waiting("quota", 90), "warning: quota; trying again in 1:30 [run r1]"),
    ],
)
def test_what_a_line_is_about(event, line):
    """A line ends with run, batch, job and attempt, as far as they are known."""
    written: list[str] = []
    with PlainLog(make_board(Watch()), written.append, level="info", run_id="r1") as lines:
        lines(event)

    assert written == ([line] if line else [])


def test_numbers_name_their_run():
    """The regular line names its run."""
    watch = Watch()
    written: list[str] = []
    with PlainLog(make_board(watch), written.append, level="info", run_id="r1") as lines:
        watch.seconds += 31
        lines(planned(1))

    assert written == ["info: read 1 [run r1]"]
