"""Bodies of answers: unpacked up to a limit and parsed as UTF-8 JSON, whatever headers say."""

from __future__ import annotations

import json
import zlib
from typing import Any

import httpx
import orjson

LARGEST_ANSWER_BYTES = 64_000_000
# The status decides; the beginning of the body is enough for its words.
LARGEST_ERROR_BYTES = 1_000_000
# Both gzip and zlib framing.
WINDOW_BITS = 47
PACKED = ("gzip", "x-gzip", "deflate")


class Unreadable(Exception):  # noqa: N818 - translated where it is known what was asked
    """A body that cannot be unpacked."""


class TooLarge(Exception):  # noqa: N818 - translated where it is known what was asked
    """A body of a successful answer that is larger than the limit."""


async def body_of(answer: httpx.Response) -> bytes:
    """Read a body from its stream; that of an error is cut at its limit.

    Raises Unreadable, TooLarge, and what the connection raises.
    """
    is_error = answer.status_code != httpx.codes.OK
    limit = LARGEST_ERROR_BYTES if is_error else LARGEST_ANSWER_BYTES
    unpack = _unpacker(answer.headers.get("content-encoding", ""))
    body = bytearray()
    # NOTE: `aiter_bytes` would unpack a whole chunk at once, a thousand times its size.
    async for chunk in answer.stream:  # type: ignore[union-attr]
        body += unpack(chunk, limit + 1 - len(body))
        if len(body) > limit:
            if is_error:
                break
            raise TooLarge
    return bytes(body)


def text_of(answer: httpx.Response) -> str:
    """Return a body as text: UTF-8 whatever the header says, since some name charsets at random."""
    return answer.content.decode("utf-8", "replace")


def json_of(body: bytes) -> Any:
    """Return the value of a JSON text; raises ValueError for anything else."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _repaired(body)


def _repaired(body: bytes) -> Any:
    """Parse what orjson refuses but a server may send: a BOM, NaN, half an emoji, bad UTF-8.

    JavaScript cuts texts between the halves of a surrogate pair and writes `\\ud83d`.
    """
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        value = json.loads(text, parse_constant=lambda name: None)
        return orjson.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


class _Plain:
    def __call__(self, chunk: bytes, room: int) -> bytes:
        return chunk[:room]


class _Packed:
    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(WINDOW_BITS)

    def __call__(self, chunk: bytes, room: int) -> bytes:
        try:
            return self._inflate.decompress(chunk, room)
        except zlib.error as error:
            raise Unreadable(str(error)) from None


def _unpacker(encoding: str) -> _Plain | _Packed:
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return _Plain()
    if name in PACKED:
        return _Packed()
    raise Unreadable(f"its Content-Encoding is {ascii(name[:40])}, and only gzip was asked for")
