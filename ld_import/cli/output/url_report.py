"""The CSV file with the records whose URLs need repair; safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import shutil
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile

from ld_import.atomic_file import PRIVATE, replacing
from ld_import.cli.output.csv_cells import escape_formulas
from ld_import.cli.output.sanitize import sanitize
from ld_import.errors import UsageError
from ld_import.tempdir import python_folder, temp_space_error
from ld_import.url_checks.groups import reasons_of
from ld_import.url_checks.store import CheckedRecord

COLUMNS = (
    "line",
    "externalId",
    "url",
    "status",
    "reason",
    "finalUrl",
    "type",
    "bytes",
    "checkedAt",
    "level",
    "detail",
)


class UrlReport:
    """Rows in a temporary file, which becomes the report when all are known."""

    def __init__(self, path: Path) -> None:
        """Begin a report for this path."""
        self.path = path
        self._count = 0
        self._file = TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._text = TextIOWrapper(self._file, "utf-8", newline="", write_through=False)
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self._writer.writerow(COLUMNS)

    def add(self, record: CheckedRecord) -> None:
        """Add a row. Raises TempSpaceError for a full disk."""
        result = record.result
        cells = (
            record.line,
            record.external_id,
            record.url,
            result.status,
            ", ".join(reasons_of(result)),
            result.final_url,
            result.media_type,
            result.byte_count,
            record.checked_at.isoformat().replace("+00:00", "Z"),
            "warning" if result.is_good else "error",
            result.detail,
        )
        try:
            self._writer.writerow([_cell(cell) for cell in cells])
        except OSError as error:
            what = "the URL report cannot be stored"
            raise temp_space_error(what, python_folder(), error) from error
        self._count += 1

    def write(self) -> int:
        """Write the file for its owner only, in place of an older one; return the number of rows.

        Raises UsageError if it cannot be written.
        """
        try:
            self._text.flush()
            self._file.seek(0)
            with replacing(self.path, mode=PRIVATE) as target:
                shutil.copyfileobj(self._file, target)
        except OSError as error:
            raise UsageError(
                f"the URL report {self.path} cannot be written: {error.strerror}",
                hint="run the same command again with another --url-report; all results are kept",
            ) from None
        return self._count

    def close(self) -> None:
        """Remove the temporary file; safe to call again."""
        self._text.close()


def _cell(value: object) -> object:
    # A secret that only this program knows, such as a token, is not recognised by its form.
    return escape_formulas(sanitize(value)) if isinstance(value, str) else value
