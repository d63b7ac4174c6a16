"""CSV cells: no formula runs in a spreadsheet, and every text can be read back exactly."""

from __future__ import annotations

import csv
import re
import time
from io import StringIO
from itertools import product

import orjson
import pytest

from ld_import.cli.output.csv_cells import SKIPPED, escape_formulas, restore_formulas
from tests.harness.records import video

# As documented in the README.
SIGNS = r"=+\-@＝＋－＠"
BEGINNING = re.compile(
    rf"(?:\A'(?=[{SKIPPED}]*[{SIGNS}\t\r\n])"
    rf"|(?<=[;\t\r\n])'(?=[{SKIPPED}]*[{SIGNS}])|(?<=,)'(?=[{SKIPPED}]*[=＝]))"
)


def read_back(cell):
    """Return the original text of a cell of an export, which the program restores in this way."""
    assert restore_formulas(cell) == BEGINNING.sub("", cell)
    return restore_formulas(cell)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+41 44 1", "'+41 44 1"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("  =1", "'  =1"),
        ("\u3000\xa0=1", "'\u3000\xa0=1"),
        ("\u200b=1", "'\u200b=1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("＝1", "'＝1"),
        ("＋1 －2", "'＋1 －2"),
        (";=1", ";'=1"),
        ("a;=1", "a;'=1"),
        ("a; @b", "a;' @b"),
        ("a,=1", "a,'=1"),
        ('a;"=1"', 'a;\'"=1"'),
        ("a\n=1", "a\n'=1"),
        ("'=1", "''=1"),
        ("a, -b", "a, -b"),
        ("it's a-b = c", "it's a-b = c"),
        ("'tis so", "'tis so"),
        ("0012", "0012"),
        ("https://films.example/1,2;3?a=b", "https://films.example/1,2;3?a=b"),
        ("", ""),
    ],
)
def test_mark(text, cell):
    """Only cells that would begin a formula get a mark, whatever separator a reader uses."""
    assert escape_formulas(text) == cell
    assert read_back(cell) == text


def test_every_text_can_be_read_back():
    """Different texts give different cells, so that every externalId can be read back."""
    for length in range(6):
        for signs in product("=-' ;,\ta", repeat=length):
            text = "".join(signs)
            assert read_back(escape_formulas(text)) == text


def test_marking_is_linear():
    """Marking takes time linear in the length of the text."""
    began = time.process_time()
    for run in (" ", "'", "\t", ";", ", ", ";'", "\n "):
        escape_formulas(run * (200_000 // len(run)))

    assert time.process_time() - began < 2


def test_export_of_ids_that_begin_a_formula(place):
    """The id column of the CSV, read as documented, equals the ids of the JSON lines."""
    ids = ["=1", "'=1", "-0012", "0012", "a;=1", "a,=b"]
    place.imported(place.write(*(video(id=each) for each in ids)))

    text = place.run("ledger", "export", "--format", "csv").out

    rows = list(csv.DictReader(StringIO(text, newline="")))
    exact = [orjson.loads(line) for line in place.run("ledger", "export").out.splitlines()]
    assert [read_back(row["externalId"]) for row in rows] == [one["externalId"] for one in exact]
    assert {one["externalId"] for one in exact} == set(ids)
    for splitting in ",;\t":
        for line in csv.reader(StringIO(text, newline=""), delimiter=splitting):
            assert [cell for cell in line if cell.lstrip()[:1] in tuple("=+-@＝")] == []
