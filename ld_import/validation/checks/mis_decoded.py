"""Text that was decoded with the wrong encoding: UTF-8 read as Windows-1252 or Latin-1.

A sequence counts only if its characters, encoded again, are valid UTF-8. The signs that follow a
word in real text (`NÃO”`, `Spaß“`, `café …`) make such sequences as well, and prove nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ld_import.validation.checks.problem import TextCheck, TextProblem

RULE = "mis-decoded"
LOST_RULE = "lost-character"
LOST = "\ufffd"


def _character(byte: int) -> str:
    """Return the character of a byte; the five that Windows-1252 does not define are Latin-1's."""
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


_bytes = {_character(byte): byte for byte in range(0x80, 0x100)} | {
    chr(byte): byte for byte in range(0x80, 0x100)
}
FOLLOWING = "".join(sign for sign, byte in _bytes.items() if byte < 0xC0)
# Quotes, dashes, dots and the no-break space: signs that follow a letter in real text.
AFTER_WORDS = "”’…–—›»‘“„‚‹«\xa0"
_PROOF = f"[{''.join(set(FOLLOWING) - set(AFTER_WORDS))}]"
_ANY = f"[{FOLLOWING}]"
# `Å²` is a unit; `×½` and `Ø½` are measures.
_sequence = re.compile(
    f"[ÂÃÄÎÏÐÑ]{_PROOF}|Å(?![²³¹°±·]){_PROOF}|[×ØÙ]{_PROOF}(?:[×ØÙ]{_ANY})+"
    # A capital in the middle of a word, or a word of its own: `Ã–sterreich`, `cÅ“ur`, `Ã\xa0`.
    rf"|[ÃÅ][{AFTER_WORDS[:-1]}](?=[^\W\dA-Z_])|(?<!\w)Ã\xa0(?!\w)"
    f"|[à-ï]{_PROOF}{_ANY}|â(?:„¢|‚¬)|ï»¿|ð{_PROOF}{_ANY}{{2}}"
).finditer


def problems_of(text: str) -> Iterator[TextProblem]:
    """Yield the first mis-decoded sequence of a text, and the mark of lost characters."""
    for match in _sequence(text):
        if repaired := _decoded(match.group()):
            yield TextProblem(
                RULE,
                f'looks mis-decoded: "{match.group()}" may be "{repaired}"',
                "export the source again as UTF-8, and read it as UTF-8; nothing is repaired here",
            )
            break
    if LOST in text:
        yield TextProblem(
            LOST_RULE,
            f"contains U+FFFD as character {text.index(LOST) + 1}, the mark of a lost character",
            "export the source again in its own encoding",
        )


def is_part_of_sequence(text: str, at: int) -> bool:
    """Return whether the character at a position is part of a mis-decoded sequence."""
    return any(match.start() <= at < match.end() for match in _sequence(text))


def _decoded(sequence: str) -> str | None:
    try:
        return bytes(_bytes[sign] for sign in sequence).decode()
    except UnicodeDecodeError:
        return None


# In JSON: a first character of such a sequence before one that follows, or U+FFFD.
MIS_DECODED = TextCheck(
    rb"\xc3[\x82-\x85\x8e-\x91\x97-\x99\xa0-\xb0]"
    rb"(?:\xc2|\xe2(?:\x80|\x82\xac|\x84\xa2)|\xc5|\xc6\x92|\xcb)|\xef\xbf\xbd",
    problems_of,
)
