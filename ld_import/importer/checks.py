"""Checks of the settings of an import; each raises UsageError with a hint.

A message names a setting by its field with the flag in parentheses, as in `max_rate (--max-rate)`:
it is read by users of Python and of the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

import orjson

from ld_import.errors import UsageError
from ld_import.importer.setting_names import setting
from ld_import.kinds import KINDS
from ld_import.kinds.base import Kind
from ld_import.manifest.files import name_of
from ld_import.wording import did_you_mean

if TYPE_CHECKING:
    from ld_import.manifest import Header, Manifest

ON_EXISTING = ("skip", "patch", "fail")
CONTEXT_LIMIT_BYTES = 8192
# The size of the token that a request with a receiver adds to the context, at most.
TOKEN_BYTES = 50
# The kind whose files this program stores itself.
STORING_KIND = "media-library"
LONGEST_SECONDS = 365 * 24 * 3600


def check_kind(name: str) -> None:
    """Raise UsageError for an unknown kind."""
    if name not in KINDS:
        raise UsageError(f"unknown kind {name!r}", hint=did_you_mean(name, KINDS))


def check_list(kind: Kind, manifest: Manifest) -> None:
    """Raise UsageError for a manifest that lists items of another kind."""
    list_key = manifest.header.list_key
    if list_key not in (None, "items", kind.list_key):
        name = next((one.name for one in KINDS.values() if one.list_key == list_key), list_key)
        raise UsageError(
            f"{name_of(manifest.path)} lists `{list_key}`, not `{kind.list_key}`",
            hint=f"import it as {name}, or rename the list to `items`",
        )


def check_storage(kind: Kind, manifest: Manifest) -> None:
    """Raise UsageError for a manifest that names a storage, of a kind that stores no files."""
    if manifest.header.storage is not None and kind.name != STORING_KIND:
        raise UsageError(
            f"{name_of(manifest.path)} names a `storage`, which has no meaning for {kind.name}:"
            " the server fetches these files from their URLs",
            hint=f"remove `storage`, or import the manifest as {STORING_KIND}",
        )


def check_system_name(system_name: str, *, is_needed: bool, header: Header | None = None) -> None:
    """Raise UsageError for a missing or blank systemName; `header` is that of the manifest."""
    if not system_name.strip() and (is_needed or system_name):
        has_records_only = header is not None and header.list_key is None and header.source is None
        other = (
            "write a YAML manifest that names this file as `source` (`ld-import init` proposes one)"
            if has_records_only
            else "add `systemName: …` to the manifest"
        )
        raise UsageError(
            "no systemName is given: the name of the old system, which is stored with each of its"
            " items",
            hint=f"{other}, or set {setting('system_name')}",
        )


def check_on_existing(word: str) -> None:
    """Raise UsageError unless it is `skip`, `patch` or `fail`."""
    if word not in ON_EXISTING:
        raise UsageError(
            f"{setting('on_existing')} must be one of {', '.join(ON_EXISTING)}, not {word!r}",
            hint="`skip` keeps what the server has, `patch` changes the fields that differ, `fail`"
            " reports the item as failed",
        )


def check_reprobe(on_existing: str, *, is_wanted: bool) -> None:
    """Raise UsageError if files are to be read again, and nothing could be done with the result."""
    if is_wanted and on_existing != "patch":
        raise UsageError(
            "--reprobe reads stored files again, but what it finds changes an entry only with"
            " --on-existing patch",
            hint="add --on-existing patch, or omit --reprobe",
        )


def check_webhook(url: str | None) -> None:
    """Raise UsageError unless it is an http(s) URL."""
    if url is not None and not url.startswith(("http://", "https://")):
        # The rest of such a URL may be a secret.
        host = url.rpartition("@")[2].partition("/")[0].partition("?")[0]
        raise UsageError(
            f"{setting('webhook')} must be an http(s) URL, not {host!r}",
            hint="write it like https://archive.example/hook",
        )


def check_context(context: Mapping[str, Any] | None, *, has_receiver: bool) -> None:
    """Raise UsageError for a context that is too large, or that JSON cannot express."""
    if context is None:
        return
    if not isinstance(context, Mapping):
        raise UsageError(
            f"{setting('context')} must be a mapping",
            hint="pass a dict with text keys",
        )
    hint = "pass an id only, and keep the data it refers to in your own system"
    token_bytes = TOKEN_BYTES if has_receiver else 0
    try:
        size = len(orjson.dumps(context)) + token_bytes
    except orjson.JSONEncodeError:
        raise UsageError(
            f"{setting('context')} cannot be sent: its lists and objects are nested too deeply, or"
            " a number is too large",
            hint=hint,
        ) from None
    if size > CONTEXT_LIMIT_BYTES:
        added = f", {token_bytes} of them for notifications" if token_bytes else ""
        raise UsageError(
            f"{setting('context')} has {size:,} bytes{added}; the server accepts"
            f" {CONTEXT_LIMIT_BYTES:,}",
            hint=hint,
        )


def check_rate(number: float | None) -> None:
    """Raise UsageError unless it is a finite number of requests per second."""
    if number is not None and not isfinite(number):
        raise UsageError(
            f"{setting('max_rate')} must be a finite number of requests per second, not {number}",
            hint="omit it for no limit",
        )


def check_seconds(field: str, number: float | None) -> None:
    """Raise UsageError unless a setting is a number of seconds up to a year."""
    # NaN is neither less nor more than any number.
    if number is not None and not 0 <= number <= LONGEST_SECONDS:
        raise UsageError(
            f"{setting(field)} must be a number of seconds up to a year, not {number}",
            hint=f"set at most {LONGEST_SECONDS}, which is a year",
        )


def check_count(field: str, number: int, *, least: int = 1) -> None:
    """Raise UsageError unless a setting is at least this number."""
    if number < least:
        raise UsageError(
            f"{setting(field)} must be at least {least}, not {number}",
            hint="omit it for the default",
        )
