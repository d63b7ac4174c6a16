"""A list of JSON documents on its way to standard output, kept in a temporary file."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import Any

from ld_import.cli.output.sanitize import json_text
from ld_import.tempdir import python_folder, temp_space_error

MEMORY_BYTES = 1024 * 1024


class SpooledLines:
    """Documents in memory up to 1 MB, else on disk: their output begins when all are known."""

    def __init__(self) -> None:
        """Start without documents."""
        self._file = SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 - closed by `close`

    def add(self, document: Any) -> None:
        """Keep a document. Raises TempSpaceError for a full disk."""
        try:
            self._file.write(json_text(document).encode() + b"\n")
        except OSError as error:
            what = "the findings cannot be stored"
            raise temp_space_error(what, python_folder(), error) from error

    def lines(self, indent: str) -> Iterator[str]:
        """Yield the documents as the lines of a JSON list, without its brackets."""
        self._file.seek(0)
        line = self._file.readline()
        while line:
            following = self._file.readline()
            yield f"{indent}{line.decode().rstrip()}{',' if following else ''}"
            line = following

    def close(self) -> None:
        """Remove the temporary file."""
        self._file.close()
