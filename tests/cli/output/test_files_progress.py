"""Progress of files to upload: on a terminal, in the log, in summary and metrics."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from ld_import.cli.output.event_text import level_of, sentence_of
from ld_import.cli.output.plain_log import progress_line
from ld_import.cli.output.progress import Progress, file_parts, fit_line
from ld_import.cli.output.summary_words import files_text
from tests.cli.output.boards import Watch, make_board, planned, settled, transferred

MB = 1_000_000


def board_after(watch, *, seconds=60, per_second=12 * MB):
    """Return a board on which files moved at this speed, with 8 in flight."""
    board = make_board(watch)
    board.update(transferred(0, 0))
    for second in range(1, seconds + 1):
        watch.seconds += 1
        board.update(transferred(second * 10, second * per_second, failed=3, same=40))
    return board


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (120, "files  600 stored  40 stored before  3 failed  8 in flight  720.0 MB  12.0 MB/s"),
        (60, "files  600 stored  3 failed  8 in flight  720.0 MB"),
        (30, "files  600 stored  3 failed"),
    ],
)
def test_line_of_files(width, shown):
    """The line has counts, bytes and rate; on a narrow terminal the rate goes first."""
    board = board_after(Watch())

    line = fit_line("files", file_parts(board.files, board.bytes_per_second), width)

    assert line.plain == shown


@pytest.mark.parametrize("width", [10, 60, 120])
def test_lines_of_a_terminal(width):
    """The line of files is drawn between the others, and fits with the echo of Ctrl-C."""
    screen = StringIO()
    console = Console(file=screen, force_terminal=True, width=width, color_system=None)
    with Progress(board_after(Watch()), console, level="info"):
        drawn = screen.getvalue()

    lines = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", drawn).splitlines()
    assert [line[:1] for line in lines] == ["i", "f", "j"]
    assert all(cell_len(line) <= width - 4 for line in lines)


def test_rate_is_recent():
    """A slower source shows in the rate within minutes; nothing in flight has no rate."""
    watch = Watch()
    board = board_after(watch)
    moved = board.files.moved_bytes
    for second in range(1, 301):
        watch.seconds += 1
        board.update(transferred(600, moved + second * MB))

    assert 1 * MB < board.bytes_per_second < 1.6 * MB
    board.update(transferred(601, moved + 301 * MB, in_flight=0))
    assert board.bytes_per_second == 0


def test_pauses_between_files_do_not_count():
    """On a quiet night files come one at a time; the rate is that of their transfers."""
    watch = Watch()
    board = make_board(watch)
    for number in range(1, 6):
        watch.seconds += 100
        board.update(transferred(number, number * 10 * MB, in_flight=1))
        watch.seconds += 2
        board.update(transferred(number, number * 10 * MB + 8 * MB, in_flight=1))
        board.update(transferred(number, number * 10 * MB + 8 * MB, in_flight=0))
    board.update(transferred(5, 60 * MB, in_flight=1))

    assert board.bytes_per_second == pytest.approx(4 * MB, rel=0.01)


def test_time_left_before_the_first_batch():
    """A batch waits for all its files, which are hours of films: their own speed counts."""
    watch = Watch()
    board = make_board(watch)
    board.update(planned(90, to_send=90, share=1.0))
    board.update(transferred(0, 0))
    for film in range(1, 31):
        watch.seconds += 60
        board.update(transferred(film, film * 1000 * MB))

    assert board.seconds_left() == pytest.approx(3600, rel=0.05)


def test_time_of_transfers_counts_for_the_time_left():
    """Ten items a minute are settled because of their files: the rest takes as long."""
    watch = Watch()
    board = make_board(watch)
    board.update(planned(100, to_send=100, share=1.0))
    board.update(transferred(0, 0))
    for batch in range(1, 51):
        for second in range(1, 7):
            watch.seconds += 1
            board.update(transferred(batch, (batch * 6 + second) * MB))
        board.update(settled(batch, job=False, success=1))

    assert board.seconds_left() == pytest.approx(300, rel=0.1)


def test_line_of_the_log():
    """The line every half minute has the files as well."""
    board = board_after(Watch())

    assert progress_line(board).endswith(
        "600 files stored (720.0 MB read), 3 files failed, 8 files in flight, 12.0 MB/s"
    )


def test_sentence():
    """A log of level debug has each report."""
    event = transferred(1_200, 3 * MB, same=2, failed=1)

    assert level_of(event) == "debug"
    assert sentence_of(event) == (
        "files: 1,200 stored, 2 stored before, 1 failed, 8 in flight; 3.0 MB read"
    )


@pytest.mark.parametrize(
    ("is_dry", "uploads", "text"),
    [
        (False, None, ""),
        (False, {"stored": 0, "same": 0, "failed": 0, "bytes": 0}, ""),
        (
            False,
            {"stored": 1200, "same": 3, "failed": 2, "bytes": 34 * MB, "kept": 1, "unasked": 0},
            "files: 1,200 stored, 3 stored before with this content, 2 failed, 1 changed, but kept"
            " as stored; 34.0 MB sent",
        ),
        (True, {"files": 0, "bytes": 0, "unknownSizes": 0}, ""),
        (True, {"files": 1, "bytes": 5 * MB, "unknownSizes": 0}, "1 file to upload, 5.0 MB"),
        (
            True,
            {"files": 1200, "bytes": 5 * MB, "unknownSizes": 7},
            "1,200 files to upload, 5.0 MB, 7 of them without a known size",
        ),
    ],
)
def test_line_of_a_summary(is_dry, uploads, text):
    """A summary has one line about files if there are any."""
    summary = {"dryRun": is_dry} if uploads is None else {"dryRun": is_dry, "uploads": uploads}

    assert files_text(summary) == text
