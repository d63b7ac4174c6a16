"""Workbooks for tests: archives of the few parts that a reader needs."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
TYPES = (
    f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/'
    'vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
    f'"application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{SHEET_TYPE}"/></Types>'
)
ROOT = (
    f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Target="xl/workbook.'
    f'xml" Type="{RELATIONS}/officeDocument"/></Relationships>'
)
# Number formats by the index of their style: general, date, date and time, time, duration, own.
BUILT_IN = (0, 14, 22, 21, 46)
OWN = 164


@dataclass(frozen=True)
class Cell:
    """A cell as it is in the file: the text of its value, its type and its style."""

    value: object
    kind: str = "n"
    style: int = 0


def cell_xml(place, value):
    """Return the element of a value: a text, a number, a boolean, a `Cell`, or nothing."""
    if isinstance(value, str):
        return _text_xml(place, value)
    if isinstance(value, bool):
        value = Cell(int(value), "b")
    if not isinstance(value, Cell):
        value = Cell(value)
    return (
        f'<c r="{place}" t="{value.kind}" s="{value.style}"><v>{escape(str(value.value))}</v></c>'
    )


def _text_xml(place, text):
    # Excel escapes characters that XML cannot hold or changes, and texts like its escapes.
    text = re.sub("_(?=x)", "_x005F_", text)
    shown = "".join(
        f"_x{ord(sign):04X}_" if sign == "\r" or (sign < " " and sign not in "\n\t") else sign
        for sign in text
    )
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(shown)}</t></is></c>'


def letters(column):
    """Return the name of a column, A for 0."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def sheet_xml(rows, first_row=1, first_column=0):
    """Return a sheet with these rows of values; `None` is an absent cell."""
    lines = []
    for number, row in enumerate(rows, first_row):
        cells = (
            cell_xml(f"{letters(column)}{number}", value)
            for column, value in enumerate(row, first_column)
            if value is not None
        )
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def parts_of(
    sheets: Mapping[str, Sequence[Sequence[object]] | str],
    formats: Sequence[str] = (),
    hidden: Sequence[str] = (),
    *,
    is_1904: bool = False,
):
    """Return the parts of a workbook; a sheet is its rows, or its XML.

    Number format `formats[n]` is style 5 + n.
    """
    parts = {"[Content_Types].xml": TYPES, "_rels/.rels": ROOT}
    listed, related = "", ""
    for number, (name, rows) in enumerate(sheets.items(), 1):
        state = ' state="hidden"' if name in hidden else ""
        listed += f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"{state}/>'
        related += (
            f'<Relationship Id="rId{number}" Type="{RELATIONS}/worksheet"'
            f' Target="worksheets/sheet{number}.xml"/>'
        )
        xml = rows if isinstance(rows, str) else sheet_xml(rows)
        parts[f"xl/worksheets/sheet{number}.xml"] = xml
    epoch = '<workbookPr date1904="1"/>' if is_1904 else ""
    parts["xl/workbook.xml"] = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">{epoch}<sheets>{listed}</sheets>'
        "</workbook>"
    )
    related += f'<Relationship Id="rIdS" Type="{RELATIONS}/styles" Target="styles.xml"/>'
    parts["xl/_rels/workbook.xml.rels"] = (
        f'<Relationships xmlns="{PACKAGE}/relationships">{related}</Relationships>'
    )
    own = "".join(
        f'<numFmt numFmtId="{OWN + at}" formatCode={quoteattr(code)}/>'
        for at, code in enumerate(formats)
    )
    used = [*BUILT_IN, *range(OWN, OWN + len(formats))]
    styles = "".join(f'<xf numFmtId="{number}"/>' for number in used)
    parts["xl/styles.xml"] = (
        f'<styleSheet xmlns="{MAIN}"><numFmts>{own}</numFmts><cellXfs>{styles}</cellXfs>'
        "</styleSheet>"
    )
    return parts


def archive(parts):
    """Return a ZIP archive of parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    return file.getvalue()


def workbook(rows, **options):
    """Return a workbook with one sheet; the options are those of `parts_of`."""
    return archive(parts_of({"Photos": rows}, **options))
