"""Cells of a workbook as texts: numbers, dates and booleans as Excel shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from ld_import.wording import shorten

# Excel keeps 15 digits of a number; its later digits are zeros:
# https://learn.microsoft.com/en-us/office/troubleshoot/excel/last-digits-changed-to-zeros
LARGEST_EXACT = 10**15
HALF_SECOND = timedelta(microseconds=500_000)

# The format of positive numbers: `0.0%`, `#,##0 %`, `[Red]0%;-0%`.
_is_percent = re.compile(r"(?:\[\w+\])?[#,0]+(?:\.[0#]+)?(?: |\\ |\" \")?%(?:;.*)?").fullmatch
_whole_format = re.compile(r'(?:"[^"]*"|\\.|[-+() ]|0)+').fullmatch
_format_part = re.compile(r'"([^"]*)"|\\(.)|([-+() ])|(0)')


def cell_text(value: Any) -> str:
    """Return the text of a value: `12` for 12.0, ISO 8601 for dates, TRUE and FALSE."""
    if isinstance(value, str):
        return str(value)
    if type(value) is bool:
        return str(value).upper()
    if isinstance(value, float | int):
        return _number(value)
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, time):
        rounded = (datetime.combine(date(2000, 1, 1), value) + HALF_SECOND).time()
        return rounded.replace(microsecond=0).isoformat()
    return _span(value) if isinstance(value, timedelta) else str(value)


def problem_of(value: Any, text: str) -> str | None:
    """Return why a value is not what was written into its cell, if so."""
    if type(value) is str:
        if "\0" in value:
            return "contains a NUL character; remove it from the cell"
    elif isinstance(value, float | int) and abs(value) >= LARGEST_EXACT:
        return (
            f"has the number {shorten(text)}, of which Excel keeps 15 digits only; write it as"
            " text, with an apostrophe before it"
        )
    return None


def _number(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if value == int(value):
        return str(int(value))
    # 15 digits, as Excel: 0.30000000000000004 is 0.3.
    return format(Decimal(f"{value:.15g}"), "f")


def _moment(value: datetime) -> str:
    """Return a date, with its time if it has one, to the second: days are floats."""
    if value.year < MAXYEAR:
        value += HALF_SECOND
    value = value.replace(microsecond=0)
    return (value if value.time() != time() else value.date()).isoformat()


def _span(value: timedelta) -> str:
    """Return a duration as `[h]:mm:ss` shows it."""
    seconds = round(abs(value.total_seconds()))
    sign = "-" if value < timedelta() else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


class CellError(NamedTuple):
    """A cell with an error such as #N/A."""

    code: str

    def applied(self, value: Any, text: str) -> tuple[str, str | None]:
        """Return the text of the cell and its problem."""
        problem = f"has the error {self.code}; correct the formula, or replace it with a value"
        return self.code, problem


class Padded(NamedTuple):
    """A number format of zeros and literal characters, such as `00000`: the texts between digits.

    `literals` has one text before each digit, and one after the last.
    """

    literals: tuple[str, ...]

    def applied(self, value: Any, text: str) -> tuple[str, str | None]:
        """Return the number as its format shows it, other values unchanged."""
        is_whole = type(value) is float and 0 <= value < LARGEST_EXACT and value == int(value)
        return (self._shown(int(value)) if is_whole else text), None

    def _shown(self, number: int) -> str:
        digits = str(number).rjust(len(self.literals) - 1, "0")
        first = len(digits) - len(self.literals) + 2
        parts = [digits[:first], *digits[first:]]
        pairs = zip(self.literals, (*parts, ""), strict=True)
        return "".join(literal + part for literal, part in pairs)


@dataclass(frozen=True, slots=True)
class Percent:
    """A number format of percent, such as `0.0%`. Its number of decimals is not applied."""

    def applied(self, value: Any, text: str) -> tuple[str, str | None]:
        """Return `12.5%` for 0.125, other values unchanged."""
        if type(value) is not float or not abs(value) < LARGEST_EXACT:
            return text, None
        hundredfold = Decimal(f"{value:.15g}").scaleb(2).normalize()
        return f"{hundredfold:f}%", None


def applied_format(code: str) -> Padded | Percent | None:
    """Return a number format that shows another text than the shortest one, if it is applied.

    Formats of amounts are not: signs and separators depend on the language of the reader's Excel.
    """
    if _is_percent(code):
        return Percent()
    if not _whole_format(code) or code == "0":
        return None
    literals = [""]
    for quoted, escaped, sign, zero in _format_part.findall(code):
        if zero:
            literals.append("")
        else:
            literals[-1] += quoted or escaped or sign
    return Padded(tuple(literals)) if len(literals) > 1 else None
