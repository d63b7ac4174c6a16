"""Pictures: the size that is seen, for every format and orientation, and their limits."""

from __future__ import annotations

import io
import logging
import struct
import zlib

import pytest
from PIL import Image

from ld_import.assets.probe import probe
from tests.assets.probing.makers import (
    CountingReader,
    animation,
    facts,
    picture,
    reason,
    rules,
    seen,
)

TYPES = {
    "JPEG": ("image/jpeg", ".jpg"),
    "PNG": ("image/png", ".png"),
    "WEBP": ("image/webp", ".webp"),
    "AVIF": ("image/avif", ".avif"),
    "TIFF": ("image/tiff", ".tif"),
    "GIF": ("image/gif", ".gif"),
    "BMP": ("image/bmp", ".bmp"),
    "ICO": ("image/x-icon", ".ico"),
    "JPEG2000": ("image/jp2", ".jp2"),
}
ORIENTED = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF")


@pytest.mark.parametrize("form", TYPES)
def test_type_and_size(form):
    """Every format has its MIME type, its suffix and the size it was made with."""
    size = (32, 16) if form == "ICO" else (60, 40)
    options = {"sizes": [size]} if form == "ICO" else {}
    image = Image.new("RGB", size, (10, 20, 30))
    made = io.BytesIO()
    image.save(made, form, **options)

    found = facts(made.getvalue())

    assert seen(found) == (*TYPES[form], "image", *size)
    assert (found.duration_seconds, found.warnings, found.missing) == (None, (), ())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ORIENTED)
def test_orientation(form, orientation):
    """Orientations 5 to 8 exchange width and height, also where Pillow applies them."""
    found = facts(picture(form, orientation=orientation))

    sides = (40, 60) if orientation > 4 else (60, 40)
    assert seen(found) == (*TYPES[form], "image", *sides)


def test_damaged_exif_data():
    """A picture with EXIF data that cannot be read is as it is stored, like in viewers."""
    found = facts(picture("JPEG", exif=b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff"))

    assert (found.width, found.height) == (60, 40)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP"])
def test_truncated(form):
    """The first half of a picture is a problem, though Pillow would read its size."""
    data = picture(form, size=(300, 200))

    assert "truncated" in reason(data[: len(data) // 2])


def test_thumbnail_with_an_end():
    """The end of a thumbnail inside a JPEG is not the end of the picture."""
    thumbnail = picture("JPEG", size=(8, 8))
    comment = b"\xff\xfe" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    whole = picture("JPEG", size=(300, 200))
    data = whole[:2] + comment + whole[2:]

    assert facts(data).width == 300
    assert reason(data[:-2]) == "the file is truncated: the JPEG image has no end"


def test_appended_film():
    """A phone's film behind a JPEG is not a problem."""
    assert facts(picture("JPEG") + b"ftypmp42" * 20_000).width == 60


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_damaged_picture(form):
    """A picture whose parts do not fit their checksums or lengths is a problem."""
    data = bytearray(picture(form, size=(300, 200)))
    data[16:40] = b"\xff" * 24

    assert reason(bytes(data)).endswith("damaged or of a form that is not supported")


def test_cameras():
    """A JPEG of several pictures is a JPEG; a TIFF that begins with a preview is a raw file."""
    made, preview = io.BytesIO(), io.BytesIO()
    image = Image.new("RGB", (60, 40))
    image.save(made, "MPO", save_all=True, append_images=[image.copy()])
    image.save(preview, "TIFF", tiffinfo={254: 1})

    assert seen(facts(made.getvalue())) == ("image/jpeg", ".jpg", "image", 60, 40)
    assert "a raw file of a camera" in reason(preview.getvalue())


def test_big_tiff():
    """A TIFF with positions of 8 bytes is a TIFF."""
    data = picture("TIFF", big_tiff=True)

    assert data[:4] == b"II\x2b\x00"
    assert seen(facts(data)) == ("image/tiff", ".tif", "image", 60, 40)


def test_animations():
    """Frames of an animation are counted, and too many are a warning."""
    assert rules(facts(animation("GIF", 5))) == []
    assert rules(facts(animation("GIF", 1801))) == ["image-frames"]
    assert rules(facts(animation("PNG", 1801))) == ["image-frames"]
    assert seen(facts(animation("WEBP", 4)))[1:] == (".webp", "image", 8, 6)


def png(width, height, filler=0):
    """Return a PNG that claims this size, with bytes of no meaning."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"teSt", bytes(filler)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    chunks = (
        len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")
        for name, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_limits():
    """Megapixels, sides and bytes above the defaults of the CMS are warnings."""
    assert rules(facts(png(6000, 4000))) == []
    assert rules(facts(png(6001, 3000))) == ["image-side"]
    assert rules(facts(png(6000, 4001))) == ["image-pixels"]
    assert rules(facts(png(10, 10, filler=15 * 1024 * 1024))) == ["image-size"]
    assert facts(png(6000, 5000)).warnings[0].text == (
        "the image has 30.0 megapixels; the CMS rejects more than 24 by default"
    )


def test_decompression_bomb(capfd):
    """A picture that would fill the memory is a problem, a very large one only a warning."""
    assert "more than 178 megapixels" in reason(png(65_535, 65_535))
    assert rules(facts(png(10_000, 10_000))) == ["image-pixels", "image-side"]
    assert capfd.readouterr() == ("", "")


def test_large_picture_is_not_read_whole():
    """Of a picture above 16 MB only its ends are read."""
    data = picture("BMP", size=(2600, 2200))
    reader = CountingReader(data)

    found = probe(reader, len(data), "large.bmp")

    assert (found.width, found.height, rules(found)) == (2600, 2200, ["image-size"])
    assert len(data) > 16 * 1024 * 1024 > 100 * reader.read_bytes


def test_nothing_is_printed(capfd, monkeypatch):
    """Warnings and the log of Pillow, which Python prints by default, stay silent."""
    # Without pytest's own handlers.
    monkeypatch.setattr(logging.getLogger("PIL"), "propagate", False)
    data = picture("TIFF")
    at = data.index((277).to_bytes(2, "little") + b"\x03\x00\x01\x00\x00\x00") + 8

    assert reason(data[:at] + b"\xff\xff" + data[at + 2 :])
    assert capfd.readouterr() == ("", "")


def test_unsupported_picture():
    """A picture whose size cannot be read asks for another format."""
    data = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(100)

    assert reason(data) == (
        "the size of a HEIC image cannot be read; convert it to JPEG, PNG or WebP"
    )
