"""Makes pictures of several types and a short film, and a manifest that names them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PICTURES = 60
SIZE = (720, 480)
FORMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("jpg", {"quality": 88}),
    ("png", {"compress_level": 1}),
    ("webp", {"method": 0}),
)
# Value 6 of the EXIF tag: the picture is shown turned by 90 degrees.
ORIENTATION, TURNED = 0x0112, 6
FILM_SECONDS = 2
FILM_RATE = 12
FILM_SIZE = (320, 180)
MANIFEST = "assets.yaml"
HEADER = """\
# Files to upload: type, size, duration and checksum of each come from its content.
systemName: photo-archive
storage: media                # an entry of `storages:` in ld-import.yaml
mediaLibraryEntries:
"""


def make_files(folder: Path) -> int:
    """Write pictures, a film and a manifest into a folder; return the number of records.

    Needs the extra `assets`.
    """
    (folder / "files").mkdir(exist_ok=True)
    records = [*_pictures(folder), _film(folder)]
    # JSON is YAML, too.
    lines = "".join(f"  - {json.dumps(record)}\n" for record in records)
    (folder / MANIFEST).write_text(HEADER + lines, encoding="utf-8")
    return len(records)


def _pictures(folder: Path) -> Iterator[dict[str, object]]:
    from PIL import Image

    grey = Image.radial_gradient("L").resize(SIZE)
    for number in range(1, PICTURES + 1):
        hue = Image.new("L", SIZE, number * 255 // PICTURES)
        picture = Image.merge("HSV", (hue, Image.new("L", SIZE, 170), grey)).convert("RGB")
        suffix, options = FORMS[number % len(FORMS)]
        exif = picture.getexif()
        if suffix == "jpg" and number % 2:
            exif[ORIENTATION] = TURNED
        name = f"files/picture-{number:02}.{suffix}"
        picture.save(folder / name, exif=exif, **options)
        yield _record(f"picture-{number:02}", name, f"Picture {number}")


def _film(folder: Path) -> dict[str, object]:
    import av
    from PIL import Image

    name = "files/film-01.mp4"
    grey = Image.linear_gradient("L").resize(FILM_SIZE)
    with av.open(str(folder / name), "w") as container:
        # In every build of the library, which `libx264` is not.
        stream = container.add_stream("mpeg4", rate=FILM_RATE)
        stream.width, stream.height = FILM_SIZE
        stream.pix_fmt = "yuv420p"
        for at in range(FILM_SECONDS * FILM_RATE):
            hue = Image.new("L", FILM_SIZE, at * 10)
            picture = Image.merge("HSV", (hue, Image.new("L", FILM_SIZE, 170), grey))
            frame = av.VideoFrame.from_image(  # type: ignore[no-untyped-call]
                picture.convert("RGB")
            )
            frame.pts = at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return _record("film-01", name, "A short film")


def _record(name: str, file: str, title: str) -> dict[str, object]:
    return {"externalId": name, "file": file, "metadata": {"title": title}}
