"""Cells of a CSV export in which no spreadsheet finds a formula, and which can be read back.

A `'` is put where a formula would begin. A reader that removes one `'` at each such place has the
text as it was.
"""

from __future__ import annotations

import re

SIGNS = r"=+\-@＝＋－＠"
# What spreadsheets skip before a formula; quotes are in it because of how they read `;"=1"`.
SKIPPED = r"""\x00-\x08\x0b\x0c\x0e-\x20"'\x85\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060"""
SKIPPED += r"\u3000\ufeff"
# Where a formula may begin: the cell, or a part of it for a reader that splits at `;` or tabs.
FORMULA = re.compile(
    rf"\A(?=[{SKIPPED}]*[{SIGNS}\t\r\n])"
    rf"|(?<=[;\t\r\n])(?=[{SKIPPED}]*[{SIGNS}])"
    rf"|(?<=,)(?=[{SKIPPED}]*[=＝])"
)
SPLITTING = (";", ",", "\t", "\r", "\n")


def marked(cell: str) -> str:
    """Return a text for a cell, with a `'` before each beginning of a formula."""
    if cell[:1].isalnum() and not _is_split(cell):
        return cell
    return FORMULA.sub("'", cell)


def _is_split(cell: str) -> bool:
    # A plain loop: it costs half of what `any` does, for each cell of an export.
    for sign in SPLITTING:  # noqa: SIM110
        if sign in cell:
            return True
    return False
