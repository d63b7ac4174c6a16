"""Progress on a terminal: two lines that fit, show counts first, and disappear at the end."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from ld_import.cli.output.progress import Progress, fit_line, item_parts, job_parts
from ld_import.events import Polled, Waiting
from tests.cli.output.boards import Watch, job, make_board, planned, rejected, settled, submitted

WIDTHS = (1, 10, 40, 60, 80, 200)


def busy_board(watch):
    """Return a board on which no number is zero, after an hour in which a third was settled."""
    board = make_board(watch)
    board.update(planned(50_000, to_send=4_000, share=0.4, unchanged=46_000))
    for number in range(1, 15):
        board.update(submitted(number))
    board.update(Polled(2, job(2, "wartend 日本語")))
    watch.seconds += 3725
    board.update(settled(1, success=1234, skipped=77, failed=12, lost=3))
    board.update(
        planned(
            98_765,
            to_send=4_000,
            invalid=42,
            share=0.5,
            unchanged=54_321,
            failedBefore=21,
            repeated=2,
        )
    )
    return board


@pytest.mark.parametrize("width", WIDTHS)
def test_lines_fit(width):
    """No line is wider than the terminal, since a wrapped line cannot be redrawn."""
    board = busy_board(Watch())

    for name, parts in (("items", item_parts(board)), ("jobs", job_parts(board))):
        assert fit_line(name, parts, width).cell_len <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_echo_of_ctrl_c_does_not_wrap(width):
    """A drawn line leaves room for `^C`, since a wrapped line would stay on the screen."""
    screen = StringIO()
    console = Console(file=screen, force_terminal=True, width=width, color_system=None)
    with Progress(busy_board(Watch()), console, level="info"):
        drawn = screen.getvalue()

    lines = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", drawn).splitlines()
    assert [line[:1].replace("…", "") for line in lines] in (["i", "j"], ["", ""])
    assert all(cell_len(line) <= max(width - 4, 1) for line in lines)


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
        "left",
        "96,091 of ~198,000",
        "0.4/s",
    ):
        assert part in items
    assert "13 in flight  1 done  job2 wartend 日本語 1:02:05  job3 started" in jobs
    assert "job10" not in jobs


def test_what_goes_first():
    """On a narrow terminal the rate is omitted first, then the decisions, outcomes last."""
    board = busy_board(Watch())
    order = ["/s", "repeated", "unchanged", " left", "42 invalid", "of ~", "skipped"]
    lost_at = dict.fromkeys(order, 0)
    for width in range(200, 10, -1):
        line = fit_line("items", item_parts(board), width).plain
        for part in order:
            if part not in line:
                lost_at[part] = max(lost_at[part], width)

    widths = [lost_at[part] for part in order]
    assert lost_at["/s"] > lost_at["repeated"]
    assert lost_at["unchanged"] > lost_at[" left"] > lost_at["42 invalid"]
    assert lost_at["42 invalid"] > lost_at["of ~"] > lost_at["skipped"]
    assert 0 not in widths


@pytest.mark.parametrize("width", [40, 60])
def test_outcomes_at_common_widths(width):
    """At common widths the outcomes of a usual run are complete."""
    board = make_board(Watch())
    board.update(settled(1, success=950, failed=3))
    board.update(planned(9000, share=0.5, unchanged=7000))

    line = fit_line("items", item_parts(board), width).plain
    assert line.startswith("items  9,000 of ~18,000" if width == 60 else "items  950 success")
    assert "950 success  3 failed" in line


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
    board.update(planned(0, share=0.25))
    assert board.seconds_left() is None
    for read in (10, 20):
        watch.seconds += 10
        board.update(planned(read, share=read / 40))
    assert board.seconds_left() == pytest.approx(20, rel=0.01)
    for share in (None, 0.0, 1.0):
        board.update(planned(10, share=share))
        assert board.seconds_left() is None


def test_items_of_an_earlier_run_are_counted_apart():
    """Items of an earlier run are counted apart, since their records are read again."""
    board = make_board(Watch())
    board.update(settled(1, success=50)._replace(is_resumed=True))
    board.update(planned(150, unchanged=50))
    board.update(settled(2, success=100))

    assert (board.settled, board.resumed_count) == (100, 50)
    assert "50 from before" in fit_line("items", item_parts(board), 200).plain


def test_time_left_counts_what_is_still_to_be_sent():
    """After reading, the time left depends on the items without an outcome."""
    watch = Watch()
    board = make_board(watch)
    board.update(planned(200, to_send=200, share=1.0))
    board.update(submitted(1))
    watch.seconds += 10
    board.update(settled(1, success=50))

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
    assert ("info: read 0" in text) is is_told


def test_capped_lines_are_counted_on_a_terminal():
    """The total of invalid records remains on the screen after the progress is removed."""
    screen = StringIO()
    console = Console(file=screen, force_terminal=True, width=200, markup=False)
    with Progress(make_board(Watch()), console, level="info") as progress:
        for number in range(25):
            progress(rejected(number))

    assert "warning: 24 more records are invalid;" in screen.getvalue()
