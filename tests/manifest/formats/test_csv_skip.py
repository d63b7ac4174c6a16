"""The end of a skipped row is where the csv module would find it."""

from __future__ import annotations

import csv
import io
import random

import pytest

from ld_import.manifest.formats.csv_skip import RowState, row_end

SIGNS = ["a", '"', '"', ",", "\n", "\r\n", "\r"]


def lines_of_first_row(text):
    """Return the number of lines of the first row for the csv module, `None` if it does not end."""
    # A lone carriage return is data, which the csv module must not see.
    reader = csv.reader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "b")), strict=True)
    try:
        next(reader)
    except csv.Error as error:
        if "unexpected end" in str(error):
            return None
    return reader.line_num


@pytest.mark.parametrize("seed", range(4))
def test_rows_end_where_the_csv_module_says(seed):
    """For every content, and wherever the pieces are cut."""
    rng = random.Random(seed)
    for _ in range(3000):
        text = "".join(rng.choices(SIGNS, k=rng.randint(1, 14))) + "\n"
        if "\r\r\n" in text or '"\r' in text.replace("\r\n", ""):
            # These are the two places where a carriage return may end a row for the csv module.
            continue
        data, size = text.encode(), rng.randint(1, 5)
        stream = io.BytesIO(data)
        pieces = iter(lambda: stream.readline(size), b"")  # noqa: B023

        line_count, is_closed = row_end(pieces, b",", RowState.START)

        assert (line_count if is_closed else None) == lines_of_first_row(text), text


def test_skipping_can_start_inside_quotes():
    """The csv module has read the start of the row."""
    assert row_end([b'a,""\n', b'b",c\n', b"d\n"], b",", RowState.QUOTED) == (2, True)
    assert row_end([b"a\n", b"b\n"], b",", RowState.QUOTED) == (2, False)
