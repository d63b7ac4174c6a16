"""Bodies of answers: decompressed up to a limit, parsed as UTF-8 JSON; the charset is ignored."""

from __future__ import annotations

import json
import zlib
from http import HTTPStatus
from typing import Any

import httpx
import orjson

LARGEST_ANSWER_BYTES = 64_000_000
# Only the beginning of an error body is shown.
LARGEST_ERROR_BYTES = 1_000_000
# Both gzip and zlib framing.
WINDOW_BITS = 47
PACKED = ("gzip", "x-gzip", "deflate")


class Unreadable(Exception):
    """A body that cannot be decompressed."""


class TooLarge(Exception):
    """A successful answer whose body is larger than the limit."""


async def body_of(answer: httpx.Response) -> bytes:
    """Read and decompress a body from its stream; the body of an error is cut at its limit.

    Raises Unreadable, TooLarge, and the errors of the connection.
    """
    is_error = answer.status_code != HTTPStatus.OK
    limit = LARGEST_ERROR_BYTES if is_error else LARGEST_ANSWER_BYTES
    decompress = _decompressor(answer.headers.get("content-encoding", ""))
    body = bytearray()
    # NOTE: `aiter_bytes` decompresses a whole chunk at once, up to a thousand times its size.
    async for chunk in answer.stream:  # type: ignore[union-attr]
        body += decompress(chunk, limit + 1 - len(body))
        if len(body) > limit:
            if is_error:
                break
            raise TooLarge
    return bytes(body)


def text_of(answer: httpx.Response) -> str:
    """Return a body as UTF-8 text. The charset in the header is ignored: it is often wrong."""
    return answer.content.decode("utf-8", "replace")


def json_of(body: bytes) -> Any:
    """Return the value of a JSON text. Raises ValueError if it is not JSON."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _repaired(body)


def _repaired(body: bytes) -> Any:
    """Parse JSON that orjson rejects: with a BOM, NaN, a lone surrogate or invalid UTF-8.

    JavaScript can cut a text between the halves of a surrogate pair and then writes `\\ud83d`.
    """
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        value = json.loads(text, parse_constant=lambda name: None)
        return orjson.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


class _Plain:
    def __call__(self, chunk: bytes, limit: int) -> bytes:
        return chunk[:limit]


class _Packed:
    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(WINDOW_BITS)

    def __call__(self, chunk: bytes, limit: int) -> bytes:
        try:
            return self._inflate.decompress(chunk, limit)
        except zlib.error as error:
            raise Unreadable(str(error)) from None


def _decompressor(encoding: str) -> _Plain | _Packed:
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return _Plain()
    if name in PACKED:
        return _Packed()
    raise Unreadable(f"its Content-Encoding is {ascii(name[:40])}, and only gzip was asked for")
