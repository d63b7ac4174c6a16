"""Pictures: the size that is seen, by Pillow, which reads only their headers."""

from __future__ import annotations

import io
import logging
import re
import warnings
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from ld_import.assets.probing.containers import check_end
from ld_import.assets.probing.content import Content
from ld_import.assets.probing.facts import ProbeProblem
from ld_import.assets.probing.picture_ends import check_picture_end, gif_frames
from ld_import.assets.probing.window import Window

if TYPE_CHECKING:
    from PIL.Image import Image

# Below, one read of the whole costs less than many of its parts.
READ_WHOLE_BYTES = 16 * 1024 * 1024
# Pillow reads files of these formats whole in any case.
ALWAYS_WHOLE = ("WEBP", "AVIF")
LARGEST_WHOLE_BYTES = 64 * 1024 * 1024
ORIENTATION = 0x0112
# The first picture of a TIFF is a reduced one, which cameras write for a preview.
NEW_SUBFILE_TYPE, DNG_VERSION = 254, 50706
# Orientations that exchange width and height.
TURNED = range(5, 9)
OWN_MODULES = re.compile(r"PIL\.")
IGNORED = ("ignore", None, Warning, OWN_MODULES, 0)
# Positions of the parts of a TIFF and their lengths: in strips, or in tiles.
TIFF_PARTS = ((273, 279), (324, 325))


class Picture(NamedTuple):
    """The facts of a picture; `frames` is None if they are not counted."""

    width: int
    height: int
    frames: int | None


def picture_of(content: Content, window: Window) -> Picture:
    """Return the facts of a picture. Raises ProbeProblem, and any error of Pillow."""
    if not content.reader:
        raise ProbeProblem(
            f"the size of a {content.label} cannot be read; convert it to JPEG, PNG or WebP"
        )
    data = _whole(content, window)
    check_picture_end(content.reader, window, data)
    pillow = _pillow()
    try:
        image = pillow.open(window if data is None else io.BytesIO(data), formats=(content.reader,))
    except pillow.DecompressionBombError:
        raise ProbeProblem(
            f"the {content.label} has more than {2 * pillow.MAX_IMAGE_PIXELS // 10**6} megapixels,"
            " which can exhaust the memory of programs that open it"
        ) from None
    with image:
        return _facts(image, content.reader, window, data)


def _facts(image: Image, reader: str, window: Window, data: bytes | None) -> Picture:
    width, height = image.size
    if min(width, height) < 1:
        raise ProbeProblem("the image has no pixels")
    # Pillow has exchanged the sides of a TIFF already. A PNG without EXIF would be decoded.
    if reader != "TIFF" and "exif" in image.info and _orientation(image) in TURNED:
        width, height = height, width
    if reader == "TIFF":
        _check_tiff(image, window)
    frames = _frames(image, reader, data)
    if reader == "PNG" and data is not None:
        # It compares the checksums of all parts, and decodes none.
        image.verify()
    return Picture(width, height, frames)


def _whole(content: Content, window: Window) -> bytes | None:
    if window.size <= READ_WHOLE_BYTES:
        return window.whole()
    if content.reader not in ALWAYS_WHOLE:
        return None
    if window.size > LARGEST_WHOLE_BYTES:
        raise ProbeProblem(
            f"the {content.label} has {window.size:,} bytes; more than {LARGEST_WHOLE_BYTES:,} of"
            " this format are not read"
        )
    return window.whole()


def _pillow() -> ModuleType:
    """Return Pillow's module; its warnings and its log are not printed from now on."""
    from PIL import Image

    log = logging.getLogger("PIL")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    if IGNORED not in warnings.filters:
        warnings.filterwarnings("ignore", module=OWN_MODULES.pattern)
    return Image


def _orientation(image: Image) -> Any:
    try:
        return image.getexif().get(ORIENTATION, 1)
    except Exception:  # damaged EXIF: viewers show such a picture as it is stored
        return 1


def _frames(image: Image, reader: str, data: bytes | None) -> int | None:
    if reader == "GIF":
        return None if data is None else gif_frames(data)
    return getattr(image, "n_frames", 1) if reader in ("PNG", "WEBP", "AVIF") else None


def _check_tiff(image: Any, window: Window) -> None:
    if image.tag_v2.get(NEW_SUBFILE_TYPE, 0) & 1 or DNG_VERSION in image.tag_v2:
        raise ProbeProblem(
            "the image is a raw file of a camera, whose size cannot be read; convert it to JPEG,"
            " PNG or WebP"
        )
    for positions, lengths in TIFF_PARTS:
        starts, counts = image.tag_v2.get(positions, ()), image.tag_v2.get(lengths, ())
        for start, count in zip(starts, counts, strict=False):
            check_end(window, start + count)
