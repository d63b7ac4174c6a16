"""The two files of a verification beside the ledger: its progress, and its last result."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from ld_import.atomic_file import PRIVATE, replacing
from ld_import.errors import LedgerError
from ld_import.model import Target
from ld_import.small_file import read_small

RESULT_FORMAT = "ld-import verification"
RESULT_VERSION = 1
LARGEST_RESULT_BYTES = 16_000_000


def progress_path(ledger_path: Path, target: Target) -> Path:
    """Return the file with the progress and all mismatches: JSON lines."""
    return _beside(ledger_path, target, ".jsonl")


def result_path(ledger_path: Path, target: Target) -> Path:
    """Return the file with the last result, one JSON document."""
    return _beside(ledger_path, target, ".json")


def write_result(ledger_path: Path, target: Target, document: dict[str, Any]) -> None:
    """Replace the last result of a target. Raises LedgerError."""
    path = result_path(ledger_path, target)
    try:
        with replacing(path, mode=PRIVATE) as file:
            file.write(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    except OSError as error:
        raise LedgerError(
            f"the result {path} cannot be written: {error.strerror}",
            hint="make the folder of the ledger writable, and free disk space",
        ) from None


def read_result(ledger_path: Path, target: Target) -> dict[str, Any] | None:
    """Return the last result of a target; `None` if there is none that can be read."""
    try:
        content = read_small(result_path(ledger_path, target), limit=LARGEST_RESULT_BYTES)
        document = orjson.loads(content)
    except (OSError, orjson.JSONDecodeError):
        return None
    is_ours = isinstance(document, dict) and document.get("format") == RESULT_FORMAT
    return document if is_ours and document.get("version") == RESULT_VERSION else None


def _beside(ledger_path: Path, target: Target, suffix: str) -> Path:
    name = "\0".join((target.server, target.project, target.kind))
    mark = blake2b(name.encode(errors="surrogatepass"), digest_size=4).hexdigest()
    return ledger_path.with_name(f"{ledger_path.stem}.verify-{target.kind}-{mark}{suffix}")
