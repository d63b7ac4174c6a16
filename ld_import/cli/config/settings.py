"""Applies the precedence of settings: flag or environment, header, configuration, default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from ld_import.cli.options import ImportFlags
from ld_import.errors import UsageError
from ld_import.importer import settings
from ld_import.importer.checks import ON_EXISTING
from ld_import.small_file import read_small

if TYPE_CHECKING:
    from ld_import.manifest import Header

# The first line of a manifest in JSON, JSON Lines or YAML.
NOT_A_LIST = re.compile(
    r"[{\[]|(---|(systemName|source|map|items|videos|images|files|mediaLibraryEntries):)(\s|$)"
)
QUOTED = re.compile("\"[^\"]*\"|'[^']*'")
# About a million ids.
LARGEST_LIST_BYTES = 64_000_000


def resolve_settings(
    flags: ImportFlags, header: Header, defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the fields of `ImportSettings` that flags, header or configuration can set.

    `defaults` is the section of the command in the configuration. Raises UsageError.
    """
    return {
        "system_name": flags.system_name or header.system_name or defaults.get("systemName") or "",
        "external_id": flags.external_id or header.external_id or defaults.get("externalId"),
        "webhook": flags.webhook or header.webhook or defaults.get("webhook"),
        "context": header.context or defaults.get("context")
        if flags.context is None
        else _context_from(flags.context),
        "batch_size": flags.batch_size or defaults.get("batchSize", settings.BATCH_SIZE),
        "batch_bytes": flags.batch_bytes or defaults.get("batchBytes", settings.BATCH_BYTES),
        "parallel": flags.parallel or defaults.get("parallel", settings.PARALLEL),
        "max_failures": _first(
            flags.max_failures, defaults.get("maxFailures"), settings.MAX_FAILURES
        ),
        "max_rate": flags.max_rate or defaults.get("maxRate"),
        "max_wait_seconds": _first(
            flags.max_wait, defaults.get("maxWait"), settings.MAX_WAIT_SECONDS
        ),
        "max_duration_seconds": _first(flags.max_duration, defaults.get("maxDuration")),
        "wait_for_quota": flags.wait_for_quota or defaults.get("waitForQuota", False),
        "daily_limit": flags.daily_limit or defaults.get("dailyLimit"),
        "on_existing": flags.on_existing or defaults.get("onExisting") or ON_EXISTING[0],
        "follow_jobs": not flags.no_wait,
        "retry_failed": flags.retry_failed,
        "force": flags.force,
        "only": _only(flags),
        "limit": flags.limit,
        "accept_new_ids": flags.accept_new_ids,
        "preflight": not flags.no_preflight,
        "spot_check": not flags.no_spot_check,
        "random_ids": flags.random_ids,
        "has_receiver": flags.listen is not None,
    }


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _context_from(text: str) -> Mapping[str, Any]:
    hint = 'write it like: --context \'{"import": "nightly"}\''
    try:
        context = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"--context is not JSON: {error}", hint=hint) from None
    if not isinstance(context, dict):
        raise UsageError("--context is not a JSON object", hint=hint)
    return context


def _only(flags: ImportFlags) -> frozenset[str] | None:
    if not flags.only and flags.only_file is None:
        return None
    from_file = set() if flags.only_file is None else _lines_of(flags.only_file)
    return frozenset(from_file.union(flags.only or ()))


def empty_selection(flags: ImportFlags, only: frozenset[str] | None) -> str | None:
    """Return a warning if the flags select no item at all."""
    if only is not None and not only:
        return f"--only-file {flags.only_file} names no externalId, so that nothing is sent"
    if flags.limit == 0:
        return "--limit 0 sends nothing; omit it to send everything"
    return None


def _lines_of(path: Path) -> set[str]:
    try:
        text = read_small(path, limit=LARGEST_LIST_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        hint = "name a text file with one externalId per line"
        raise UsageError(f"--only-file {path} cannot be read: {reason}", hint=hint) from None
    lines = {line.removesuffix("\r") for line in text.split("\n") if line.strip()}
    _check_ids(path, lines, text)
    return lines


def _check_ids(path: Path, lines: set[str], text: str) -> None:
    """Raise UsageError for a table, a manifest, or ids in quotation marks."""
    first = text.partition("\n")[0].strip()
    cells = [cell.strip("\"' ") for cell in re.split("[,;\t]", first)]
    if len(cells) > 1 and "externalId" in cells:
        problem = "is a table: its first line has several columns"
        hint = "keep the column externalId only, one id a line, without the header"
    elif NOT_A_LIST.match(first):
        problem, hint = "is a manifest", "name a text file with one externalId per line"
    elif lines and all(QUOTED.fullmatch(line) for line in lines):
        problem, hint = "has its ids in quotation marks", "remove the quotation marks"
    else:
        return
    raise UsageError(f"--only-file {path} {problem}", hint=hint)
