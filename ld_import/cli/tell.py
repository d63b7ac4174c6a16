"""What a run says when it ends, for people and for scripts."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ld_import.cli.log import Log
from ld_import.cli.show import counts, json_out, out
from ld_import.cli.summary import Facts, rows_of
from ld_import.cli.task import Task
from ld_import.errors import LdImportError
from ld_import.pipeline.tally import Tally
from ld_import.wording import amount

EXIT_TROUBLE = 3


def exit_code_of(tally: Tally, error: LdImportError | None) -> int:
    """Return the exit code: that of the error, else whether any line needs somebody's attention."""
    if error is not None:
        return error.exit_code
    return EXIT_TROUBLE if tally.trouble_count else 0


def tell(summary: Mapping[str, Any], *, is_json: bool, log: Log) -> None:
    """Print how a run ended: JSON for scripts, counts for people, nothing for `-q`.

    The log file gets the counts, however they are shown.
    """
    what = "dry run of" if summary["dryRun"] else "imported"
    title = f"{what} {summary['manifest']} → {summary['target']}"
    rows, last = rows_of(summary), _last_line(summary)
    log.sum_up(
        summary, f"{title}: {', '.join(f'{count:,} {name}' for name, count in rows)}, {last}"
    )
    if is_json:
        json_out(summary)
    elif not log.flags.quiet:
        counts(title, rows)
        out(f"  {last}")
    # Now, while signals wait for it; what goes wrong with it is told at the door.
    with suppress(OSError):
        sys.stdout.flush()


def _last_line(summary: Mapping[str, Any]) -> str:
    seconds, requests = summary["seconds"], summary["requests"]
    if summary["dryRun"]:
        would = summary["wouldRequest"]
        return (
            f"nothing was sent ({amount(would['import'], 'request')} of {would['bytes']:,} bytes in"
            f" all would be), {seconds:.1f} s"
        )
    return (
        f"{amount(requests['import'], 'import request')},"
        f" {amount(requests['status'], 'status request')},"
        f"{_further(requests)} {requests['retried']:,} retried, {seconds:.1f} s"
    )


def _further(requests: Mapping[str, int]) -> str:
    rare = (("lookup", "look-up"), ("patch", "PATCH"))
    return "".join(f" {requests[name]:,} {word}," for name, word in rare if requests.get(name))


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
