"""Makes pictures and films, each once for all tests, and reads what probing finds."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
from PIL import Image

from ld_import.assets.probe import ProbeProblem, probe

ORIENTATION = 0x0112
RATE = 10


class CountingReader(io.BytesIO):
    """A file in memory that counts what is read of it."""

    read_bytes = 0

    def read(self, size=-1, /):
        data = super().read(size)
        self.read_bytes += len(data)
        return data


def facts(data, name="file"):
    """Return what probing finds in a file."""
    return probe(CountingReader(data), len(data), name)


def reason(data, name="file"):
    """Return why a file cannot be uploaded."""
    try:
        found = facts(data, name)
    except ProbeProblem as problem:
        assert type(problem).__module__.startswith("ld_import.")
        return problem.reason
    raise AssertionError(f"there is no problem: {found}")


def seen(found):
    """Return MIME type, suffix, kind, width and height."""
    return found.mime_type, found.suffix, found.kind, found.width, found.height


def rules(found):
    """Return the rules of the warnings."""
    return [warned.rule for warned in found.warnings]


@cache
def picture(form, size=(60, 40), orientation=None, **options):
    """Return a picture, with this orientation in its EXIF data."""
    image = Image.new("RGB", size, (200, 60, 20))
    if orientation is not None:
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        options["exif"] = exif
    made = io.BytesIO()
    image.save(made, form, **options)
    return made.getvalue()


@cache
def animation(form, frames, size=(8, 6)):
    """Return a picture with frames that differ."""
    images = [Image.new("RGB", size, (at % 256, at // 256, 90)) for at in range(frames)]
    made = io.BytesIO()
    images[0].save(made, form, save_all=True, append_images=images[1:], duration=50)
    return made.getvalue()


@cache
def film(form, codec, *, size=(64, 36), frames=10, rotation=None, aspect=None, flags=None):
    """Return a film; `flags` are an option of the container and its value."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "film")
        options = dict([flags]) if flags else {}
        with av.open(path, "w", format=form, options=options) as container:
            stream = container.add_stream(codec, rate=RATE)
            stream.width, stream.height = size
            stream.pix_fmt = "yuv420p"
            if aspect is not None:
                stream.sample_aspect_ratio = Fraction(*aspect)
            if rotation is not None:
                stream.set_display_rotation(rotation)
            for at in range(frames):
                frame = av.VideoFrame.from_image(Image.new("RGB", size, (at * 20, 50, 90)))
                frame.pts = at
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path.read_bytes()


def with_hole(path, made, more):
    """Write a film whose pictures are followed by so many empty bytes, which take no space."""
    at = made.index(b"mdat") - 4
    length = int.from_bytes(made[at : at + 4], "big")
    # The size of 8 bytes takes the place of the empty box in front.
    assert made[at - 8 : at] == b"\x00\x00\x00\x08free"
    box = b"\x00\x00\x00\x01mdat" + (length + 8 + more).to_bytes(8, "big")
    with path.open("wb") as file:
        file.write(made[: at - 8] + box + made[at + 8 : at + length])
        file.seek(more, os.SEEK_CUR)
        file.write(made[at + length :])


@cache
def sound(form, codec, *, sample_format="s16", seconds=1):
    """Return a recording of silence."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sound")
        with av.open(path, "w", format=form) as container:
            stream = container.add_stream(codec, rate=16_000, layout="mono")
            for at in range(10 * seconds):
                frame = av.AudioFrame(format=sample_format, layout="mono", samples=1600)
                for plane in frame.planes:
                    plane.update(bytes(plane.buffer_size))
                frame.sample_rate = 16_000
                frame.pts = at * 1600
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path.read_bytes()


def archive(*names, **contents):
    """Return a ZIP archive of files with these names."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, contents.get(name, b"x" * 50))
    return made.getvalue()


def pdf():
    """Return a small PDF."""
    made = io.BytesIO()
    Image.new("RGB", (20, 20)).save(made, "PDF")
    return made.getvalue()
