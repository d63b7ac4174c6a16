"""The progress of a check of URLs: a line every 30 s, or one line on a terminal; time left."""

from __future__ import annotations

import io
import sys

from ld_import.cli.output.step_progress import line_of
from ld_import.cli.output.url_progress import url_parts, url_progress
from ld_import.url_checks.run import Progress


class Terminal(io.StringIO):
    """Standard error as a terminal."""

    def isatty(self):
        return True


def test_plain_lines(clock, capsys):
    """Elsewhere than on a terminal, a line appears every 30 s and at the end."""
    progress = Progress(1_000)
    with url_progress(clock) as note:
        for _ in range(61):
            progress.done += 10
            clock.advance(1)
            note(progress)

    assert capsys.readouterr().err.splitlines() == [
        "info: 300 of 1,000 URLs, 10.0/s, 1:10 left",
        "info: 600 of 1,000 URLs, 10.0/s, 40s left",
        "info: 610 of 1,000 URLs, 10.0/s, 39s left",
    ]


def test_urls_that_were_not_asked_do_not_count_as_speed():
    """The rate is that of requests; the rest of a dead host is named."""
    parts = url_parts(Progress(1_000, done=520, bad=505, not_asked=500), 10)

    assert line_of(parts) == "info: 520 of 1,000 URLs, 505 bad, 500 not asked, 2.0/s, 4:00 left"


def test_terminal(clock, monkeypatch):
    """On a terminal the line is drawn in place, and the last one stays."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with url_progress(clock) as note:
        note(Progress(7, done=3, bad=1))

    assert "\x1b[?25l" in screen.getvalue()
    assert screen.getvalue().endswith("info: 3 of 7 URLs, 1 bad\n")
