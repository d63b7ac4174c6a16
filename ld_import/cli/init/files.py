"""The files that `init` writes: nothing is overwritten, and each appears complete or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import IO

from ld_import.atomic_file import READABLE, replacing
from ld_import.cli.config.overlooked import CONFIG_NAME
from ld_import.cli.output.console import print_out
from ld_import.cli.output.sanitize import sanitize
from ld_import.errors import UsageError


class InitFiles:
    """The folder of the proposal, and what is written to it."""

    def __init__(self, export: Path | None, into: Path | None, *, is_copied: bool = False) -> None:
        """Choose the folder. Raises UsageError for a folder that the manifest cannot be in."""
        self._export = export
        beside = Path() if export is None else export.parent
        self.folder = beside if into is None else into
        is_elsewhere = os.path.realpath(self.folder) != os.path.realpath(beside)
        self._is_copied = is_copied and is_elsewhere
        self._lines: list[str] = []
        if export is not None and is_elsewhere and not is_copied:
            raise UsageError(
                f"{self.folder} is not the folder of {export}, and a manifest reads only its own",
                hint="add --copy to copy the export, or omit --into",
            )
        if self.folder.exists() and not self.folder.is_dir():
            raise UsageError(f"{self.folder} is not a folder", hint="name a folder with --into")

    @property
    def source(self) -> str:
        """The name of the export beside the manifest."""
        return "" if self._export is None else self._export.name

    def manifest(self, kind: str) -> Path:
        """Return the path of the manifest."""
        return self.folder / f"{kind}.yaml"

    def check(self, kind: str) -> None:
        """Raise UsageError if a file exists that would be overwritten; nothing is written yet."""
        copies = [self.folder / self.source] if self._is_copied else []
        for path in (self.manifest(kind), *copies):
            if os.path.lexists(path):
                raise UsageError(
                    f"{path} exists, and init overwrites nothing",
                    hint="rename it, or write to another folder with --into DIR --copy",
                )

    def write(self, kind: str, manifest: str, config: str) -> None:
        """Write the copy of the export, the manifest and the configuration, in this order.

        An existing configuration remains. Raises UsageError if a file cannot be written; what was
        written before is removed then.
        """
        writers: dict[Path, Callable[[IO[bytes]], object]] = {}
        if self._is_copied and self._export is not None:
            writers[self.folder / self.source] = self._copy
        writers[self.manifest(kind)] = lambda file: file.write(manifest.encode())
        path = self.folder / CONFIG_NAME
        if os.path.lexists(path):
            self._lines.append(f"{path} exists and remains as it is")
        else:
            writers[path] = lambda file: file.write(config.encode())
        with _all_or_nothing() as written:
            self._make_folder()
            for target, write in writers.items():
                with replacing(target, mode=READABLE) as file:
                    write(file)
                written.append(target)
        self._lines += [f"wrote {target}" for target in writers]

    def report(self) -> None:
        """Print what was written and what remains."""
        for line in self._lines:
            print_out(sanitize(line))

    def print_next(self, kind: str) -> None:
        """Print the next commands."""
        name = self.manifest(kind).name
        is_here = os.path.realpath(self.folder) == os.path.realpath(Path())
        print_out("next:")
        if not is_here:
            print_out(f"  cd {sanitize(quote(str(self.folder)))}")
        print_out(f"  ld-import validate {name}        # after each edit")
        print_out(f"  ld-import {kind} {name} --dry-run  # shows the first request")
        print_out(f"  ld-import {kind} {name} --limit 10")

    def _copy(self, file: IO[bytes]) -> None:
        assert self._export is not None
        with self._export.open("rb") as source:
            shutil.copyfileobj(source, file)

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)


@contextmanager
def _all_or_nothing() -> Iterator[list[Path]]:
    """Yield a list for the written files, which are removed if the block raises."""
    written: list[Path] = []
    try:
        yield written
    except BaseException as error:
        for path in written:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            reason = error.strerror or error
            raise UsageError(
                f"the files cannot be written: {reason}",
                hint="write to another folder with --into DIR --copy",
            ) from error
        raise
