"""Words for people: how values, names and lists of names look inside a message."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, ValuesView
from difflib import get_close_matches
from typing import Any

SHOWN_LENGTH = 60
SHOWN_NAMES = 8
LONGEST_SHOWN_BITS = 1024
# Of the names of a record that are compared with one that is missing.
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
    """Fit a text on a message line: white space runs become one space, the end may become `…`.

    What cannot be seen, or would steer a terminal, is spelled out.
    """
    line = " ".join(text[: 4 * length].split())
    if len(line) > length or len(text) > 4 * length:
        line = line[: length - 1] + "…"
    if line.isprintable():
        return line
    return "".join(sign if sign.isprintable() else escaped(sign) for sign in line)


def escaped(sign: str) -> str:
    """Return the escape of a character, as JSON, YAML and templates write it."""
    code = ord(sign)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def show(value: Any) -> str:
    """Name a value the way it stands in JSON, never longer than a message can bear."""
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
    """Return whether an integer takes long to write out, or that Python refuses to."""
    return isinstance(number, int) and number.bit_length() > LONGEST_SHOWN_BITS


def kind_of(value: Any) -> str:
    """Return what a value is, in words of JSON."""
    if isinstance(value, Iterator | KeysView | ValuesView | ItemsView | range | set):
        return "a list"
    return next((words for kinds, words in KINDS if isinstance(value, kinds)), "something else")


def nearest(name: str, names: Iterable[str]) -> str:
    """Say which known names come closest, or name some of them when none does."""
    known = list(names)
    # Comparing takes time with the product of the lengths.
    short = [each for each in known[:COMPARED_NAMES] if len(each) <= COMPARED_LENGTH]
    close = get_close_matches(name[:COMPARED_LENGTH], short, n=2, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(f"`{shorten(each, 30)}`" for each in close) + "?"
    listed = ", ".join(f"`{shorten(each, 30)}`" for each in known[:SHOWN_NAMES])
    more = ", …" if len(known) > SHOWN_NAMES else ""
    return f"there is {listed}{more}." if known else "there is nothing."
