"""Harmless differences: each makes other content of a file, with the same facts.

Every function takes a body and a note of at most 200 bytes of ASCII.
"""

from __future__ import annotations

import zlib

PACKET_BYTES = 188


def appended(body: bytes, note: bytes) -> bytes:
    """Add bytes behind the end, which formats with offsets ignore."""
    return body + note


def same(body: bytes, note: bytes) -> bytes:
    """Change nothing."""
    return body


def jpeg(body: bytes, note: bytes) -> bytes:
    """Add a comment behind the first segment."""
    at = 4 + int.from_bytes(body[4:6], "big")
    comment = b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note
    return body[:at] + comment + body[at:]


def png(body: bytes, note: bytes) -> bytes:
    """Add a text chunk before the end."""
    content = b"tEXtComment\x00" + note
    length = (len(content) - 4).to_bytes(4, "big")
    chunk = length + content + zlib.crc32(content).to_bytes(4, "big")
    return body[:-12] + chunk + body[-12:]


def gif(body: bytes, note: bytes) -> bytes:
    """Add a comment before the trailer."""
    return body[:-1] + b"\x21\xfe" + bytes([len(note)]) + note + b"\x00" + body[-1:]


def boxes(body: bytes, note: bytes) -> bytes:
    """Add a free box to an ISO file."""
    return body + (len(note) + 8).to_bytes(4, "big") + b"free" + note


def riff(body: bytes, note: bytes) -> bytes:
    """Add a chunk to a RIFF file."""
    padded = note + b" " * (len(note) % 2)
    made = body + b"JUNK" + len(padded).to_bytes(4, "little") + padded
    return made[:4] + (len(made) - 8).to_bytes(4, "little") + made[8:]


def matroska(body: bytes, note: bytes) -> bytes:
    """Add a void element."""
    return body + b"\xec" + (0x4000 | len(note)).to_bytes(2, "big") + note


def transport_stream(body: bytes, note: bytes) -> bytes:
    """Add a null packet."""
    return body + (b"\x47\x1f\xff\x10" + note).ljust(PACKET_BYTES, b"\xff")


def id3(body: bytes, note: bytes) -> bytes:
    """Add a tag with the note as title and comment."""
    title, comment = note[:30].ljust(30), note[30:60].ljust(30)
    return body + b"TAG" + title + bytes(64) + comment + b"\xff"


def pdf(body: bytes, note: bytes) -> bytes:
    """Add a comment behind the end."""
    return body + b"\n%" + note + b"\n"


def markup(body: bytes, note: bytes) -> bytes:
    """Add a comment behind the last element."""
    return body + b"<!-- " + note + b" -->\n"


def archive(body: bytes, note: bytes) -> bytes:
    """Set the comment of an archive without one."""
    return body[:-2] + len(note).to_bytes(2, "little") + note


def text(body: bytes, note: bytes) -> bytes:
    """Add a line."""
    return body + note + b"\n"
