"""Texts from servers and records, made storable: of bounded length and valid UTF-8."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST_TEXT = 1_000
MORE = "…"


def storable(text: str) -> str:
    """Return at most the first 1,000 characters of a text, as `encodable` text."""
    if len(text) > LONGEST_TEXT:
        text = text[: LONGEST_TEXT - len(MORE)] + MORE
    return encodable(text)


def encodable(text: str) -> str:
    """Return the text with lone surrogates, which UTF-8 cannot encode, replaced by escapes."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def encodable_all(texts: Sequence[str | None]) -> Sequence[str | None]:
    """Return each text as `encodable`; missing and empty ones are unchanged."""
    if "".join(filter(None, texts)).isascii():
        return texts
    return [text and encodable(text) for text in texts]
