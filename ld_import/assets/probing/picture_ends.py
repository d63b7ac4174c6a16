"""Whether pictures are complete, by the structure of their formats; no pixel is decoded."""

from __future__ import annotations

from collections.abc import Callable

from ld_import.assets.probing.containers import check_boxes, check_end, check_riff
from ld_import.assets.probing.facts import ProbeProblem
from ld_import.assets.probing.window import Window

START_OF_SCAN, START_OF_IMAGE, END_OF_IMAGE = 0xDA, 0xD8, b"\xff\xd9"
# Markers without a length: restarts and TEM.
ALONE = {0x01, START_OF_IMAGE, *range(0xD0, 0xD8)}
PNG_END = b"IEND\xaeB`\x82"
GIF_EXTENSION, GIF_IMAGE, GIF_END = 0x21, 0x2C, 0x3B


def check_picture_end(reader: str, window: Window, data: bytes | None) -> None:
    """Raise ProbeProblem if a picture is truncated; `data` is all of it unless it is large."""
    check = CHECKS.get(reader)
    if check is not None:
        check(window, data)


def gif_frames(data: bytes) -> int:
    """Return the number of frames of a GIF. Raises ProbeProblem if it has no end."""
    frames, at = 0, 13 + _colours(data, 10)
    while at < len(data) and data[at] != GIF_END:
        if data[at] == GIF_IMAGE:
            frames += 1
            at += 11 + _colours(data, at + 9)
        elif data[at] == GIF_EXTENSION:
            at += 2
        else:
            break
        at = _after_blocks(data, at)
    if at >= len(data) and not data.endswith(bytes((GIF_END,))):
        raise _truncated("GIF")
    return frames


def _colours(data: bytes, at: int) -> int:
    """Return the bytes of a table of colours, by the flags in front of it."""
    flags = data[at] if at < len(data) else 0
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1


def _check_jpeg(window: Window, data: bytes | None) -> None:
    # Phones append films of several MB, so that only a whole file is certain.
    if data is None:
        if END_OF_IMAGE not in window.tail() and not _has_appendix(window):
            raise _truncated("JPEG")
    # From the end, where most have it.
    elif data.rfind(END_OF_IMAGE, _scan_start(data)) < 0:
        raise _truncated("JPEG")


def _has_appendix(window: Window) -> bool:
    return b"MPF\x00" in window.head() or b"MotionPhoto" in window.head()


def _scan_start(data: bytes) -> int:
    """Return the position of the first scan: thumbnails with an end of their own are before it."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == START_OF_SCAN:
            return at
        if marker == 0xFF:
            at += 1
        else:
            length = 0 if marker in ALONE else int.from_bytes(data[at + 2 : at + 4], "big")
            at += 2 + length
    return min(at, len(data))


def _check_png(window: Window, data: bytes | None) -> None:
    if PNG_END not in (window.tail() if data is None else data):
        raise _truncated("PNG")


def _check_gif(window: Window, data: bytes | None) -> None:
    # The frames of a smaller one are counted to its end.
    if data is None and GIF_END not in window.tail(64):
        raise _truncated("GIF")


def _check_bitmap(window: Window, data: bytes | None) -> None:
    head = window.head(54)
    number = {at: int.from_bytes(head[at : at + 4], "little", signed=True) for at in (18, 22, 30)}
    # Older headers have numbers of two bytes.
    is_plain = int.from_bytes(head[14:18], "little") >= 40 and number[30] in (0, 3)
    if is_plain:
        bits = int.from_bytes(head[28:30], "little")
        row = (number[18] * bits + 31) // 32 * 4
        check_end(window, int.from_bytes(head[10:14], "little") + row * abs(number[22]))


def _by_boxes(window: Window, data: bytes | None) -> None:
    check_boxes(window)


def _by_riff(window: Window, data: bytes | None) -> None:
    check_riff(window)


def _truncated(name: str) -> ProbeProblem:
    return ProbeProblem(f"the file is truncated: the {name} image has no end")


CHECKS: dict[str, Callable[[Window, bytes | None], None]] = {
    "JPEG": _check_jpeg,
    "PNG": _check_png,
    "GIF": _check_gif,
    "BMP": _check_bitmap,
    "WEBP": _by_riff,
    "AVIF": _by_boxes,
    "JPEG2000": _by_boxes,
}
