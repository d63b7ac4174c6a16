"""Applies the precedence of settings: flag or environment, header, configuration, default."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson

from ld_import.cli.options import ImportFlags
from ld_import.errors import UsageError
from ld_import.importer import settings
from ld_import.importer.checks import ON_EXISTING

if TYPE_CHECKING:
    from ld_import.manifest import Header


# Learn the number of items in a batch.
AUTO = "auto"


def resolve_settings(
    flags: ImportFlags, header: Header, defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the fields of `ImportSettings` that flags, header or configuration can set.

    `defaults` is the section of the command in the configuration. The ids of `--only-file` are not
    among them. Raises UsageError.
    """
    return {
        "system_name": flags.system_name or header.system_name or defaults.get("systemName") or "",
        "external_id": flags.external_id or header.external_id or defaults.get("externalId"),
        "webhook": flags.webhook or header.webhook or defaults.get("webhook"),
        "context": header.context or defaults.get("context")
        if flags.context is None
        else _context_from(flags.context),
        "batch_size": _batch_size(flags.batch_size or defaults.get("batchSize", AUTO)),
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
        "only": frozenset(flags.only) if flags.only else None,
        "limit": flags.limit,
        "accept_new_ids": flags.accept_new_ids,
        "preflight": not flags.no_preflight,
        "spot_check": not flags.no_spot_check,
        "random_ids": flags.random_ids,
        "has_receiver": flags.listen is not None,
    }


def _batch_size(value: str | int) -> int | None:
    if value == AUTO:
        return None
    with suppress(ValueError):
        if (size := int(value)) >= 1:
            return size
    raise UsageError(
        f"--batch-size must be a whole number, 1 or more, or {AUTO}, not {value!r}",
        hint=f"omit it to learn the size: {AUTO} is the default",
    )


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


def empty_selection(flags: ImportFlags, only: frozenset[str] | None) -> str | None:
    """Return a warning if the flags select no item at all."""
    if only is not None and not only:
        return f"--only-file {flags.only_file} names no externalId, so that nothing is sent"
    if flags.limit == 0:
        return "--limit 0 sends nothing; omit it to send everything"
    return None
