"""Text from manifests and servers, made harmless: for a terminal, a line, and whoever reads it."""

from __future__ import annotations

import unicodedata

from ld_import.secrets import Secrets

# One a process, as standard error is: whoever learns a secret puts it in, whoever tells looks.
SECRETS = Secrets()

# Control characters, and those that turn the direction of what follows them.
UNSAFE_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
UNSAFE_FORMATS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def plain(text: object, *, limit: int | None = None) -> str:
    """Return text in which nothing can act and nothing is secret, control characters as escapes.

    Markup is not touched; whoever prints must not interpret any.
    """
    # Before anything is cut away: half a secret is hard to find.
    whole = SECRETS.hide(str(text))
    if not whole.isprintable():
        whole = "".join(_visible(character) for character in whole)
    if limit is not None and len(whole) > limit:
        return whole[: limit - 1] + "…"
    return whole


def _visible(character: str) -> str:
    if character in UNSAFE_FORMATS or unicodedata.category(character) in UNSAFE_CATEGORIES:
        return character.encode("unicode_escape", "backslashreplace").decode()
    return character


def amount(count: int, word: str) -> str:
    """Return a count with its noun: `1 entry`, `1,200 entries`, `3 items`."""
    if count != 1:
        word = word[:-1] + "ies" if word.endswith("y") else word + "s"
    return f"{count:,} {word}"


def duration(seconds: float) -> str:
    """Return seconds as people say them: `0.4s`, `4s`, `2:10`, `1:04:00`."""
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


def spoken(name: str) -> str:
    """Return a name of the JSON summary as people say it: `failed before` for `failedBefore`."""
    return "".join(f" {one.lower()}" if one.isupper() else one for one in name)
