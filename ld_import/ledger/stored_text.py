"""Texts from servers and records as they are stored: of bounded length, and always UTF-8."""

from __future__ import annotations

LONGEST_TEXT = 1_000
MORE = "…"


def storable(text: str) -> str:
    """Return at most the first 1,000 characters of a text, encodable."""
    if len(text) > LONGEST_TEXT:
        text = text[: LONGEST_TEXT - len(MORE)] + MORE
    return encodable(text)


def encodable(text: str) -> str:
    """Return a text in which what UTF-8 cannot hold (a lone surrogate) is an escape."""
    return text.encode(errors="backslashreplace").decode()
