"""Files of other formats: each kind has a sentence that says how to convert it."""

from __future__ import annotations

import pytest

from ld_import.errors import ManifestError
from ld_import.manifest import FORMATS_BY_SUFFIX, open_manifest
from ld_import.manifest.formats.unknown import ADVICE


@pytest.mark.parametrize(
    ("name", "text", "advice"),
    [
        ("a.xls", ".xls is another format of Excel, which is not read here", "save it as .xlsx"),
        ("a.ODS", ".ods is an OpenDocument spreadsheet", "Excel or LibreOffice"),
        ("a.numbers", "Apple Numbers", "export it as Excel"),
        ("a.docx", "a text document", "spreadsheet"),
        ("a.mdb", "Microsoft Access", "mdb-export FILE TABLE"),
        ("a.sql.gz", ".sql is a dump of a database", "as CSV with a header row"),
        ("a.sqlite", "a database of SQLite", "sqlite3 -header -csv FILE"),
        ("a.html", "a web page", "spreadsheet"),
        ("a.parquet", "a columnar data file", "duckdb -c"),
        ("a.zip", "an archive", "unpack it"),
        ("a.csv.xz", ".xz is a compressed file", ".gz"),
        ("a.pdf", "a PDF document", "get the data"),
        ("a.txt", "a text file", "rename it"),
        ("a.jpg", "a medium itself", "the URL of each medium"),
        ("a", "the file name has no ending", "--format"),
        ("a.gz", "the file name has no ending", "--format"),
        ("a.unheard", "the file name does not end in a known format", "--format"),
    ],
)
def test_other_kinds_say_how_to_convert_them(write, name, text, advice):
    """The ending decides; the file is not opened."""
    with pytest.raises(ManifestError) as caught:
        open_manifest(write(name, ""))

    assert text in str(caught.value)
    assert advice in caught.value.hint


def test_known_formats_have_no_such_advice():
    """An ending is read, or it is not."""
    assert not ADVICE.keys() & FORMATS_BY_SUFFIX.keys()
