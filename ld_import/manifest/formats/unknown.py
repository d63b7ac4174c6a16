"""Files of other formats: what each of them is, and how to convert it."""

from __future__ import annotations

from pathlib import Path

from ld_import.errors import ManifestError
from ld_import.suffixes import SUFFIXES

IN_OFFICE = "open it in Excel or LibreOffice and save it as .xlsx"
AS_TABLE = "copy the table into a spreadsheet and save it as .xlsx"
FROM_DATABASE = "load it into its database, and export the table as CSV with a header row"
UNPACK = "unpack it, and name the file in it"

# Each kind of file: its endings, what it is, and how to convert it.
KINDS: tuple[tuple[str, str, str], ...] = (
    (".xls .xlsm .xlsb .xlt .xltx .xltm", "another format of Excel", IN_OFFICE),
    (".ods .fods .ots", "an OpenDocument spreadsheet", IN_OFFICE),
    (".numbers", "a spreadsheet of Apple Numbers", "open it there and export it as Excel (.xlsx)"),
    (".doc .docx .odt .rtf .pages", "a text document", AS_TABLE),
    (".pdf", "a PDF document", f"get the data that it was made from, or {AS_TABLE}"),
    (
        ".mdb .accdb",
        "a database of Microsoft Access",
        "export the table there as .xlsx, or with: mdb-export FILE TABLE > media.csv",
    ),
    (".sql .dump .bak", "a dump of a database", FROM_DATABASE),
    (
        ".db .sqlite .sqlite3",
        "a database of SQLite",
        "export the table: sqlite3 -header -csv FILE 'SELECT * FROM media' > media.csv",
    ),
    (
        ".parquet .feather .arrow .orc .avro",
        "a columnar data file",
        "convert it, for example: duckdb -c \"COPY (FROM 'FILE') TO 'media.jsonl' (FORMAT json)\"",
    ),
    (
        ".html .htm .xhtml .mhtml",
        "a web page",
        "open it in a spreadsheet and save the table as .xlsx",
    ),
    (".zip .7z .rar .tar .tgz .jar", "an archive", UNPACK),
    (
        ".bz2 .xz .zst .lz4 .br",
        "a compressed file",
        "unpack it, or compress it again as .gz",
    ),
    (
        ".txt .log .dat .text .prn",
        "a text file of an unknown format",
        "rename it to what it holds, for example .csv or .tsv",
    ),
    (
        ".toml .ini .conf .env",
        "a configuration file",
        "name the manifest, and give the configuration with --config",
    ),
    (
        ".jpg .jpeg .png .gif .tif .tiff .webp .mp4 .mov .avi .mp3 .wav .svg",
        "a medium itself, not a list of media",
        "write a manifest that has the URL of each medium",
    ),
    (
        ".rss .atom .wxr",
        "a feed",
        "for the media of WordPress, choose Tools > Export there and name the .xml that it saves",
    ),
)
ADVICE = {suffix: (what, hint) for endings, what, hint in KINDS for suffix in endings.split()}


def unknown_format(path: Path) -> ManifestError:
    """Return the error about a file name whose ending is not that of a format."""
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if advice := ADVICE.get(suffix):
        what, hint = advice
        return ManifestError(f"{path}: {suffix} is {what}, which is not read here", hint=hint)
    text = "does not end in a known format" if suffix else "has no ending that shows its format"
    return ManifestError(
        f"{path}: the file name {text} (known: {', '.join(SUFFIXES)}, and .gz)",
        hint="rename the file, set --format, or convert it to .csv, .xlsx or .jsonl",
    )
