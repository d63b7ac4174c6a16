"""Characters that are invisible, or act on a terminal, an editor or the direction of text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import bidirectional, name

from ld_import.validation.checks.mis_decoded import is_part_of_sequence
from ld_import.validation.checks.problem import TextCheck, TextProblem
from ld_import.wording import escaped

RULE = "control-character"
# Tab and line breaks are usual in texts. Joiners and soft hyphens are valid: words of Persian and
# Hindi, emoji and long German words need them.
CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
HIDDEN = "\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\u202d\u202e"
# Needed where Latin words are inside Hebrew or Arabic text, and of no use without it.
MARKS = "\u061c\u200e\u200f\u202a-\u202c\u2066-\u2069"
NAMES = {"\u200b": "zero width space", "\ufeff": "byte order mark"}

# Scripts without blanks between words, which may break lines at a zero width space.
_breaks_at_200b = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]").search
_find = re.compile(f"[{CONTROLS}{HIDDEN}{MARKS}]").finditer
_is_mark = re.compile(f"[{MARKS}]").match


def problems_of(text: str) -> Iterator[TextProblem]:
    """Yield each such character once, with its first position."""
    found: dict[str, int] = {}
    for match in _find(text):
        found.setdefault(match.group(), match.start())
    for sign, at in found.items():
        if not _is_usual(sign, at, text):
            yield _problem(sign, at)


def _is_usual(sign: str, at: int, text: str) -> bool:
    if sign == "\u200b":
        return _breaks_at_200b(text) is not None
    if _is_mark(sign):
        return any(bidirectional(other) in ("R", "AL") and not _is_mark(other) for other in text)
    # Reported as text that was decoded with the wrong encoding.
    return "\x80" <= sign <= "\x9f" and is_part_of_sequence(text, at)


def _problem(sign: str, at: int) -> TextProblem:
    known = NAMES.get(sign) or name(sign, "control character").lower()
    return TextProblem(
        f"{RULE}-{ord(sign):04x}",
        f"contains U+{ord(sign):04X} ({known}) as character {at + 1}",
        f'remove it from the source, or with `| replace("{escaped(sign)}", "")`',
    )


# In JSON: escapes of controls, DEL, and the first bytes of the others in UTF-8.
CONTROL_CHARACTERS = TextCheck(
    rb"\\u00|\\[bf]|\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8b\x8e\x8f\xa8-\xae]"
    rb"|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf|\xef\xbf[\xb9-\xbb]",
    problems_of,
)
