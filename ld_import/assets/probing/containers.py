"""Types of containers by their first bytes, and whether their parts end inside the file.

The standards: ISO/IEC 14496-12 (boxes), RFC 8794 (EBML), RFC 9559 (Matroska), ISO/IEC 13818-1 (TS).
"""

from __future__ import annotations

from collections.abc import Iterator

from ld_import.assets.probing import content
from ld_import.assets.probing.content import Content
from ld_import.assets.probing.facts import ProbeProblem
from ld_import.assets.probing.window import Window

# A fragmented file has thousands of boxes, and each may cost a request.
MOST_BOXES = 64
# Files of QuickTime before 2003 have no `ftyp`.
OLD_MOVIE = (b"moov", b"mdat", b"wide", b"pnot", b"free", b"skip")
PICTURE_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), content.AVIF),
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"heim", b"heis"), content.HEIC),
}
FILM_BRANDS = {
    b"qt  ": content.MOV,
    **dict.fromkeys((b"M4A ", b"M4B ", b"M4P ", b"F4A "), content.M4A),
}
RIFF_TYPES = {b"WEBP": content.WEBP, b"WAVE": content.WAV, b"AVI ": content.AVI}
EBML = b"\x1a\x45\xdf\xa3"
DOC_TYPE = b"\x42\x82"
SEGMENT = b"\x18\x53\x80\x67"
# Distance of packets, and the position of the first one: with a time code of four bytes or not.
TS_PACKETS = ((188, 0), (192, 4), (204, 0))
CHECKED_PACKETS = 5


def by_boxes(head: bytes) -> Content | None:
    """Return the type of a file of boxes: MP4, QuickTime, AVIF and others."""
    kind = head[4:8]
    if kind in OLD_MOVIE and len(head) >= 16:
        return content.MOV
    if kind != b"ftyp":
        return None
    length = int.from_bytes(head[:4], "big")
    major = head[8:12]
    brands = [major, *(head[at : at + 4] for at in range(16, min(length, 256), 4))]
    if picture := next((PICTURE_BRANDS[one] for one in brands if one in PICTURE_BRANDS), None):
        return picture
    if major[:3] in (b"3gp", b"3g2"):
        return content.GP32 if major[:3] == b"3g2" else content.GP3
    return content.HEIC if major == b"mif1" else FILM_BRANDS.get(major, content.MP4)


def by_ebml(head: bytes) -> Content | None:
    """Return the type of a Matroska file: its header names it."""
    if not head.startswith(EBML):
        return None
    at = head.find(DOC_TYPE, 4, 256)
    return content.WEBM if at > 0 and head[at + 3 : at + 7] == b"webm" else content.MKV


def by_riff(head: bytes) -> Content | None:
    """Return the type of a RIFF file."""
    return RIFF_TYPES.get(head[8:12]) if head[:4] == b"RIFF" else None


def by_packets(head: bytes) -> Content | None:
    """Return the type of a transport stream: each packet begins with the same byte."""
    for step, start in TS_PACKETS:
        begins = head[start : start + step * CHECKED_PACKETS : step]
        if begins == b"G" * CHECKED_PACKETS:
            return content.TS
    return None


def check_boxes(window: Window) -> None:
    """Raise ProbeProblem if one of the first boxes ends behind the file."""
    for end in _box_ends(window):
        check_end(window, end)


def check_segment(window: Window) -> None:
    """Raise ProbeProblem if the segment of a Matroska file ends behind the file."""
    head = window.head(4096)
    length, at = _vint(head, 4)
    at += length or 0
    if head[at : at + 4] != SEGMENT:
        return
    size, start = _vint(head, at + 4)
    if size is not None:
        check_end(window, start + size)


def check_riff(window: Window) -> None:
    """Raise ProbeProblem if the chunk that is a RIFF file ends behind the file."""
    size = int.from_bytes(window.head(8)[4:], "little")
    # Programs that write to a pipe cannot go back to state the size.
    if size not in (0, 0xFFFFFFFF):
        check_end(window, size + 8)


def check_end(window: Window, end: int) -> None:
    """Raise ProbeProblem if the content should end behind the file."""
    if end > window.size:
        raise ProbeProblem(
            f"the file is truncated: it has {window.size:,} bytes, and its content at least {end:,}"
        )


def _box_ends(window: Window) -> Iterator[int]:
    at = 0
    for _ in range(MOST_BOXES):
        header = window.at(at, 16)
        size, kind = int.from_bytes(header[:4], "big"), header[4:8]
        if len(header) < 8 or not kind.isascii() or size == 0:
            return
        least = 8
        if size == 1:
            size, least = int.from_bytes(header[8:16], "big"), 16
        if size < least:
            return
        at += size
        yield at


def _vint(data: bytes, at: int) -> tuple[int | None, int]:
    """Return a size and the position behind it; None for an unknown one."""
    if at >= len(data) or not data[at]:
        return None, at
    length = 9 - data[at].bit_length()
    bits = 7 * length
    value = int.from_bytes(data[at : at + length], "big") & ((1 << bits) - 1)
    return (None if value == (1 << bits) - 1 else value), at + length
