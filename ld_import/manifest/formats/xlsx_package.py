"""The archive of a workbook: its sheets and number formats, read within limits.

https://learn.microsoft.com/en-us/office/open-xml/spreadsheet/structure-of-a-spreadsheetml-document
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Mapping
from contextlib import closing
from copy import copy
from dataclasses import dataclass
from typing import IO

from ld_import.manifest.files import BUFFER_BYTES
from ld_import.manifest.formats.xlsx_cells import Padded, Percent, applied_format
from ld_import.manifest.formats.xlsx_scan import MOST_CELLS, SheetScan, TooLargeSheet, local_name
from ld_import.manifest.formats.xml_stream import XmlEvents
from ld_import.wording import did_you_mean, shorten

WORKBOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
# Read by the library, or here.
SMALL_PARTS = (WORKBOOK, RELATIONS, "xl/styles.xml", "[content_types].xml", "_rels/.rels")
STRINGS = "xl/sharedstrings.xml"
# Limits of unpacked parts: an archive of a megabyte can unpack to a gigabyte.
LARGEST_FILE_BYTES = 512 * 1024**2
LARGEST_SMALL_PART_BYTES = 64 * 1024**2
LARGEST_STRINGS_BYTES = 512 * 1024**2
LARGEST_SHEET_BYTES = 1024**3
AS_CSV = "save the sheet as CSV UTF-8, which is read as a stream"
IN_OFFICE = "open it in Excel or LibreOffice and save it as .xlsx"
OLE_START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PROTECTED = "EncryptedPackage".encode("utf-16-le")
# Formats that every workbook has, with ids below 164.
BUILT_IN = {"9": "0%", "10": "0.00%"}
# A part that only archives of other kinds have, and what they are.
OTHER_KINDS = {
    "xl/workbook.bin": ("an .xlsb workbook", IN_OFFICE),
    "content.xml": ("an OpenDocument file", IN_OFFICE),
    "word/document.xml": ("a Word document", "copy its table into a workbook"),
    "index/document.iwa": ("a document of Apple iWork", "export it there as Excel (.xlsx)"),
}


class WorkbookProblem(Exception):
    """The workbook cannot be read."""

    def __init__(self, text: str, hint: str) -> None:
        """Create the problem; the hint says what to do."""
        super().__init__(text)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook: its position among all sheets, and its part in the archive."""

    index: int
    name: str
    part: str
    is_visible: bool


def check_start(stream: IO[bytes]) -> None:
    """Raise WorkbookProblem for a file that is not a ZIP archive, with what it is instead."""
    head = stream.read(len(OLE_START))
    if not head:
        raise WorkbookProblem("the file is empty", "check whether its export was interrupted")
    if head.startswith(b"PK"):
        _check_size(stream)
        return
    if head == OLE_START:
        if _contains(stream, PROTECTED):
            hint = "open it in Excel or LibreOffice, remove the password and save it"
            raise WorkbookProblem("the workbook is protected by a password", hint)
        raise WorkbookProblem("this is an old Excel workbook (.xls), not an .xlsx", IN_OFFICE)
    if head.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<"):
        raise WorkbookProblem("this is HTML or XML, not a workbook", IN_OFFICE)
    hint = "if it is text, rename it to end in .csv or .tsv, or set --format"
    raise WorkbookProblem("this is not a workbook", hint)


def _check_size(stream: IO[bytes]) -> None:
    size = stream.seek(0, 2)
    stream.seek(0)
    if size > LARGEST_FILE_BYTES:
        text = f"the workbook is larger than {LARGEST_FILE_BYTES // 1024**2:,} MB"
        raise WorkbookProblem(text, AS_CSV)


def _contains(stream: IO[bytes], words: bytes) -> bool:
    before = b""
    while data := stream.read(BUFFER_BYTES):
        if words in before + data:
            return True
        before = data[-len(words) :]
    return False


class Package:
    """An archive with a workbook."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Open the archive, and check the parts that the library reads. Raises WorkbookProblem."""
        self._archive = zipfile.ZipFile(stream)
        self._parts: dict[str, zipfile.ZipInfo] = {}
        for part in self._archive.infolist():
            name = part.filename.lower()
            # Readers disagree about which of two parts counts.
            if name in self._parts:
                raise zipfile.BadZipFile(f"{shorten(name)} appears twice")
            self._parts[name] = part
        self._check_kind()
        for name in SMALL_PARTS:
            self._check_limit(name, LARGEST_SMALL_PART_BYTES)
        self._check_limit(STRINGS, LARGEST_STRINGS_BYTES)
        self.sheets = self._read_sheets()

    def sheet(self, name: str | None) -> Sheet:
        """Return the sheet with a name, or the first visible one. Raises WorkbookProblem."""
        sheets = self.sheets
        if name is not None:
            found = [sheet for sheet in sheets if sheet.name == name]
            text = f"there is no sheet `{shorten(name)}`"
            hint = did_you_mean(name, [sheet.name for sheet in sheets])
        else:
            found = [sheet for sheet in sheets if sheet.is_visible]
            text, hint = "the workbook has no visible sheet", "name one with --sheet"
        if not found:
            raise WorkbookProblem(text, hint)
        return found[0]

    def scanned(self, sheet: Sheet) -> SheetScan:
        """Return the scan of a sheet. Raises WorkbookProblem for one that is too large."""
        scan = SheetScan(self._number_formats())
        try:
            self._read(sheet.part.lower(), scan, LARGEST_SHEET_BYTES)
        except TooLargeSheet:
            text = f"the sheet `{shorten(sheet.name)}` extends over more than {MOST_CELLS:,} cells"
            hint = f"delete empty rows and columns with stray values, or {AS_CSV}"
            raise WorkbookProblem(text, hint) from None
        return scan

    def _check_kind(self) -> None:
        if WORKBOOK in self._parts:
            return
        for part, (what, hint) in OTHER_KINDS.items():
            if part in self._parts:
                raise WorkbookProblem(f"this is {what}, not an .xlsx", hint)
        text = "this is a ZIP archive, not a workbook"
        raise WorkbookProblem(text, "unpack it, and name the file in it")

    def _read_sheets(self) -> list[Sheet]:
        targets, listed = _Relations(), _Sheets()
        self._read(RELATIONS, targets, LARGEST_SMALL_PART_BYTES)
        self._read(WORKBOOK, listed, LARGEST_SMALL_PART_BYTES)
        # Other kinds are charts and dialogs.
        return [
            Sheet(index, name, targets.worksheets[relation], is_visible)
            for index, (name, relation, is_visible) in enumerate(listed.sheets)
            if relation in targets.worksheets
        ]

    def _number_formats(self) -> Mapping[str, Padded | Percent]:
        styles = _Styles()
        if "xl/styles.xml" in self._parts:
            self._read("xl/styles.xml", styles, LARGEST_SMALL_PART_BYTES)
        return styles.applied()

    def _read(self, name: str, events: XmlEvents, limit: int) -> None:
        with closing(self._opened(name, limit)) as part:
            for _ in events.read(part):
                pass

    def _check_limit(self, name: str, limit: int) -> None:
        if name in self._parts:
            with closing(self._opened(name, limit)) as part:
                while part.read(BUFFER_BYTES):
                    pass

    def _opened(self, name: str, limit: int) -> _Limited:
        info = copy(self._parts[name])
        # The size in the directory may be too small: the part is read beyond it, up to the limit.
        info.file_size = limit + 2 * BUFFER_BYTES
        return _Limited(self._archive.open(info), limit)


class _Limited:
    """A part of the archive that is read up to a limit."""

    def __init__(self, part: IO[bytes], limit: int) -> None:
        self._part = part
        self._limit = self._left = limit

    def read(self, size: int) -> bytes:
        data = self._part.read(size)
        self._left -= len(data)
        if self._left < 0:
            text = f"a part of the workbook unpacks to more than {self._limit // 1024**2:,} MB"
            raise WorkbookProblem(text, AS_CSV)
        return data

    def close(self) -> None:
        self._part.close()


class _Relations(XmlEvents):
    """The parts of a workbook that are worksheets, by their ids."""

    def __init__(self) -> None:
        super().__init__()
        self.worksheets: dict[str, str] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if attributes.get("Type", "").endswith("/worksheet"):
            target = posixpath.join("/xl", attributes.get("Target", ""))
            self.worksheets[attributes.get("Id", "")] = posixpath.normpath(target).lstrip("/")


class _Sheets(XmlEvents):
    """The sheets of a workbook in their order: name, id of their part, and visibility."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, str, bool]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if local_name(tag) == "sheet":
            name, state = attributes.get("name", ""), attributes.get("state", "visible")
            ids = (value for key, value in attributes.items() if key.endswith(" id"))
            self.sheets.append((name, next(ids, ""), state == "visible"))


class _Styles(XmlEvents):
    """The number formats of cell styles, which cells name by their index."""

    def __init__(self) -> None:
        super().__init__()
        self._codes: dict[str, str] = {}
        self._formats: list[str] = []
        self._is_in_cells = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local_name(tag)
        if name == "numFmt":
            self._codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._is_in_cells = True
        elif name == "xf" and self._is_in_cells:
            self._formats.append(attributes.get("numFmtId", ""))

    def end(self, tag: str) -> None:
        if local_name(tag) == "cellXfs":
            self._is_in_cells = False

    def applied(self) -> dict[str, Padded | Percent]:
        codes = BUILT_IN | self._codes
        found = ((str(at), codes.get(name, "")) for at, name in enumerate(self._formats))
        return {at: shown for at, code in found if (shown := applied_format(code))}
