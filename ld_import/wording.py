"""Wording of messages: values, names, suggestions, counts and durations as people read them."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, ValuesView
from difflib import get_close_matches
from typing import Any

SHOWN_LENGTH = 60
SHOWN_NAME_LENGTH = 30
SHOWN_NAMES = 8
LONGEST_SHOWN_BITS = 1024
# Limits of `did_you_mean`: comparing two names takes time with the product of their lengths.
COMPARED_NAMES = 200
COMPARED_LENGTH = 100
KINDS: tuple[tuple[Any, str], ...] = (
    (type(None), "null"),
    (bool, "true or false"),
    (int | float, "a number"),
    (str, "a text"),
    (list | tuple, "a list"),
    (dict, "a mapping"),
)


def shorten(text: str, length: int = SHOWN_LENGTH) -> str:
    """Fit text into one line of a message: white space is collapsed, a long end becomes `…`.

    Characters that are invisible or control a terminal are written as escapes.
    """
    line = " ".join(text[: 4 * length].split())
    if len(line) > length or len(text) > 4 * length:
        line = line[: length - 1] + "…"
    if line.isprintable():
        return line
    return "".join(sign if sign.isprintable() else escaped(sign) for sign in line)


def escaped(sign: str) -> str:
    """Return the escape sequence of a character in JSON, YAML and templates."""
    code = ord(sign)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def show(value: Any) -> str:
    """Return a value as a short text for a message: JSON, or a type and a size."""
    if isinstance(value, str):
        return f'"{shorten(value)}"'
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"a mapping of {len(value)}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return "a very large number" if is_long(value) else shorten(str(value))
    return kind_of(value)


def is_long(number: float) -> bool:
    """Return whether an integer has more digits than Python converts to text quickly, or at all."""
    return isinstance(number, int) and number.bit_length() > LONGEST_SHOWN_BITS


def kind_of(value: Any) -> str:
    """Return the type of a value in terms of JSON, with its article."""
    if isinstance(value, Iterator | KeysView | ValuesView | ItemsView | range | set):
        return "a list"
    return next((words for kinds, words in KINDS if isinstance(value, kinds)), "something else")


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return a suggestion for an unknown name: the closest names, else a list of all names."""
    known = list(names)
    short = [other for other in known[:COMPARED_NAMES] if len(other) <= COMPARED_LENGTH]
    close = get_close_matches(name[:COMPARED_LENGTH], short, n=2, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(map(_quoted, close))}?"
    if not known:
        return "nothing is available"
    more = ", …" if len(known) > SHOWN_NAMES else ""
    return f"available: {', '.join(map(_quoted, known[:SHOWN_NAMES]))}{more}"


def _quoted(name: str) -> str:
    return f"`{shorten(name, SHOWN_NAME_LENGTH)}`"


def amount(count: int, word: str) -> str:
    """Return a count with its noun: `1 entry`, `1,200 entries`, `3 items`."""
    if count != 1:
        is_changed = word.endswith("y") and word[-2:-1] not in "aeou"
        word = word[:-1] + "ies" if is_changed else word + "s"
    return f"{count:,} {word}"


def duration(seconds: float) -> str:
    """Return a number of seconds in short form: `0.4s`, `4s`, `2:10`, `1:04:00`."""
    if seconds < 0.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02}"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def speed(per_second: float) -> str:
    """Return a speed with a digit after the point if it is low: `0.4/s`, `150/s`."""
    digits = 1 if 0.05 <= per_second < 9.95 else 0
    return f"{per_second:,.{digits}f}/s"


def size(byte_count: float) -> str:
    """Return a number of bytes in its largest unit: `1.2 GB`, `34 bytes`; a GB is 10⁹ bytes."""
    for factor, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if byte_count >= factor:
            return f"{byte_count / factor:,.1f} {unit}"
    return amount(round(byte_count), "byte")


def period(seconds: float) -> str:
    """Return a long time in its largest unit: `3 days`, `5 hours`, `1 minute`."""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            return amount(int(seconds // length), unit)
    return "less than a minute"
