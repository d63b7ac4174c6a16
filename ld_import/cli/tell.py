"""What a run says when it ends, for people and for scripts, in the form of the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ld_import.cli.described import LEVELS
from ld_import.cli.options import Logging
from ld_import.cli.show import counts, err, json_out, out
from ld_import.cli.summary import Facts, rows_of
from ld_import.cli.task import Task
from ld_import.cli.text import amount, plain
from ld_import.clock import Clock
from ld_import.errors import LdImportError
from ld_import.pipeline.tally import Tally

EXIT_TROUBLE = 3


def exit_code_of(tally: Tally, error: LdImportError | None) -> int:
    """Return the exit code: that of the error, else whether any line needs somebody's attention."""
    if error is not None:
        return error.exit_code
    return EXIT_TROUBLE if tally.trouble_count else 0


def tell(summary: Mapping[str, Any], *, is_json: bool, logging: Logging) -> None:
    """Print how a run ended: JSON for scripts, counts for people, nothing for `-q`."""
    if is_json:
        json_out(summary)
        return
    if logging.quiet:
        return
    seconds, requests = summary["seconds"], summary["requests"]
    what = "dry run of" if summary["dryRun"] else "imported"
    counts(f"{what} {summary['manifest']} → {summary['target']}", rows_of(summary))
    if summary["dryRun"]:
        out(
            f"  nothing was sent ({amount(summary['wouldRequest']['import'], 'request')} of"
            f" {summary['wouldRequest']['bytes']:,} bytes in all would be), {seconds:.1f} s"
        )
    else:
        out(
            f"  {amount(requests['import'], 'import request')},"
            f" {amount(requests['status'], 'status request')},"
            f"{_further(requests)} {requests['retried']:,} retried, {seconds:.1f} s"
        )


def _further(requests: Mapping[str, int]) -> str:
    rare = (("lookup", "look-up"), ("patch", "PATCH"))
    return "".join(f" {requests[name]:,} {word}," for name, word in rare if requests.get(name))


def say(level: str, text: str, logging: Logging, clock: Clock) -> None:
    """Print a line about the work beside the run's events, in the form of the log."""
    if logging.log_format != "json":
        err(f"{level}: {plain(text)}")
        return
    # A hint is no level of logs.
    named = level if level in LEVELS else "info"
    line = {"time": clock.now().isoformat(timespec="milliseconds"), "level": named}
    err(orjson.dumps({**line, "event": level, "message": plain(text)}).decode())


def say_error(error: LdImportError, logging: Logging, clock: Clock) -> None:
    """Print what ended the run and what to do next."""
    say("error", str(error), logging, clock)
    say("hint", error.hint, logging, clock)


def facts_of(task: Task, seconds: float, exit_code: int) -> Facts:
    """Return what a summary says beside its counts."""
    return Facts(
        run_id=task.run_id,
        kind=task.kind.name,
        target=task.server.url,
        system_name=task.settings.system_name,
        manifest=str(task.manifest.path),
        is_dry_run=task.options.dry_run,
        seconds=seconds,
        exit_code=exit_code,
    )
