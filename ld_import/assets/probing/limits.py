"""The limits of a CMS with its default configuration, which only warn: each can be changed there.

https://docs.livingdocs.io, `mediaLibrary` and `images.processing`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ld_import.assets.probing.facts import Warned

MB = 1024 * 1024
PIXELS = 24_000_000
SIDE_PIXELS = 6000
FRAMES = 1800
IMAGE_MB, VIDEO_MB, FILE_MB = 15, 100, 100
ANIMATED_MB = 10
ANIMATED = ("image/gif", "image/webp")
FILE_TYPES = ("application/pdf",)


def image_warnings(
    mime_type: str, size: int, sides: tuple[int | None, int | None], frames: int | None
) -> Iterator[Warned]:
    """Yield the limits that an image exceeds; unknown values exceed none."""
    width, height = (side or 0 for side in sides)
    if mime_type == "image/svg+xml":
        width = height = 0
    if width * height > PIXELS:
        yield Warned(
            "image-pixels",
            f"the image has {width * height / 10**6:.1f} megapixels; the CMS rejects more than"
            f" {PIXELS // 10**6} by default",
        )
    if max(width, height) > SIDE_PIXELS:
        yield Warned(
            "image-side",
            f"a side of the image has {max(width, height):,} pixels; the CMS expects at most"
            f" {SIDE_PIXELS:,} by default",
        )
    yield from _size_warnings("image", size, ANIMATED_MB if mime_type in ANIMATED else IMAGE_MB)
    if frames is not None and frames > FRAMES:
        yield Warned(
            "image-frames",
            f"the image has {frames:,} frames; the CMS rejects more than {FRAMES:,} by default",
        )


def video_warnings(size: int) -> Iterator[Warned]:
    """Yield the limits that a video exceeds."""
    yield from _size_warnings("video", size, VIDEO_MB)


def file_warnings(mime_type: str, size: int) -> Iterator[Warned]:
    """Yield the limits that another file exceeds."""
    if mime_type not in FILE_TYPES:
        yield Warned("file-type", f"the CMS accepts only PDF by default, and this is {mime_type}")
    yield from _size_warnings("file", size, FILE_MB)


def _size_warnings(kind: str, size: int, most: int) -> Iterator[Warned]:
    if size > most * MB:
        yield Warned(
            f"{kind}-size",
            f"the {kind} has {size / MB:.1f} MB; the CMS accepts at most {most} MB by default",
        )
