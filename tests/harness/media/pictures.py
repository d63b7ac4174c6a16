"""Pictures of every type and orientation."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from PIL import Image

from tests.harness.media import stamps
from tests.harness.media.sample import REFUSED_SUFFIX, Sample, Stamp

SIZE = (96, 64)
ORIENTATION = 0x0112
ORIENTATIONS = range(1, 9)
# From here on the picture is turned by a quarter.
FIRST_TURNED = 5
# Format of Pillow: MIME type, suffix, stamp.
FORMATS: dict[str, tuple[str, str, Stamp]] = {
    "JPEG": ("image/jpeg", ".jpg", stamps.jpeg),
    "PNG": ("image/png", ".png", stamps.png),
    "GIF": ("image/gif", ".gif", stamps.gif),
    "WEBP": ("image/webp", ".webp", stamps.riff),
    "AVIF": ("image/avif", ".avif", stamps.boxes),
    "TIFF": ("image/tiff", ".tif", stamps.appended),
    "BMP": ("image/bmp", ".bmp", stamps.appended),
    "JPEG2000": ("image/jp2", ".jp2", stamps.boxes),
}
ACCEPTED = ("JPEG", "PNG", "GIF", "WEBP")
ORIENTED = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF")
# Title: format of Pillow, mode, options.
VARIANTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "progressive jpeg": ("JPEG", "RGB", {"progressive": True}),
    "grey jpeg": ("JPEG", "L", {}),
    "cmyk jpeg": ("JPEG", "CMYK", {}),
    "transparent png": ("PNG", "RGBA", {}),
    "palette png": ("PNG", "P", {}),
    "16 bit png": ("PNG", "I;16", {}),
    "lossless webp": ("WEBP", "RGB", {"lossless": True}),
    "transparent webp": ("WEBP", "RGBA", {}),
    "compressed tiff": ("TIFF", "RGB", {"compression": "tiff_lzw"}),
}


def pictures() -> Iterator[Sample]:
    """Yield pictures: each format with each orientation that it can state, and variants."""
    for form in FORMATS:
        yield _sample(form.lower(), form, SIZE, _saved(form, _drawn("RGB", SIZE)))
    for form in ORIENTED:
        for orientation in ORIENTATIONS:
            yield _oriented(form, orientation)
    for title, (form, mode, options) in VARIANTS.items():
        yield _sample(title, form, SIZE, _saved(form, _drawn(mode, SIZE), **options))
    for form in ("GIF", "WEBP", "PNG"):
        frames = [_drawn("RGB", SIZE, shift) for shift in (10, 20)]
        body = _saved(form, _drawn("RGB", SIZE), save_all=True, append_images=frames, duration=50)
        yield _sample(f"animated {form.lower()}", form, SIZE, body)
    for size in ((1, 1), (640, 480), (4000, 3)):
        yield _sample(f"jpeg {size}", "JPEG", size, _saved("JPEG", _drawn("RGB", size)))
    # The ending in the name lies.
    yield _sample("png named jpg", "PNG", SIZE, _saved("PNG", _drawn("RGB", SIZE)), ".JPG")


def _oriented(form: str, orientation: int) -> Sample:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    body = _saved(form, _drawn("RGB", SIZE), exif=exif.tobytes())
    seen = SIZE[::-1] if orientation >= FIRST_TURNED else SIZE
    return _sample(f"{form.lower()} turned {orientation}", form, seen, body)


def _sample(
    title: str, form: str, size: tuple[int, int], body: bytes, name: str | None = None
) -> Sample:
    mime, suffix, stamp = FORMATS[form]
    return Sample(
        title=title,
        body=body,
        stamp=stamp,
        name=name or suffix,
        mime=mime,
        suffix=suffix,
        width=size[0],
        height=size[1],
        problem=None if form in ACCEPTED else REFUSED_SUFFIX,
    )


def _drawn(mode: str, size: tuple[int, int], shift: int = 0) -> Image.Image:
    """Return a picture with a gradient, which no format reduces to nothing."""
    grey = Image.linear_gradient("L").resize(size)
    shifted = grey.point([(value + shift) % 256 for value in range(256)])
    if mode in ("L", "P"):
        return shifted.convert(mode)
    if mode == "I;16":
        return Image.new(mode, size, 1000)
    return Image.merge("RGB", (shifted, grey, grey.rotate(180))).convert(mode)


def _saved(form: str, image: Image.Image, **options: Any) -> bytes:
    made = io.BytesIO()
    image.save(made, form, **options)
    return made.getvalue()
