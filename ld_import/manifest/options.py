"""Options of formats: the delimiter of a CSV and the sheet of a workbook."""

from __future__ import annotations

import string
from collections.abc import Mapping
from pathlib import Path

from ld_import.errors import LdImportError, ManifestError, UsageError
from ld_import.manifest.base import Format
from ld_import.manifest.files import name_of
from ld_import.wording import show

# A tab is hard to type in a shell.
SPELLED = {"tab": "\t", "\\t": "\t"}
DELIMITERS = frozenset(string.punctuation.replace('"', "") + "\t")
APPLIES_TO = {"delimiter": "a .csv", "sheet": "an .xlsx"}

Options = Mapping[str, str]


def options_from(delimiter: str | None, sheet: str | None) -> dict[str, str]:
    """Return the options that are set, a spelled delimiter as its character. Raises UsageError."""
    options = {}
    if delimiter is not None:
        options["delimiter"] = SPELLED.get(delimiter, delimiter)
        if options["delimiter"] not in DELIMITERS:
            raise UsageError(
                f"--delimiter is {show(delimiter)}, not a delimiter",
                hint="set one ASCII character that is not a letter, digit or quote, such as ';',"
                " or tab",
            )
    if sheet is not None:
        options["sheet"] = sheet
    return options


def with_options(file_format: Format, path: Path, options: Options) -> Format:
    """Return the format with options from the command line. Raises UsageError for a useless one."""
    return _with(file_format, path, options, UsageError, "--")


def with_header_options(file_format: Format, path: Path, options: Options) -> Format:
    """Return the format with options from a header. Raises ManifestError for a useless one."""
    return _with(file_format, path, options, ManifestError, "")


def _with(
    file_format: Format, path: Path, options: Options, error: type[LdImportError], dashes: str
) -> Format:
    for name in options:
        if name not in file_format.options:
            sign = f"{dashes}{name}" if dashes else f"`{name}`"
            raise error(
                f"{sign} applies to {APPLIES_TO[name]} file, and {name_of(path)} is another format",
                hint=f"omit {sign}",
            )
    return file_format.with_options(options)
