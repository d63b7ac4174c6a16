"""Resolves the flags for transfers of files: flag, configuration, default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ld_import.assets.base import VERIFY
from ld_import.assets.clusters.address import scheduler_address
from ld_import.cli.config.sizes import bytes_from
from ld_import.cli.options import ImportFlags
from ld_import.errors import UsageError

LOWEST_RATE = 1024
# The flags that are only about files to upload.
NAMES = (
    "transfers",
    "workers",
    "verify",
    "reprobe",
    "allow_private_sources",
    "limit_bandwidth",
)


def transfer_settings(flags: ImportFlags, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `AssetSettings` that flags or the section of the command can set.

    Raises UsageError.
    """
    if flags.workers and flags.transfers:
        raise UsageError(
            "--transfers and --workers cannot be combined: each worker transfers as many files as"
            " it has threads",
            hint="omit one of them",
        )
    workers = flags.workers or defaults.get("workers")
    settings = {
        "workers": None if workers is None else scheduler_address(workers),
        "verify": _verification(flags.verify or defaults.get("verify") or VERIFY[0]),
        "reprobe": flags.reprobe,
        "bytes_per_second": _rate(flags.limit_bandwidth or defaults.get("limitBandwidth")),
    }
    transfers = flags.transfers or defaults.get("transfers")
    return settings if transfers is None else {**settings, "transfers": transfers}


def check_unused(flags: ImportFlags) -> None:
    """Raise UsageError for a flag about files to upload, if there is no storage for any."""
    given = [name for name in NAMES if getattr(flags, name)]
    if given:
        raise UsageError(
            f"--{given[0].replace('_', '-')} has no meaning: no storage is configured for files"
            " of this manifest",
            hint="add `storages:` to ld-import.yaml, or omit the flag",
        )


def _verification(word: str) -> str:
    if word not in VERIFY:
        raise UsageError(
            f"--verify must be one of {', '.join(VERIFY)}, not {word!r}",
            hint="`etag` compares the checksum that the storage names, `get` reads the file again,"
            " `none` compares nothing",
        )
    return word


def _rate(value: int | str | None) -> float | None:
    if value is None:
        return None
    rate = bytes_from(value)
    if rate is None or rate < LOWEST_RATE:
        raise UsageError(
            f"--limit-bandwidth must be a number of bytes in a second, 1K or more, not {value!r}",
            hint="write it like 10M; omit it for no limit",
        )
    return float(rate)
