"""Finds the files of a command: the manifest if none is named, and the ledger beside it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from ld_import import suffixes
from ld_import.cli.config.file import Config
from ld_import.cli.config.overlooked import CONFIG_NAME
from ld_import.errors import ManifestError, UsageError
from ld_import.wording import did_you_mean

if TYPE_CHECKING:
    from ld_import.manifest import Manifest

LEDGER_NAME = Path(".ld-import") / "ledger.sqlite3"
# Files of a folder that are looked at for a suggestion.
LARGEST_FOLDER = 1000
SUFFIXES = tuple(suffix for suffix in suffixes.SUFFIXES if suffix not in suffixes.EXPORTS)


def find_manifest(
    given: Path | None, command: str, config: Config, kinds: Sequence[str] | None = None
) -> Path:
    """Return the manifest: the given one, the configured one, or the only one with a default name.

    `kinds` are the kinds that the command can import; the default is the command itself. Raises
    UsageError that names the candidates if there are several, or the names searched for if there
    is none.
    """
    if given is not None:
        return given
    kinds = (command,) if kinds is None else kinds
    configured = [config.file(config.command(kind).get("manifest")) for kind in kinds]
    named = [f"{kind}{ending}" for kind in kinds for ending in _endings()]
    fallback = [f"manifest{ending}" for ending in _endings()]
    for candidates in (
        list(dict.fromkeys(path for path in configured if path is not None)),
        [path for path in map(Path, named) if path.is_file()],
        [path for path in map(Path, fallback) if path.is_file()],
    ):
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            raise UsageError(
                f"there are several manifests: {', '.join(map(str, candidates))}",
                hint=f"name one: ld-import {command} {candidates[0]}",
            )
    stems, names = ",".join((*kinds, "manifest")), ",".join(suffix[1:] for suffix in SUFFIXES)
    likely = _likely_manifest() or _export(kinds)
    raise UsageError(
        f"no manifest is named, and the working directory has none: searched for"
        f" {{{stems}}}.{{{names}}}[.gz]",
        hint=f"name one: ld-import {command} {likely or 'path/to/manifest.yaml'}",
    )


def _likely_manifest() -> str | None:
    """Return the only file of the working directory whose name ends like that of a manifest."""
    names = _named_like_manifests(Path())
    return quote(names[0]) if len(names) == 1 else None


def _named_like_manifests(folder: Path) -> list[str]:
    try:
        names = sorted(file.name for file in islice(folder.iterdir(), LARGEST_FOLDER))
    except OSError:
        return []
    endings = tuple(_endings())
    return [name for name in names if name.endswith(endings) and name != CONFIG_NAME]


def _export(kinds: Sequence[str]) -> str | None:
    """Return the name of an export that is not searched for, but could be meant."""
    names = (f"{stem}{suffix}" for stem in (*kinds, "manifest") for suffix in suffixes.EXPORTS)
    return next((name for name in names if Path(name).is_file()), None)


def _endings() -> list[str]:
    return [f"{suffix}{compression}" for suffix in SUFFIXES for compression in ("", ".gz")]


def read_manifest(
    path: Path,
    format_name: str | None,
    *,
    allow_outside_source: bool = False,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> Manifest:
    """Open a manifest: a file, or standard input. Raises UsageError or ManifestError."""
    from ld_import.manifest import STANDARD_INPUT, open_manifest

    is_piped = path == STANDARD_INPUT
    if not is_piped:
        _check_path(path)
    elif sys.stdin is None:
        raise UsageError("standard input is closed", hint="pipe the manifest into the command")
    return open_manifest(
        path,
        format_name,
        sys.stdin.buffer if is_piped else None,
        allow_outside_source=allow_outside_source,
        delimiter=delimiter,
        sheet=sheet,
    )


def _check_path(path: Path) -> None:
    """Raise ManifestError for a folder, and for a missing file that has a similar name."""
    if path.is_dir():
        names = _named_like_manifests(path)
        known = f", such as {path / names[0]}" if names else ""
        raise ManifestError(f"{path} is a folder", hint=f"name the manifest in it{known}")
    if path.exists() or path.is_symlink():
        return
    names = _named_like_manifests(path.parent)
    if names and path.parent.is_dir():
        raise ManifestError(
            f"{path}: cannot be opened (No such file or directory)",
            hint=f"check the path; {did_you_mean(path.name, names)}",
        )


def output_file(given: Path | None, config: Config, command: str, key: str) -> Path | None:
    """Return the path of an additional output file: flag, else this key of the configuration."""
    return given or config.file(config.command(command).get(key))


def find_ledger(
    given: Path | None, profile: Mapping[str, Any], config: Config, *, folder: Path
) -> Path:
    """Return the path of the ledger: flag, environment, profile, else `folder`.

    Raises UsageError for a folder.
    """
    return ledger_file(given or config.file(profile.get("ledger")) or folder / LEDGER_NAME)


def ledger_file(path: Path) -> Path:
    """Return the path. Raises UsageError for a folder and for a file named like a manifest.

    SQLite would report a folder as a disk error, and a manifest as a damaged ledger.
    """
    if path.is_dir():
        raise UsageError(
            f"the ledger {path} is a folder",
            hint=f"name a file in it, such as {path / LEDGER_NAME.name}",
        )
    if path.name.endswith(tuple(_endings())) and path.is_file():
        raise UsageError(
            f"the ledger {path} has the name of a manifest",
            hint=f"name another file with --ledger, such as {path.parent / LEDGER_NAME}",
        )
    return path
