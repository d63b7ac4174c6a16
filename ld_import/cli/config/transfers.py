"""Resolves the flags for transfers of files: flag, configuration, default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ld_import.assets.base import VERIFY
from ld_import.cli.config.sizes import bytes_from
from ld_import.cli.options import ImportFlags
from ld_import.errors import UsageError
from ld_import.importer.server import is_loopback

SCHEDULER = re.compile(r"(tls|tcp)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")
LARGEST_PORT = 65_535
LOWEST_RATE = 1024


def transfer_settings(flags: ImportFlags, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `AssetSettings` that flags or the section of the command can set.

    Raises UsageError.
    """
    settings = {
        "workers": _scheduler(flags.workers or defaults.get("workers")),
        "verify": _verification(flags.verify or defaults.get("verify") or VERIFY[0]),
        "reprobe": flags.reprobe,
        "bytes_per_second": _rate(flags.limit_bandwidth or defaults.get("limitBandwidth")),
    }
    transfers = flags.transfers or defaults.get("transfers")
    return settings if transfers is None else {**settings, "transfers": transfers}


def _scheduler(url: str | None) -> str | None:
    if url is None:
        return None
    found = SCHEDULER.fullmatch(url)
    if found is None or not 0 < int(found[3]) <= LARGEST_PORT:
        raise UsageError(
            f"--workers must be the address of a Dask scheduler, not {url!r}",
            hint="write it like tls://scheduler.example:8786",
        )
    # Everyone who reaches a scheduler runs code on its workers.
    if found[1] == "tcp" and not is_loopback(found[2].strip("[]")):
        raise UsageError(
            f"--workers {url} is not encrypted, and anyone could send tasks to it",
            hint="start the scheduler with TLS, and write tls://; tcp:// is accepted for this"
            " machine only",
        )
    return url


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
