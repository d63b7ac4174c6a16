"""Which files a command works with: the manifest that was not named, the ledger beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ld_import.cli.config import Config
from ld_import.errors import UsageError

LEDGER_NAME = Path(".ld-import") / "ledger.sqlite3"
SUFFIXES = (".yaml", ".yml", ".jsonl", ".json")


def find_manifest(given: Path | None, command: str, config: Config) -> Path:
    """Return the manifest: the given one, the configured one, or the only one of a fitting name.

    Raises UsageError naming the candidates when there are several, and what was looked for when
    there is none.
    """
    if given is not None:
        return given
    if configured := config.file(config.command(command).get("manifest")):
        return configured
    for stem in (command, "manifest"):
        names = [f"{stem}{suffix}{packed}" for suffix in SUFFIXES for packed in ("", ".gz")]
        found = [Path(name) for name in names if Path(name).is_file()]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(
                f"there are several manifests here: {', '.join(map(str, found))}",
                hint=f"name one: ld-import {command} {found[0]}",
            )
    raise UsageError(
        f"no manifest is named, and there is no {command}.yaml, {command}.jsonl or manifest.yaml"
        " here",
        hint=f"name one: ld-import {command} path/to/manifest.yaml",
    )


def find_ledger(
    given: Path | None, profile: Mapping[str, Any], config: Config, *, folder: Path
) -> Path:
    """Return the ledger's path: flag, environment, profile, else beside the manifest.

    Raises UsageError for a folder.
    """
    return ledger_file(given or config.file(profile.get("ledger")) or folder / LEDGER_NAME)


def ledger_file(path: Path) -> Path:
    """Return the path, unless it is a folder: SQLite would speak of a broken disk."""
    if path.is_dir():
        raise UsageError(
            f"the ledger {path} is a folder",
            hint=f"name a file in it, such as {path / LEDGER_NAME.name}",
        )
    return path
