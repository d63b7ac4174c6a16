"""Exports with a date in their names: a later one replaces an earlier one."""

from __future__ import annotations

import re

_date = re.compile(
    r"(?<!\d)(?:"
    r"(?P<year>(?:19|20)\d\d)(?P<sign>[-_.]?)(?P<month>0[1-9]|1[0-2])(?P=sign)"
    r"(?P<day>0[1-9]|[12]\d|3[01])"
    r"|(?P<last_day>0[1-9]|[12]\d|3[01])[-_.](?P<last_month>0[1-9]|1[0-2])[-_.]"
    r"(?P<last_year>(?:19|20)\d\d)"
    r")(?P<time>[-_.T ]?\d\d[-_.:]?\d\d(?:[-_.:]?\d\d)?Z?)?(?!\d)"
)


def is_earlier_export(name: str, than: str) -> bool:
    """Return whether two paths differ in their dates only, and those of `name` are earlier.

    `part-1` and `part-2` are not dates: neither of these files replaces the other.
    """
    dates, later = _dates_in(name), _dates_in(than)
    return bool(dates) and dates < later and _date.sub("#", name) == _date.sub("#", than)


def _dates_in(name: str) -> list[tuple[str, ...]]:
    return [_moment(match) for match in _date.finditer(name)]


def _moment(match: re.Match[str]) -> tuple[str, ...]:
    time = re.sub(r"\D", "", match["time"] or "").ljust(6, "0")
    if match["year"]:
        return match["year"], match["month"], match["day"], time
    return match["last_year"], match["last_month"], match["last_day"], time
