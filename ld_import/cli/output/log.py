"""What a command says of its work: on standard error, and in the file of `--log-file`."""

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
# One by one they stand in the ledger, and what a dry run shows may be long.
UNKEPT = ("jobs", "firstRequest", "changed", "invalidLines")


class Log:
    """The log of one command; its lines name the run from the moment there is one.

    Standard error is silenced by `-q` up to errors; the file keeps its level.
    """

    def __init__(self, flags: LogFlags, clock: Clock) -> None:
        """Take in what was asked for."""
        self.flags = flags
        self.clock = clock
        self.run_id: str | None = None
        self._file: LogFile | None = None
        self.started_monotonic = clock.monotonic()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        """Close the file, in which a bug that ends the command is told as well."""
        if isinstance(error, Interrupted):
            self.end(error.exit_code)
        elif kind is not None:
            self.keep("error", "error", f"unexpected {kind.__name__}: {error}")
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
        """Raise UsageError for a format or level there is none of."""
        log_format, level = self.flags.log_format, self.flags.log_level
        if log_format not in (None, *FORMATS):
            raise UsageError(f"there is no log format {log_format!r}", hint="text or json")
        if level not in (None, *LEVELS):
            raise UsageError(f"there is no log level {level!r}", hint=f"one of {', '.join(LEVELS)}")

    def open_file(self, path: Path | None) -> None:
        """Write to this file, too, from now on. Raises UsageError when that is not possible."""
        if path is not None:
            # Few want one, and logging is slow to load.
            from ld_import.cli.output.log_file import LogFile

            self._file = LogFile(path, lambda text: self._show("warning", text))

    def close_file(self) -> None:
        """Write nothing more to the file, if there is one."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def console_level(self) -> str:
        """The least level worth a line on standard error: `-q` and `-v` are short for two."""
        return "error" if self.flags.quiet else self.file_level

    @property
    def file_level(self) -> str:
        """The least level worth a line in the file."""
        return "debug" if self.flags.verbose else self.flags.log_level or "info"

    @property
    def write_file_line(self) -> Any:
        """What takes finished lines for the file, `None` without one."""
        return None if self._file is None else self._write_file_line

    def report(self, level: str, text: str) -> None:
        """Tell something beside the run's events, on standard error and in the file."""
        self._show(level, text)
        self.keep(level, level, text)

    def report_from(self, level: str, text: str) -> None:
        """Report something beside the run's events wherever this level is asked for."""
        if LEVELS.index(level) >= LEVELS.index(self.console_level):
            self._show(level, text)
        self.keep(level, level, text)

    def report_error(self, error: LdImportError) -> None:
        """Tell what ended the run and what to do next."""
        self.report("error", str(error))
        self.report("hint", error.hint)

    def hint(self, text: str) -> None:
        """Tell what may be done next; with `-q` only in the file."""
        if not self.flags.quiet:
            self._show("hint", text)
        self.keep("hint", "hint", text)

    def begin(self, spec: ImportSpec, run: NewRun, *, is_dry_run: bool) -> None:
        """Name the run, and write to the file what is about to be done."""
        self.run_id = run.run_id
        server = spec.target.server
        fields = {
            "version": __version__,
            "kind": spec.kind,
            "manifest": spec.manifest_name,
            "target": server,
            "dryRun": is_dry_run,
        }
        what = "a dry run of" if is_dry_run else "an import of"
        text = f"{spec.kind} from {spec.manifest_name} → {server}"
        self.keep("info", "begin", f"ld-import {__version__} begins {what} {text}", **fields)

    def summarize(self, summary: Mapping[str, Any], text: str) -> None:
        """Let the file tell how the run ended, in numbers."""
        kept = {name: value for name, value in summary.items() if name not in UNKEPT}
        self.keep("info", "summary", text, summary=kept)

    def end(self, exit_code: int) -> None:
        """Let the file tell by which code the command ends."""
        seconds = self.seconds
        text = f"ended with exit code {exit_code} after {seconds:.1f} s"
        self.keep("info", "end", text, exitCode=exit_code, seconds=round(seconds, 3))

    def keep(self, level: str, event: str, text: str, **fields: Any) -> None:
        """Tell something in the file only."""
        # A hint belongs to its error.
        rank = LEVELS.index(level) if level in LEVELS else len(LEVELS)
        if self._file is not None and rank >= LEVELS.index(self.file_level):
            is_named = not self.is_json
            self._write_file_line(self._line(level, event, text, is_named=is_named, **fields))

    def _show(self, level: str, text: str) -> None:
        # What a terminal shows stays short, and a hint is for people.
        is_named = level != "hint" and not sys.stderr.isatty()
        print_err(self._line(level, level, text, is_named=is_named))

    def _line(self, level: str, event: str, text: str, *, is_named: bool, **fields: Any) -> str:
        if not self.is_json:
            about = bracketed(run=self.run_id) if is_named else ""
            return f"{level}: {sanitize(text)}{about}"
        from ld_import.cli.output.json_lines import json_line

        # A hint is no level of logs.
        named = level if level in LEVELS else "info"
        return json_line(self.clock.now(), named, self.run_id, event, sanitize(text), **fields)

    def _write_file_line(self, line: str) -> None:
        if self._file is None:
            return
        # A file has no other clock; a JSON line has it inside.
        moment = f"{self.clock.now():%Y-%m-%dT%H:%M:%S.%f}"[:-3]
        self._file.write(line if self.is_json else f"{moment}Z {line}")
