"""The progress of `--complete`: a line every 30 s, or one line on a terminal; time left."""

from __future__ import annotations

import io
import sys

import pytest

from ld_import.cli.output.complete_progress import complete_progress, counted
from ld_import.importer.complete import Completion


class Terminal(io.StringIO):
    """Standard error as a terminal."""

    def isatty(self):
        return True


def test_plain_lines(clock, capsys):
    """Elsewhere than on a terminal, a line appears every 30 s."""
    progress = Completion(1_000)
    with complete_progress(clock) as note:
        for _ in range(61):
            progress.completed += 10
            clock.advance(1)
            note(progress)

    assert capsys.readouterr().err.splitlines() == [
        "info: 300 of 1,000 items completed, 1:10 left",
        "info: 600 of 1,000 items completed, 40s left",
    ]


def test_terminal(clock, monkeypatch):
    """On a terminal the line is drawn in place, and nothing of it stays."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with complete_progress(clock) as note:
        note(Completion(7, completed=3))
        clock.advance(1)

    assert "3 of 7 items completed" in screen.getvalue()
    assert screen.getvalue().rstrip().endswith("\x1b[1A\x1b[2K")


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (Completion(0), "all items are complete already"),
        (Completion(1, completed=1), "1 of 1 item completed"),
        (Completion(20_000, 12_345, not_found=3), "12,345 of 20,000 items completed, 3 entries"),
        (Completion(2, not_found=1), "0 of 2 items completed, 1 entry not found"),
    ],
)
def test_counts(progress, text):
    """The counts are those of items, and of entries that do not exist."""
    assert counted(progress).startswith(text)
