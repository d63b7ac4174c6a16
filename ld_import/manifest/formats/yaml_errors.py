"""Messages for text that is not YAML: what the line looks like, and how to write it.

The patterns match the messages of libyaml and of PyYAML:
https://github.com/yaml/libyaml/blob/master/src/scanner.c and parser.c
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ld_import.manifest.files import ByteFile
from ld_import.wording import shorten

SYNTAX_HINT = "put texts in quotes that contain `: ` or ` #` or start with @ ` % & * ! | > [ {"
TAB = "the line is indented with a tab"
SAME_INDENT = "give all keys of one mapping the same number of spaces before them"
# A longer line is cut before it is looked at.
LONGEST_LINE = 10_000


@dataclass(frozen=True, slots=True)
class Spot:
    """The line with the error, the last line with text before it, and the column, from 0.

    `begin` is the number of the line where the text begins that the error is in, from 1.
    """

    line: str
    before: str
    column: int
    begin: int

    @property
    def indent(self) -> int:
        """The number of spaces before the text of the line."""
        return len(self.line) - len(self.line.lstrip(" "))

    @property
    def is_at_start(self) -> bool:
        """Whether the error is at the first character of the line that is not a space."""
        return self.column <= self.indent

    @property
    def sign(self) -> str:
        """The character with the error."""
        return self.line[self.column : self.column + 1]


# Message and hint.
Explanation = tuple[str, str]


def explain_yaml(file: ByteFile, error: Any) -> Explanation:
    """Return message and hint for an error of the YAML parser, by looking at the file again."""
    mark = error.problem_mark or error.context_mark
    text = f"{error.problem} {error.context or ''}".rstrip()
    if mark is None:
        return f"not YAML: {text}", SYNTAX_HINT
    begin = (error.context_mark or mark).line + 1
    spot = Spot(*_lines_at(file, mark.line), mark.column, begin)
    if re.match(r" *\t", spot.line):
        return f"not YAML: {TAB}", "indent with spaces; YAML does not allow tabs"
    for pattern, explain in PATTERNS:
        if re.match(pattern, text):
            text, hint = explain(spot)
            return f"not YAML: {text}", hint
    return f"not YAML: {text}", SYNTAX_HINT


def _lines_at(file: ByteFile, number: int) -> tuple[str, str]:
    """Return the line with this number, from 0, and the last one before it that is not blank."""
    before = b""
    with file.open() as stream:
        for at, line in enumerate(stream):
            if at >= number:
                return _text(line), _text(before)
            before = line if line.strip() else before
    return "", _text(before)


def _text(line: bytes) -> str:
    return line[:LONGEST_LINE].decode(errors="replace").rstrip("\r\n")


def _second_colon(spot: Spot) -> Explanation:
    before_indent = len(spot.before) - len(spot.before.lstrip(" "))
    has_value = re.search(r":\s+\S", spot.before) is not None
    if spot.indent > before_indent and has_value and spot.line.count(":", 0, spot.column) == 0:
        return "the line is indented deeper than the line before, which has a value", SAME_INDENT
    hint = "put the text after the first `: ` in quotes, or begin a nested key on its own line"
    return "there is a second `: ` in this line", hint


def _wrong_key(spot: Spot) -> Explanation:
    if spot.is_at_start:
        return f"the line is indented by {spot.indent}, unlike the keys it belongs to", SAME_INDENT
    hint = "inside \"…\" use single quotes, as in \"{{ a | replace('x', 'y') }}\"; write ' as ''"
    return "text follows after the closing quote", hint


def _unclosed_quote(spot: Spot) -> Explanation:
    return f"the text in quotes that begins in line {spot.begin} is not closed", "add the quote"


def _wrong_start(spot: Spot) -> Explanation:
    return f"a text cannot begin with `{shorten(spot.sign)}`", "put the text in quotes"


def _unclosed_bracket(spot: Spot) -> Explanation:
    hint = "close it, or put the text in quotes"
    return f"the `[` or `{{` in line {spot.begin} is not closed", hint


def _fixed(text: str, hint: str) -> Callable[[Spot], Explanation]:
    return lambda spot: (text, hint)


PATTERNS: tuple[tuple[str, Callable[[Spot], Explanation]], ...] = (
    (r"mapping values are not allowed", _second_colon),
    (r"did not find expected key while parsing a block mapping", _wrong_key),
    (r"expected <block end>, but found .* while parsing a block mapping", _wrong_key),
    (r"did not find expected '-' indicator|expected <block end>, but found .* block (?:coll|seq)",
     _fixed("the line is not an item of the list above it",
            "begin each item with `- `, and other keys with fewer spaces")),
    (r"could not find expected ':'",
     _fixed("the line before has no `: ` after its key", "write `key: value`")),
    (r"found unexpected end of stream .*quoted", _unclosed_quote),
    (r"found unexpected document indicator .*quoted", _unclosed_quote),
    (r"found character .*cannot start any token", _wrong_start),
    (r"found unknown escape character",
     _fixed("`\\` begins an escape sequence in double quotes, and this one does not exist",
            "use single quotes, or write `\\\\`")),
    (r"block sequence entries are not allowed|sequence entries are not allowed",
     _fixed("a list cannot begin on the line of its key",
            "begin it on the next line with `- `, or write `[a, b]`")),
    (r"did not find expected ',' or '[\]}]'|expected ',' or '[\]}]'", _unclosed_bracket),
)  # fmt: skip
