"""The files a run writes beside its results: none may be one that something else is kept in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from os.path import realpath
from pathlib import Path
from typing import Any

from ld_import.cli.config import Config, beside, config_path, find_config
from ld_import.cli.find import find_ledger, find_manifest, output_file
from ld_import.cli.options import Connection, ImportOptions
from ld_import.errors import LdImportError, UsageError

# What SQLite and the lock keep beside a ledger.
LEDGER_ENDINGS = ("", "-wal", "-shm", "-journal", ".lock", ".holder")
# Where a source is named no records stand beside it: what is larger is not read to find one.
LARGEST_HEADER_BYTES = 1_000_000

Used = tuple[str, Path]


class OutputTaken(UsageError):
    """An output file is one that something else is kept in: it must stay as it is."""

    hint = "name a file in a folder that exists, in which nothing else is kept"


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where a run writes beside its results, if anywhere."""

    log_file: Path | None
    metrics_file: Path | None

    def check(self, *used: Used) -> None:
        """Raise OutputTaken where one of them is one of these files, or both are the same."""
        taken = {_identity(path): what for what, path in used}
        for name, path in (("log file", self.log_file), ("metrics file", self.metrics_file)):
            if path is None:
                continue
            identity = _identity(path)
            if identity in taken:
                raise OutputTaken(f"the {name} {path} is {taken[identity]}")
            taken[identity] = f"the {name} as well"


def find_outputs(
    kind_name: str, options: ImportOptions, connection: Connection, log_file: Path | None
) -> Outputs:
    """Return log file and metrics file: flag, else the configuration. Raises UsageError.

    What is wrong with the files of the run itself is left to it: it tells that in its log, too.
    """
    config = Config()
    try:
        config = find_config(connection.config)
    except UsageError:
        if log_file is None:
            raise
    outputs = Outputs(
        log_file=output_file(log_file, config, kind_name, "logFile"),
        metrics_file=output_file(options.metrics_file, config, kind_name, "metricsFile"),
    )
    if outputs != Outputs(None, None):
        outputs.check(*_used(kind_name, options, connection, config))
    return outputs


def _used(
    kind_name: str, options: ImportOptions, connection: Connection, config: Config
) -> Iterator[Used]:
    yield "the configuration", config_path(connection.config)
    if ignored := beside(options.manifest):
        yield "a configuration", ignored
    manifest = options.manifest
    with suppress(UsageError):
        manifest = find_manifest(manifest, kind_name, config)
    profile: Mapping[str, Any] = {}
    with suppress(UsageError):
        profile = config.profile(connection.profile)
    if manifest is not None:
        yield "the manifest", manifest
        if source := _source_of(manifest, options.format_name):
            yield "the source of the manifest", source
    folder = manifest.parent if manifest is not None else Path()
    with suppress(UsageError):
        ledger = find_ledger(connection.ledger, profile, config, folder=folder)
        yield from (("the ledger", path) for path in _files_of(ledger))


def is_of_ledger(path: Path, ledger: Path) -> bool:
    """Return whether a path is a ledger, or a file that SQLite or the lock keep beside it."""
    return _identity(path) in {_identity(each) for each in _files_of(ledger)}


def _files_of(ledger: Path) -> list[Path]:
    # Beside the real one, whatever link leads there.
    real = realpath(ledger)
    return [Path(f"{real}{ending}") for ending in LEDGER_ENDINGS]


def _source_of(manifest: Path, format_name: str | None) -> Path | None:
    from ld_import.manifest.files import ByteFile
    from ld_import.manifest.formats import format_for

    with suppress(LdImportError, OSError):
        if manifest.stat().st_size <= LARGEST_HEADER_BYTES:
            reader = format_for(manifest, format_name)
            source = (reader.survey(ByteFile(manifest)).header or {}).get("source")
            return manifest.parent / source if isinstance(source, str) else None
    return None


def _identity(path: Path) -> object:
    """Return what two paths of one file have in common, whatever links lead there."""
    try:
        status = path.stat()
    except OSError:
        return realpath(path)
    return status.st_dev, status.st_ino
