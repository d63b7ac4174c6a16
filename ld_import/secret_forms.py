"""The encodings of a secret in foreign texts: percent-encoded, JSON, hex, base64.

All results are in lower case, for comparison with lower-case text.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterator
from urllib.parse import quote


def forms_of(secret: str) -> list[str]:
    """Return all encodings of a secret in lower case, without duplicates."""
    return list(dict.fromkeys(form.lower() for form in _forms(secret) if form))


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    yield quote(secret, safe="/")
    escaped = secret.replace("\\", "\\\\").replace('"', '\\"')
    yield escaped
    yield escaped.replace("/", "\\/")
    raw = secret.encode(errors="replace")
    yield raw.hex()
    yield from _base64_forms(raw)


def _base64_forms(raw: bytes) -> Iterator[str]:
    """Yield the base64 characters that depend on the secret alone, for each of three offsets.

    In Basic credentials the secret follows a user name of any length.
    """
    for offset in range(3):
        encoded = b2a_base64(bytes(offset) + raw, newline=False).decode()
        # A character encodes six bits; characters shared with adjacent text are omitted.
        start, end = -(-offset * 8 // 6), (offset + len(raw)) * 8 // 6
        standard = encoded[start:end]
        yield standard
        yield standard.replace("+", "-").replace("/", "_")
