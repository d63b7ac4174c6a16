"""Without a terminal: a line every 30 seconds, and a limited number of warnings."""

from __future__ import annotations

import pytest

from ld_import.cli.output.plain_log import SHOWN_REJECTED, PlainLog, progress_line
from ld_import.events import Declined, Waiting
from tests.cli.output.boards import Watch, make_board, planned, rejected, settled, submitted


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


def test_invalid_lines_are_capped():
    """The first invalid records are reported, the others only counted."""
    lines, written = make_lines(Watch())
    with lines:
        for number in range(1, SHOWN_REJECTED + 1235):
            lines(rejected(number))

    assert written[0] == "warning: manifest.json:1 (v1): `url` is missing"
    assert len(written) == SHOWN_REJECTED + 1
    assert written[-1].startswith("warning: 1,234 more records are invalid;")


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
