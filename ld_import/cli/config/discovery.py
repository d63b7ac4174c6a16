"""Which files a command works with: the manifest that was not named, the ledger beside it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ld_import.cli.config.file import Config
from ld_import.errors import UsageError

if TYPE_CHECKING:
    from ld_import.manifest import Manifest

LEDGER_NAME = Path(".ld-import") / "ledger.sqlite3"
SUFFIXES = (".yaml", ".yml", ".jsonl", ".ndjson", ".json", ".csv", ".tsv")


def find_manifest(
    given: Path | None, command: str, config: Config, kinds: Sequence[str] | None = None
) -> Path:
    """Return the manifest: the given one, the configured one, or the only one of a fitting name.

    `kinds` are the kinds the command can be about, where that is not the command itself. Raises
    UsageError naming the candidates when there are several, and what was looked for when there is
    none.
    """
    if given is not None:
        return given
    kinds = (command,) if kinds is None else kinds
    configured = [config.file(config.command(kind).get("manifest")) for kind in kinds]
    named = [f"{kind}{ending}" for kind in kinds for ending in _endings()]
    fallback = [f"manifest{ending}" for ending in _endings()]
    for found in (
        list(dict.fromkeys(path for path in configured if path is not None)),
        [Path(name) for name in named if Path(name).is_file()],
        [Path(name) for name in fallback if Path(name).is_file()],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(
                f"there are several manifests: {', '.join(map(str, found))}",
                hint=f"name one: ld-import {command} {found[0]}",
            )
    stems, suffixes = ",".join((*kinds, "manifest")), ",".join(each[1:] for each in SUFFIXES)
    raise UsageError(
        f"no manifest is named, and none is here: looked for {{{stems}}}.{{{suffixes}}}[.gz]",
        hint=f"name one: ld-import {command} path/to/manifest.yaml",
    )


def _endings() -> list[str]:
    return [f"{suffix}{packed}" for suffix in SUFFIXES for packed in ("", ".gz")]


def read_manifest(
    path: Path, format_name: str | None, *, allow_outside_source: bool = False
) -> Manifest:
    """Open a manifest, which may come through standard input. Raises UsageError, ManifestError."""
    from ld_import.manifest import STANDARD_INPUT, open_manifest

    if path != STANDARD_INPUT:
        return open_manifest(path, format_name, allow_outside_source=allow_outside_source)
    if sys.stdin is None:
        raise UsageError("standard input is closed", hint="pipe the manifest into the command")
    return open_manifest(
        path, format_name, sys.stdin.buffer, allow_outside_source=allow_outside_source
    )


def output_file(given: Path | None, config: Config, command: str, key: str) -> Path | None:
    """Return a file a run writes beside its results: flag, else this key of the configuration."""
    return given or config.file(config.command(command).get(key))


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
