"""What a run is to do, settled from flags, environment, manifest header, profile and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from ld_import.cli.config import Config
from ld_import.cli.options import ImportOptions
from ld_import.cli.small_file import read_small
from ld_import.errors import UsageError
from ld_import.pipeline.plan import Rules

if TYPE_CHECKING:
    from ld_import.manifest import Header

BATCH_SIZE = 100
# The server takes 500 kB; what is written here stays clear of how it counts.
BATCH_BYTES = 480_000
PARALLEL = 2
MAX_WAIT_SECONDS = 3600.0
LONGEST_SECONDS = 365 * 24 * 3600
CONTEXT_LIMIT_BYTES = 8192
# A million ids.
LARGEST_LIST_BYTES = 64_000_000
# What the token of a request adds to the context, at most.
TOKEN_BYTES = 50
ON_EXISTING = ("skip", "patch", "fail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every question about an import answered.

    `system_name` may be empty where each entry can bring its own.
    """

    system_name: str
    external_id: str | None
    webhook: str | None
    context: Mapping[str, Any] | None
    batch_size: int
    batch_bytes: int
    parallel: int
    max_rate: float | None
    max_wait_seconds: float
    max_duration_seconds: float | None
    is_waiting_for_quota: bool
    daily_limit: int | None
    on_existing: str


def settle_settings(
    options: ImportOptions,
    header: Header,
    config: Config,
    command: str,
    *,
    needs_system_name: bool = True,
) -> Settings:
    """Answer every question: flag or environment, then the manifest's header, then the config.

    Raises UsageError for what cannot be.
    """
    defaults = config.command(command)
    system_name = options.system_name or header.system_name or defaults.get("systemName") or ""
    if not system_name.strip() and (needs_system_name or system_name):
        raise UsageError(
            "no systemName is given: it names the legacy system and is half of every item's"
            " identity",
            hint="write `systemName: …` into the manifest, or give --system-name",
        )
    return Settings(
        system_name=system_name,
        external_id=options.external_id or header.external_id or defaults.get("externalId"),
        webhook=_webhook(options.webhook or header.webhook or defaults.get("webhook")),
        context=_context(
            options.context,
            header.context or defaults.get("context"),
            spare_bytes=TOKEN_BYTES if options.listen else 0,
        ),
        batch_size=options.batch_size or defaults.get("batchSize", BATCH_SIZE),
        batch_bytes=options.batch_bytes or defaults.get("batchBytes", BATCH_BYTES),
        parallel=options.parallel or defaults.get("parallel", PARALLEL),
        max_rate=_rate(options.max_rate or defaults.get("maxRate")),
        max_wait_seconds=_seconds(
            "--max-wait", _first(options.max_wait, defaults.get("maxWait"), MAX_WAIT_SECONDS)
        ),
        max_duration_seconds=_seconds(
            "--max-duration", _first(options.max_duration, defaults.get("maxDuration"))
        ),
        is_waiting_for_quota=options.wait_for_quota or defaults.get("waitForQuota", False),
        daily_limit=options.daily_limit or defaults.get("dailyLimit"),
        on_existing=_on_existing(options.on_existing or defaults.get("onExisting")),
    )


def rules_of(options: ImportOptions, settings: Settings, *, largest_item_bytes: int) -> Rules:
    """Return what the flags ask of the decisions. Raises UsageError."""
    only = set(options.only)
    if options.only_file is not None:
        only |= _lines_of(options.only_file)
    is_partial = bool(options.only) or options.only_file is not None
    return Rules(
        retry_failed=options.retry_failed,
        force=options.force,
        only=frozenset(only) if is_partial else None,
        limit=options.limit,
        patch=settings.on_existing == "patch",
        largest_item_bytes=largest_item_bytes,
    )


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _rate(number: float | None) -> float | None:
    if number is not None and not isfinite(number):
        raise UsageError(f"--max-rate {number} is no number of requests", hint="leave it away")
    return number


def _seconds(flag: str, number: Any) -> Any:
    # Not a number is neither more nor less than anything.
    if number is not None and not 0 <= number <= LONGEST_SECONDS:
        raise UsageError(
            f"{flag} {number} is no number of seconds up to a year",
            hint=f"give at most {LONGEST_SECONDS}, which is a year",
        )
    return number


def _on_existing(word: str | None) -> str:
    if word is not None and word not in ON_EXISTING:
        raise UsageError(
            f"--on-existing {word!r} is none of {', '.join(ON_EXISTING)}",
            hint="`skip` leaves what the server has, `patch` changes what differs, `fail` reports",
        )
    return word or ON_EXISTING[0]


def _webhook(url: str | None) -> str | None:
    if url is not None and not url.startswith(("http://", "https://")):
        # Whoever knows the rest of such a URL may use it.
        host = url.rpartition("@")[2].partition("/")[0].partition("?")[0]
        raise UsageError(f"the webhook {host!r} is no http(s) URL", hint="check --webhook")
    return url


def _context(
    text: str | None, otherwise: Mapping[str, Any] | None, *, spare_bytes: int
) -> Mapping[str, Any] | None:
    context = otherwise if text is None else _context_from(text)
    size = _size_of(context) + spare_bytes if context is not None else 0
    if size > CONTEXT_LIMIT_BYTES:
        added = f" with what --listen adds ({spare_bytes})" if spare_bytes else ""
        raise UsageError(
            f"the context has {size:,} bytes{added}, the server takes {CONTEXT_LIMIT_BYTES:,}",
            hint="pass an id, and keep the rest on your side",
        )
    return context


def _size_of(context: Mapping[str, Any]) -> int:
    try:
        return len(orjson.dumps(context))
    except orjson.JSONEncodeError:
        raise UsageError(
            "the context cannot be sent: its lists and objects are nested too deeply, or a number"
            " is too large",
            hint="pass an id, and keep the rest on your side",
        ) from None


def _context_from(text: str) -> Mapping[str, Any]:
    hint = 'write it like --context \'{"import": "nightly"}\''
    try:
        context = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"--context is no JSON: {error}", hint=hint) from None
    if not isinstance(context, dict):
        raise UsageError("--context is no JSON object", hint=hint)
    return context


def _lines_of(path: Path) -> set[str]:
    try:
        text = read_small(path, limit=LARGEST_LIST_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        hint = "name a file with one externalId a line"
        raise UsageError(f"--only-file {path} cannot be read: {reason}", hint=hint) from None
    return {line.removesuffix("\r") for line in text.split("\n") if line.strip()}
