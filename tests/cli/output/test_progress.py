"""Progress on a terminal: two lines that fit, show counts first, and disappear at the end."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from ld_import.cli.output.progress import Progress, fit_line, item_parts, job_parts
from ld_import.events import Polled, Waiting
from tests.cli.output.boards import Watch, job, make_board, planned, rejected, settled, submitted

WIDTHS = (1, 10, 40, 60, 80, 200)


def busy_board(watch):
    """Return a board on which no number is zero."""
    board = make_board(watch)
    for number in range(1, 15):
        board.update(submitted(number))
    board.update(Polled(2, job(2, "wartend 日本語")))
    board.update(settled(1, success=123456 // 100, skipped=77, failed=12, lost=3))
    board.update(
        planned(98765, invalid=42, share=0.5, unchanged=54321, failedBefore=21, repeated=2)
    )
    watch.seconds += 3725
    return board


@pytest.mark.parametrize("width", WIDTHS)
def test_lines_fit(width):
    """No line is wider than the terminal, since a wrapped line cannot be redrawn."""
    board = busy_board(Watch())

    for name, parts in (("items", item_parts(board)), ("jobs", job_parts(board))):
        assert fit_line(name, parts, width).cell_len <= width


def test_everything_is_shown_where_there_is_room():
    """A wide terminal shows every count, the rate, the time left and the age of the jobs."""
    board = busy_board(Watch())

    items = fit_line("items", item_parts(board), 200).plain
    jobs = fit_line("jobs", job_parts(board), 200).plain

    for part in (
        "1,234 success",
        "77 skipped",
        "12 failed",
        "3 lost",
        "42 invalid",
        "54,321 unchanged",
        "21 failed before",
        "2 repeated",
        "1:02:05 left",
        "98,765 read",
        "0/s",
    ):
        assert f"  {part}" in items
    assert "13 in flight  1 done  job2 wartend 日本語 1:02:05  job3 started" in jobs
    assert "job10" not in jobs


def test_what_goes_first():
    """On a narrow terminal the rate and the records read are omitted first, outcomes last."""
    board = busy_board(Watch())
    order = ["98,765 read", "/s", "repeated", "unchanged", "1:02:05 left", "42 invalid", "skipped"]
    lost_at = dict.fromkeys(order, 0)
    for width in range(200, 10, -1):
        line = fit_line("items", item_parts(board), width).plain
        for part in order:
            if part not in line:
                lost_at[part] = max(lost_at[part], width)

    widths = [lost_at[part] for part in order]
    assert lost_at["98,765 read"] > lost_at["/s"] > lost_at["repeated"]
    assert lost_at["unchanged"] > lost_at["1:02:05 left"] > lost_at["42 invalid"]
    assert lost_at["42 invalid"] > lost_at["skipped"]
    assert 0 not in widths


@pytest.mark.parametrize("width", [40, 60])
def test_outcomes_at_common_widths(width):
    """At common widths the outcomes of a usual run are complete."""
    board = make_board(Watch())
    board.update(settled(1, success=950, failed=3))
    board.update(planned(9000, share=0.5, unchanged=7000))

    assert "950 success  3 failed" in fit_line("items", item_parts(board), width).plain


def test_waiting_is_shown_instead_of_jobs():
    """While the run waits, the line shows the reason and the remaining time."""
    watch = Watch()
    board = make_board(watch)
    board.update(Waiting("quota\x1b[31m", 90))
    watch.seconds += 30

    assert job_parts(board)[0][0] == "waiting 1:00: quota\\x1b[31m"
    watch.seconds += 61
    assert job_parts(board)[0][0] == "0 in flight"


def test_no_time_left_before_it_is_known():
    """No time left is shown in the first two seconds, without a share, or after reading."""
    watch = Watch()
    board = make_board(watch)
    board.update(planned(10, share=0.5))
    assert board.seconds_left() is None
    watch.seconds += 10
    assert board.seconds_left() == 10
    for share in (None, 0.0, 1.0):
        board.update(planned(10, share=share))
        assert board.seconds_left() is None


def test_items_of_an_earlier_run_are_counted_apart():
    """Items of an earlier run are counted apart, since their records are read again."""
    board = make_board(Watch())
    board.update(replace(settled(1, success=50), is_resumed=True))
    board.update(planned(150, unchanged=50))
    board.update(settled(2, success=100))

    assert (board.settled, board.resumed_count) == (100, 50)
    assert "50 from before" in fit_line("items", item_parts(board), 200).plain


def test_time_left_counts_what_is_still_to_be_sent():
    """After reading, the time left depends on the items without an outcome."""
    watch = Watch()
    board = make_board(watch)
    board.update(planned(200, to_send=200, share=1.0))
    board.update(settled(1, success=50))
    watch.seconds += 10

    assert board.seconds_left() == pytest.approx(30)


def test_drawing_and_cleaning_up():
    """Two lines are drawn below the warnings and removed at the end; warnings remain."""
    screen = StringIO()
    console = Console(
        file=screen, force_terminal=True, width=60, markup=False, highlight=False, emoji=False
    )
    board = make_board(Watch())
    with Progress(board, console, level="info") as progress:
        progress(settled(1, success=5))
        progress(submitted(2))
        progress(rejected(text="[red]bad[/red] \x1b[31m :smile:"))
        drawn = screen.getvalue()
    rest = screen.getvalue()[len(drawn) :]

    # One row each: to redraw two lines the cursor moves up by one.
    assert "items" in drawn and "jobs" in drawn
    items = next(line for line in drawn.splitlines() if "items" in line)
    assert "jobs" not in items
    assert "manifest.json:1 (v1): [red]bad[/red] \\x1b[31m :smile:" in drawn
    assert "success" not in "".join(line for line in drawn.splitlines() if "warning" in line)
    assert rest.endswith("\x1b[2K") or "\x1b[2K" in rest
    assert "\x1b[?25h" in rest


@pytest.mark.parametrize(("level", "is_told"), [("info", False), ("debug", True)])
def test_lines_above_the_progress(level, is_told):
    """With progress the regular line is omitted; debug still reports each job."""
    screen = StringIO()
    watch = Watch()
    console = Console(file=screen, force_terminal=True, width=60, markup=False)
    with Progress(make_board(watch), console, level=level) as progress:
        watch.seconds += 100
        progress(submitted(1))

    text = screen.getvalue()
    assert ("debug: started job job1 with 3 items" in text) is is_told
    assert ("read 0" in text.replace("0 read", "")) is False or is_told


def test_capped_lines_are_counted_on_a_terminal():
    """The total of invalid records remains on the screen after the progress is removed."""
    screen = StringIO()
    console = Console(file=screen, force_terminal=True, width=200, markup=False)
    with Progress(make_board(Watch()), console, level="info") as progress:
        for number in range(25):
            progress(rejected(number))

    assert "warning: 22 more records are invalid;" in screen.getvalue()
