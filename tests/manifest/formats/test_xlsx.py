"""Excel workbooks: the same records as the same texts in a CSV, and no cell that is lost."""

from __future__ import annotations

import csv
import gzip
import io
import random
import struct
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from ld_import.errors import ManifestError
from ld_import.manifest import FORMATS_BY_SUFFIX, open_manifest
from ld_import.manifest.base import MAX_RECORD_BYTES, TOO_LARGE
from ld_import.manifest.files import ByteFile
from tests.manifest.formats.workbooks import Cell, archive, parts_of, sheet_xml, workbook

DATE, MOMENT, TIME, SPAN, OWN = 1, 2, 3, 4, 5


@pytest.fixture
def read(write):
    """Read a workbook; return the row and fields of each record, or its problem."""

    def read(content, **options):
        return [
            (record.line, record.problem.text if record.problem else orjson.loads(record.raw))
            for record in open_manifest(write("a.xlsx", content), **options).records()
        ]

    return read


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("00123", "00123"),
        (" a ", " a "),
        ("a\r\nb\tc", "a\r\nb\tc"),
        (12.0, "12"),
        (-0.0, "0"),
        (Cell("0.30000000000000004"), "0.3"),
        (1e-7, "0.0000001"),
        (0.125, "0.125"),
        (999_999_999_999_999, "999999999999999"),
        (True, "TRUE"),
        (False, "FALSE"),
        (Cell("x", "str"), "x"),
        (Cell(43832, style=DATE), "2020-01-02"),
        (Cell(43832.5, style=DATE), "2020-01-02T12:00:00"),
        (Cell(43832, style=MOMENT), "2020-01-02"),
        (Cell("43832.9999999999", style=MOMENT), "2020-01-03"),
        (Cell(0.5, style=TIME), "12:00:00"),
        (Cell(1.5, style=SPAN), "36:00:00"),
        (Cell("2020-01-02T03:04:05", "d"), "2020-01-02T03:04:05"),
    ],
)
def test_cell_is_the_text_that_excel_shows(read, cell, text):
    """Ids keep their zeros, whole numbers have no fraction, dates are ISO 8601."""
    assert read(workbook([["id"], [cell]])) == [(2, {"id": text})]


def test_days_of_old_macs(read):
    """A workbook can count its days from 1904."""
    content = workbook([["id"], [Cell(1, style=DATE)]], is_1904=True)

    assert read(content) == [(2, {"id": "1904-01-02"})]


@pytest.mark.parametrize(
    ("code", "value", "text"),
    [
        ("00000", 123, "00123"),
        ("00000", 1234567, "1234567"),
        ('"IMG-"0000', 7, "IMG-0007"),
        ("000\\-000", 12345, "012-345"),
        ("000 000", 1234567, "1234 567"),
        ("00000", -5, "-5"),
        ("00000", 1.5, "1.5"),
        ("0", 7, "7"),
        ("0.00", 7, "7"),
        ("#,##0", 1234, "1234"),
        ("0%", 0.5, "50%"),
        ("0%", 0.125, "12.5%"),
        ("0.00%", 1, "100%"),
        ("0.0#\\ %", -0.07, "-7%"),
        ("[Red]#,##0 %;-0%", 12.3456, "1234.56%"),
        ("0%", 1e-7, "0.00001%"),
        ('0" % of all"', 0.5, "0.5"),
        ("0%%", 0.5, "0.5"),
        ("00%", 0.5, "50%"),
        ('"CHF" 0.00', 7.5, "7.5"),
        ("#,##0.00\\ [$€-407]", 1234.5, "1234.5"),
    ],
)
def test_number_formats(read, code, value, text):
    """An id shown as 00123 is stored as 123, 50% as 0.5; formats of amounts are not applied."""
    content = workbook([["id"], [Cell(value, style=OWN)]], formats=[code])

    assert read(content) == [(2, {"id": text})]


@pytest.mark.parametrize(("number", "text"), [(9, "12.5%"), (10, "12.5%"), (4, "0.125")])
def test_number_formats_that_every_workbook_has(read, number, text):
    """Excel does not write the codes of its own formats into a workbook."""
    parts = parts_of({"Photos": [["id"], [Cell(0.125, style=DATE)]]})
    styles = parts["xl/styles.xml"].replace('numFmtId="14"', f'numFmtId="{number}"')

    assert read(archive({**parts, "xl/styles.xml": styles})) == [(2, {"id": text})]


def test_columns_nest_and_empty_cells_are_absent(read, write):
    """As in a CSV: blank rows and unnamed empty columns are skipped, rows keep their number."""
    rows = [["id", "m.t", None], ["1", None, ""], [], [None, "  "], [None, "x", None]]

    assert read(workbook(rows)) == [(2, {"id": "1", "m": {}}), (5, {"m": {"t": "x"}})]
    assert open_manifest(write("a.xlsx", workbook(rows))).columns == {"id": 0, "m": {"t": 1}}


def test_table_may_start_anywhere(read):
    """The first row that is not blank is the header."""
    xml = sheet_xml([["id", "t"], ["1", None], [None, Cell("#N/A", "e")]], 4, 2)
    first, second = read(archive(parts_of({"S": xml})))

    assert first == (5, {"id": "1"})
    assert second[1].startswith("`t` has the error #N/A")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([Cell("#N/A", "e"), "x"], "`id` has the error #N/A; correct the formula"),
        (["1", Cell("#DIV/0!", "e")], "`t` has the error #DIV/0!"),
        ([Cell("1234567890123456789"), "x"], "`id` has the number 1234567890123456768, of which"),
        (["1", "a\0b"], "`t` contains a NUL character"),
        (["1", "x", "y"], 'column 3 has the value "y", but no name in the header'),
        (["1", "x" * (MAX_RECORD_BYTES + 1)], TOO_LARGE),
    ],
)
def test_bad_cells_are_problems_of_their_record(read, row, words):
    """The record after it is read."""
    first, second = read(workbook([["id", "t"], row, ["2", "y"]]))

    assert (first[0], words in first[1]) == (2, True)
    assert second == (3, {"id": "2", "t": "y"})


def test_same_texts_give_the_same_records_as_a_csv(write):
    """A table of random texts, in both formats."""
    rng = random.Random(7)
    signs = ["a", "é", "🎬", " ", "\n", "\r\n", "\t", ",", ";", '"', "'", "0", "=", "<&>", "_x0041"]
    for _ in range(60):
        width = rng.randrange(1, 6)
        names = [f"{rng.choice(['m.', ''])}c{column}" for column in range(width)]
        body = [
            ["".join(rng.choices(signs, k=rng.choice([0, 1, 5]))) for _ in range(width)]
            for _ in range(5)
        ]
        table = io.StringIO()
        csv.writer(table).writerows([names, *body])

        from_csv = open_manifest(write("a.csv", table.getvalue()))
        from_xlsx = open_manifest(write("a.xlsx", workbook([names, *body])))

        assert from_csv.columns == from_xlsx.columns
        raws = [record.raw for record in from_csv.records()]
        assert [record.raw for record in from_xlsx.records()] == raws


def test_first_visible_sheet_is_read_and_another_can_be_named(write):
    """By the caller, or in the header of a manifest."""
    sheets = {"Notes": [["x"]], "A": [["id"], ["1"]], "B": [["id"], ["2"]]}
    path = write("a.xlsx", archive(parts_of(sheets, hidden=["Notes"])))
    manifest = write("m.yaml", "source: a.xlsx\nsheet: B\n")

    assert next(open_manifest(path).records()).raw == b'{"id":"1"}'
    assert next(open_manifest(path, sheet="B").records()).raw == b'{"id":"2"}'
    assert next(open_manifest(manifest).records()).raw == b'{"id":"2"}'
    assert next(open_manifest(manifest, sheet="A").records()).raw == b'{"id":"1"}'
    assert open_manifest(path, sheet="Notes").columns == {"x": 0}
    with pytest.raises(ManifestError, match="there is no sheet `Bb`") as caught:
        open_manifest(path, sheet="Bb")
    assert caught.value.hint == "did you mean `B`?"


def with_lying_size(content):
    """Return an archive whose directory gives each part the size 1."""
    data, at = bytearray(content), 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        struct.pack_into("<L", data, at + 24, 1)
        at += 4
    return bytes(data)


@pytest.fixture(scope="module")
def bomb():
    """Return a small archive with a part that is large."""
    styles = "<a>" + " " * (65 * 1024**2) + "</a>"
    return archive({**parts_of({"S": [["id"]]}), "xl/styles.xml": styles})


@pytest.mark.parametrize("change", [bytes, with_lying_size])
def test_large_part_is_refused(refusal, bomb, change):
    """A part is not unpacked beyond a limit, whatever size the archive states."""
    message = "a part of the workbook unpacks to more than 64 MB"

    assert message in refusal("a.xlsx", change(bomb))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "a.xlsx: the file is empty"),
        (b"id,url\n1,x\n", "a.xlsx: this is not a workbook"),
        (b"<html><table></table></html>", "a.xlsx: this is HTML or XML, not a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Excel workbook (.xls), not an"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + bytes(300_000)
            + "EncryptedPackage".encode("utf-16-le"),
            "a.xlsx: the workbook is protected by a password",
        ),
        (archive({"content.xml": "x"}), "a.xlsx: this is an OpenDocument file, not an .xlsx"),
        (archive({"xl/workbook.bin": "x"}), "a.xlsx: this is an .xlsb workbook"),
        (archive({"a.csv": "x"}), "a.xlsx: this is a ZIP archive, not a workbook"),
        (workbook([["id"], ["1"]])[:-50], "a.xlsx: the workbook is damaged ("),
        (
            archive({**parts_of({"S": [["id"]]}), "XL/Workbook.xml": ""}),
            "damaged (xl/workbook.xml appears twice)",
        ),
        (
            workbook(
                '<a><row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row></a>'
            ),
            "the sheet `Photos` extends over more than 16,000,000 cells",
        ),
        (workbook('<a><c r="?1"><v>1</v></c></a>'), "is damaged (`?1` is not a place of a cell on"),
        (workbook('<a><row r="x"/></a>'), "damaged (`x` is not the number of a row on line 1"),
        (workbook("<!DOCTYPE a><a/>"), "is damaged (the document has a DOCTYPE"),
        (workbook([]), "a.xlsx: the sheet `Photos` is empty"),
        (workbook([[" "]]), "a.xlsx: the sheet `Photos` is empty"),
        (workbook([["id", "id"]]), "line 1: columns 1 and 2 have the same name, `id`"),
        (workbook([["id", None, "t"]]), "line 1: column 2 has no name"),
        (workbook([[Cell("#REF!", "e")]]), "line 1: the header has a cell that is not a name: has"),
        (workbook([["a"]], hidden=["Photos"]), "the workbook has no visible sheet"),
    ],
)
def test_other_files_are_refused(refusal, content, words):
    """Each message says what the file is."""
    assert words in refusal("a.xlsx", content)


def test_gzip_is_answered(refusal):
    """A workbook is compressed already; the pipe shows gzip by its first bytes."""
    assert "a workbook is not read from a .gz" in refusal("a.xlsx.gz", workbook([["id"]]))
    with pytest.raises(ManifestError, match="standard input: a workbook is not read from a"):
        open_manifest(Path("-"), "xlsx", io.BytesIO(gzip.compress(workbook([["id"]]))))


def test_empty_cells_with_a_format_have_no_area(read):
    """Formatting whole columns must not make a sheet too large."""
    xml = sheet_xml([["id"], ["1"]])
    far = xml.replace(
        "</sheetData>", '<row r="1048576"><c r="XFD1048576" s="1"/></row></sheetData>'
    )

    assert read(archive(parts_of({"S": far}))) == [(2, {"id": "1"})]


def test_cache_equals_the_file(write):
    """No worker process reads it again: the file can be deleted."""
    path = write("a.xlsx", workbook([["id", "m.t"], ["1", "x"], [Cell("#N/A", "e"), None]]))
    manifest = open_manifest(path)

    assert list(FORMATS_BY_SUFFIX[".xlsx"].records(ByteFile(path))) == list(manifest.records())
    assert (manifest.rereadable_bytes, manifest.position()) == (0, 1.0)
    path.unlink()
    assert len(list(manifest.records())) == 2


def test_damaged_workbooks_are_one_error_or_records(write):
    """Truncated archives, changed bytes and changed XML never raise anything else."""
    rng = random.Random(5)
    rows: list[list[object]] = [["id", "t"]]
    rows += [[f"{n}", Cell(n, style=OWN)] for n in range(20)]
    whole = workbook(rows, formats=["000"])
    parts = parts_of({"S": rows}, formats=["000"])
    for _ in range(150):
        if rng.random() < 0.5:
            changed = dict(parts)
            name = rng.choice(list(changed))
            text = list(changed[name])
            text[rng.randrange(len(text))] = chr(rng.randrange(32, 127))
            changed[name] = "".join(text[: rng.choice([len(text), rng.randrange(len(text))])])
            content = archive(changed)
        else:
            data = bytearray(whole[: rng.choice([len(whole), rng.randrange(len(whole))])])
            for _ in range(rng.randrange(4) if data else 0):
                data[rng.randrange(len(data))] = rng.randrange(256)
            content = bytes(data)
        try:
            list(open_manifest(write("a.xlsx", content)).records())
        except ManifestError as error:
            assert error.hint


def test_missing_library_is_one_sentence(write):
    """The extra is named with the command that installs it; the exit code is that of usage."""
    path = write("videos.xlsx", workbook([["id"], ["1"]]))
    program = (
        "import sys; sys.modules['python_calamine'] = None\n"
        "from ld_import.cli.app import main\n"
        f"sys.exit(main(['validate', {str(path)!r}, '--system-name', 'x']))"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-2:] == [
        "error: an .xlsx needs python-calamine, which is not installed",
        "hint: run: pip install 'ld-import[excel]'; or save the sheet as CSV UTF-8",
    ]
