"""The `isodate` filter: converts dates of many forms to ISO 8601.

Only unambiguous forms are accepted. The parsers of the standard library are too lenient: they
ignore AM/PM and zone names, and read an epoch timestamp as a date in the Middle Ages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import Any

from ld_import.manifest.templating.errors import TemplateValueError
from ld_import.manifest.templating.values import text_of
from ld_import.wording import show

LONGEST_DATE = 100
# Seconds since 1970 have at least this many digits since 1973.
SHORTEST_STAMP = 9
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_MICROSECONDS = {"epoch": 1_000_000, "epoch_ms": 1_000}
# Dates in the settings of spreadsheets, in English and German, and their directives.
LETTERS = {
    **dict.fromkeys(("d", "dd", "t", "tt"), "%d"),
    **dict.fromkeys(("m", "mm"), "%m"),
    **dict.fromkeys(("yy", "jj"), "%y"),
    **dict.fromkeys(("yyyy", "jjjj"), "%Y"),
}
EPOCH_ADVICE = 'for a time since 1970 use isodate("epoch") for seconds, isodate("epoch_ms") for'
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# In minutes. RFC 2822, section 4.3, defines the American names; the European ones are unambiguous.
ZONES = {"Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60}
ZONES |= {"CET": 60, "MEZ": 60, "CEST": 120, "MESZ": 120, "EET": 120, "EEST": 180}
ZONES |= {"EST": -300, "EDT": -240, "CST": -360, "CDT": -300}
ZONES |= {"MST": -420, "MDT": -360, "PST": -480, "PDT": -420}

YEAR_DIRECTIVE = r"%[YyGcxs]"
TIME_DIRECTIVE = r"%[HIMSfpXcz]"

_WEEKDAY = r"(?:(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\.?,? )?"
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY, _YEAR = r"(?P<day>\d{1,2})", r"(?P<year>\d{4})"
_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?"
)
# Text in parentheses after an offset is a comment: `GMT+0200 (Central European Summer Time)`.
_ZONE = (
    r"(?: ?(?P<zone>(?:utc|gmt)?[+-]\d\d:?\d\d|(?:utc|gmt)?[+-]\d\d|(?:utc|gmt)[+-]\d|[a-z]+)"
    r"(?: ?\([^()]*\))?)?"
)
# Matched after white space was collapsed, in texts of limited length.
FORMS = (
    rf"{_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)(?:[T ]{_TIME}{_ZONE})?",
    rf"{_DAY}\.(?P<month>\d{{1,2}})\.{_YEAR}(?:[T ]{_TIME}{_ZONE})?",
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
    rf"(?:T?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d){_ZONE})?",
    rf"{_WEEKDAY}{_DAY}[ -]{_MONTH}[ -]{_YEAR}(?:,? {_TIME}{_ZONE})?",
    rf"{_WEEKDAY}{_MONTH} {_DAY},? {_YEAR}(?:,? {_TIME}{_ZONE})?",
    rf"{_WEEKDAY}{_MONTH} {_DAY} {_TIME}{_ZONE} {_YEAR}",
)
OFFSET = r"(?:UTC|GMT)?([+-])(\d\d?):?(\d\d)?"
COUNT = r"([+-]?)(\d{1,20})(?:\.(\d{1,9})\d*)?"


def isodate(value: Any, form: str | None = None) -> str:
    """Return a date, or a date with a time, in ISO 8601; no time and no offset is added.

    Without `form`, accepts ISO 8601 (also `20110718` and `20110718100000`), `DD.MM.YYYY`, and dates
    with an English month name such as those of RFC 2822; each with or without a time, AM or PM,
    and an offset. Digits beyond the microsecond are removed. `form` is `epoch` or `epoch_ms` for
    seconds or milliseconds since 1970 (the result is UTC, `+00:00`), or a format of `strptime`.
    """
    if form is None and type(value) is str and _is_plain(value):
        return value
    if form in EPOCH_MICROSECONDS:
        return _from_epoch(value, form)
    text = text_of(value, "isodate")
    text = " ".join(text.split()) if len(text) <= LONGEST_DATE else ""
    read = _standard if form is None else _strptime(form)
    try:
        parsed = read(text)
    except (ValueError, OverflowError) as error:
        if isinstance(error, TemplateValueError):
            raise
        parsed = None
    if parsed is None:
        raise TemplateValueError(_refusal(value, text, form))
    return parsed.isoformat()


def _is_plain(text: str) -> bool:
    """Return whether a text is `YYYY-MM-DD`, the most frequent form; avoids the other patterns."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-" or not text.isascii():
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _refusal(value: Any, text: str, form: str | None) -> str:
    if form:
        return f"{show(value)} is not a date in the form {show(form)}"
    is_stamp = text.isdecimal() and len(text) >= SHORTEST_STAMP
    year = "%Y" if re.search(r"(?<!\d)\d{4}(?!\d)", text) else "%y"
    example = f'give its form, as in isodate("%d/%m/{year}")'
    advice = f"{EPOCH_ADVICE} milliseconds" if is_stamp else example
    return f"{show(value)} is not a date in ISO, RFC 2822 or DD.MM.YYYY; {advice}"


@cache
def _forms() -> list[Callable[[str], re.Match[str] | None]]:
    # Compiled on first use: compiling takes a tenth of the start-up time.
    return [re.compile(form, re.ASCII | re.IGNORECASE).fullmatch for form in FORMS]


def _standard(text: str) -> date | None:
    match = next((match for form in _forms() if (match := form(text))), None)
    if match is None:
        return None
    part = match.groupdict()
    month = MONTHS.index(part["name"][:3].lower()) + 1 if part.get("name") else int(part["month"])
    day = date(int(part["year"]), month, int(part["day"]))
    if part.get("hour") is None:
        return day
    return datetime(
        day.year,
        day.month,
        day.day,
        _hour(int(part["hour"]), part.get("half")),
        int(part["minute"]),
        int(part["second"] or 0),
        int((part.get("fraction") or "")[:6].ljust(6, "0")),
        _zone(part.get("zone"), text),
    )


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("not an hour of a twelve-hour clock")
    return hour % 12 + (12 if half in "pP" else 0)


def _zone(zone: str | None, text: str) -> timezone | None:
    if zone is None:
        return None
    if match := re.fullmatch(OFFSET, zone.upper()):
        sign, hours, minutes = match.groups(default="0")
        if int(minutes) > 59:
            raise ValueError("not the minutes of an offset")
        return timezone(timedelta(hours=int(hours), minutes=int(minutes)) * int(f"{sign}1"))
    if zone.upper() not in ZONES:
        known = "use an offset such as `+02:00`, or a name such as `UTC`, `CET` or `EST`"
        raise TemplateValueError(f"{show(text)} has the unknown time zone {show(zone)}; {known}")
    return timezone(timedelta(minutes=ZONES[zone.upper()]))


def _from_epoch(value: Any, form: str) -> str:
    text = str(value) if isinstance(value, float) else text_of(value, "isodate").strip()
    match = re.fullmatch(COUNT, text, re.ASCII)
    if match is None:
        raise TemplateValueError(
            f'{show(value)} is not a number since 1970, which isodate("{form}") expects'
        )
    sign, whole, fraction = match.groups(default="")
    unit = EPOCH_MICROSECONDS[form]
    count = int(whole) * unit + int(fraction.ljust(9, "0")) * unit // 10**9
    try:
        return (EPOCH + timedelta(microseconds=-count if sign == "-" else count)).isoformat()
    except OverflowError:
        advice = '; for milliseconds use isodate("epoch_ms")' if form == "epoch" else ""
        raise TemplateValueError(f"{show(value)} is beyond the year 9999{advice}") from None


def _strptime(form: str) -> Callable[[str], date | None]:
    if problem := _problem_of(form):
        raise TemplateValueError(f"the form {show(form)} {problem}")

    def read(text: str) -> date:
        parsed = datetime.strptime(text, form)  # noqa: DTZ007 - the offset of a legacy date is unknown
        return parsed if re.search(TIME_DIRECTIVE, form) else parsed.date()

    return read


def _problem_of(form: Any) -> str | None:
    """Return why `strptime` would guess or ignore a part of this form, or `None`."""
    if not isinstance(form, str):
        return "is not a text"
    if "%" not in form and (written := _as_directives(form)):
        return f'is written isodate("{written}")'
    if "%s" in form or not re.search(YEAR_DIRECTIVE, form):
        return f"has no year; add %Y; {EPOCH_ADVICE} milliseconds"
    if "%Z" in form:
        return "has %Z, which ignores the zone; use %z for an offset"
    if ("%I" in form) != ("%p" in form):
        return "must have %I and %p together: one of them alone is ambiguous"
    if ("%U" in form or "%W" in form) and not re.search(r"%[aAwu]", form):
        return "has a week without a day of the week; add %a or %w"
    return None


def _as_directives(form: str) -> str | None:
    """Return the directives for a form such as `DD.MM.YYYY` of spreadsheets, or `None`."""
    match = re.fullmatch(r"([A-Za-z]+)([./ -])([A-Za-z]+)\2([A-Za-z]+)", form)
    if match is None:
        return None
    first, sign, *others = match.groups()
    parts = [LETTERS.get(part.lower()) for part in (first, *others)]
    return sign.join(map(str, parts)) if None not in parts else None
