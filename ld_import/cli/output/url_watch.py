"""The output of a check of URLs while it runs: a first line, the progress, and the CSV report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from ld_import.cli.output.console import print_err
from ld_import.cli.output.url_progress import url_progress
from ld_import.cli.output.url_report import UrlReport
from ld_import.clock import Clock
from ld_import.url_checks.queue import Choice
from ld_import.url_checks.run import Progress
from ld_import.url_checks.store import CheckedRecord
from ld_import.wording import amount, period


class UrlWatch:
    """Prints to standard error, and writes the report if one is requested."""

    def __init__(self, clock: Clock, report: Path | None) -> None:
        """Prepare the report; the file is written at the end."""
        self._clock = clock
        self._report = None if report is None else UrlReport(report)

    @contextmanager
    def begin(self, choice: Choice) -> Iterator[Callable[[Progress], None]]:
        """Print what will be asked for, and the progress while the block lasts."""
        for line in _first_lines(choice, self._clock.now()):
            print_err(line)
        if not choice.waiting_count:
            yield lambda progress: None
            return
        with url_progress(self._clock) as progress:
            yield progress

    def take(self, record: CheckedRecord) -> None:
        """Add a record to the report."""
        if self._report is not None:
            self._report.add(record)

    def end(self) -> None:
        """Write the report."""
        if self._report is not None:
            count = self._report.write()
            print_err(f"info: {amount(count, 'record')} in {self._report.path}")

    def close(self) -> None:
        """Remove the temporary file of the report."""
        if self._report is not None:
            self._report.close()


def _first_lines(choice: Choice, now: datetime) -> Iterator[str]:
    if choice.chosen_count < choice.url_count:
        yield (
            f"info: a sample of {choice.chosen_count:,} of {amount(choice.url_count, 'URL')},"
            " spread over the manifest and its hosts"
        )
    if choice.oldest is not None:
        age = period((now - choice.oldest).total_seconds())
        yield (
            f"info: {amount(choice.known_count, 'URL')} checked before, up to {age} ago, not asked"
            " again; --recheck asks for all"
        )
    if choice.waiting_count:
        yield (
            f"info: asking for {amount(choice.waiting_count, 'URL')}, at most two at a time per"
            " host; Ctrl-C keeps the results, and the same command continues"
        )
