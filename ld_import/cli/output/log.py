"""The log of a command, on standard error and in the file of `--log-file`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ld_import import __version__
from ld_import.cli.options import LogFlags
from ld_import.cli.output.console import print_err
from ld_import.cli.output.event_text import LEVELS, bracketed
from ld_import.cli.output.sanitize import sanitize
from ld_import.clock import Clock
from ld_import.errors import Interrupted, LdImportError, UsageError

if TYPE_CHECKING:
    from ld_import.cli.output.log_file import LogFile
    from ld_import.importer.new_run import NewRun
    from ld_import.importer.spec import ImportSpec

FORMATS = ("text", "json")
# Jobs have rows in the ledger; the parts of a dry run may be long.
NOT_LOGGED = ("jobs", "firstRequest", "changed", "invalidLines", "invalidGroups", "reasons")


class Log:
    """The log of one command; its lines name the run as soon as there is one.

    `-q` limits standard error to errors; it does not change the level of the file.
    """

    def __init__(self, flags: LogFlags, clock: Clock) -> None:
        """Start the clock; nothing is opened yet."""
        self.flags = flags
        self.clock = clock
        self.run_id: str | None = None
        self._file: LogFile | None = None
        self.started_monotonic = clock.monotonic()

    def __enter__(self) -> Self:
        """Return this object."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        """Close the file, after logging an unexpected error that ends the command."""
        if isinstance(error, Interrupted):
            self.end(error.exit_code)
        elif kind is not None:
            self.write("error", "error", f"unexpected {kind.__name__}: {error}")
            self.end(LdImportError.exit_code)
        self.close_file()

    @property
    def is_json(self) -> bool:
        """Whether lines are JSON objects."""
        return self.flags.log_format == "json"

    @property
    def seconds(self) -> float:
        """Seconds since the command began, by the monotonic clock."""
        return self.clock.monotonic() - self.started_monotonic

    def check(self) -> None:
        """Raise UsageError for an unknown format or level."""
        log_format, level = self.flags.log_format, self.flags.log_level
        if log_format not in (None, *FORMATS):
            raise UsageError(f"unknown --log-format {log_format!r}", hint="use text or json")
        if level not in (None, *LEVELS):
            raise UsageError(
                f"unknown --log-level {level!r}", hint=f"use one of {', '.join(LEVELS)}"
            )

    def open_file(self, path: Path | None) -> None:
        """Also write to this file from now on. Raises UsageError if that is not possible."""
        if path is not None:
            # Imported here: `logging` is slow to import, and only --log-file needs it.
            from ld_import.cli.output.log_file import LogFile

            self._file = LogFile(path, lambda text: self._print("warning", text))

    def close_file(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def console_level(self) -> str:
        """The lowest level shown on standard error."""
        return "error" if self.flags.quiet else self.file_level

    @property
    def file_level(self) -> str:
        """The lowest level written to the file."""
        return "debug" if self.flags.verbose else self.flags.log_level or "info"

    @property
    def write_file_line(self) -> Any:
        """The function that writes a formatted line to the file; `None` without a file."""
        return None if self._file is None else self._write_file_line

    def report(self, level: str, text: str) -> None:
        """Write a message to standard error, whatever the level, and to the file."""
        self._print(level, text)
        self.write(level, level, text)

    def report_from(self, level: str, text: str) -> None:
        """Write a message to standard error and to the file, to each if the level is enabled."""
        if LEVELS.index(level) >= LEVELS.index(self.console_level):
            self._print(level, text)
        self.write(level, level, text)

    def report_error(self, error: LdImportError) -> None:
        """Write the error that ended the run, and its hint."""
        self.report("error", str(error))
        self.report("hint", error.hint)

    def hint(self, text: str) -> None:
        """Write a hint on the next step; with `-q` only to the file."""
        if not self.flags.quiet:
            self._print("hint", text)
        self.write("hint", "hint", text)

    def begin(self, spec: ImportSpec, run: NewRun, *, is_dry_run: bool) -> None:
        """Set the run, and write to the file what begins."""
        self.run_id = run.run_id
        server = spec.target.server
        fields = {
            "version": __version__,
            "kind": spec.kind,
            "manifest": spec.manifest_name,
            "target": server,
            "dryRun": is_dry_run,
        }
        action = "a dry run of" if is_dry_run else "an import of"
        text = f"{spec.kind} from {spec.manifest_name} → {server}"
        self.write("info", "begin", f"ld-import {__version__} begins {action} {text}", **fields)

    def summarize(self, summary: Mapping[str, Any], text: str) -> None:
        """Write the summary of the run to the file."""
        logged = {name: value for name, value in summary.items() if name not in NOT_LOGGED}
        self.write("info", "summary", text, summary=logged)

    def end(self, exit_code: int) -> None:
        """Write the exit code of the command to the file."""
        seconds = self.seconds
        text = f"ended with exit code {exit_code} after {seconds:.1f} s"
        self.write("info", "end", text, exitCode=exit_code, seconds=round(seconds, 3))

    def write(self, level: str, event: str, text: str, **fields: Any) -> None:
        """Write a message to the file only."""
        # A hint has the rank of its error.
        rank = LEVELS.index(level) if level in LEVELS else len(LEVELS)
        if self._file is not None and rank >= LEVELS.index(self.file_level):
            is_named = not self.is_json
            self._write_file_line(self._line(level, event, text, is_named=is_named, **fields))

    def _print(self, level: str, text: str) -> None:
        # On a terminal lines stay short; a hint does not need the context.
        is_named = level != "hint" and not sys.stderr.isatty()
        print_err(self._line(level, level, text, is_named=is_named))

    def _line(self, level: str, event: str, text: str, *, is_named: bool, **fields: Any) -> str:
        if not self.is_json:
            about = bracketed(run=self.run_id) if is_named else ""
            return f"{level}: {sanitize(text)}{about}"
        from ld_import.cli.output.json_lines import json_line

        # `hint` is not a log level.
        named = level if level in LEVELS else "info"
        return json_line(self.clock.now(), named, self.run_id, event, sanitize(text), **fields)

    def _write_file_line(self, line: str) -> None:
        if self._file is None:
            return
        # Text lines get a timestamp in the file; JSON lines contain one.
        moment = f"{self.clock.now():%Y-%m-%dT%H:%M:%S.%f}"[:-3]
        self._file.write(line if self.is_json else f"{moment}Z {line}")
