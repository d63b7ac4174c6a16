"""Generates files to upload: pictures, films and PDFs, identical for the same seed.

`python -m benchmarks.media mixed 1000 FOLDER` fills a folder and writes `records.jsonl` beside it.
No two files have the same bytes.
"""

from __future__ import annotations

import io
import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

SEED = 20261126
KILOBYTE = 1000
LEAST_SIDE, MOST_SIDE = 168, 1720
PICTURE_FORMS = 24
COMMENT = b"\xff\xfe"
COMMENT_BYTES = 32
FREE_BOX = b"free"
LARGE_BYTES = 48 * 1000 * KILOBYTE


def fill(kind: str, count: int, folder: Path) -> None:
    """Write `count` files of a kind into a folder that does not exist, and their records."""
    rng = random.Random(SEED)
    make = KINDS[kind](rng)
    part = folder.with_name(f"{folder.name}.part")
    part.mkdir(parents=True)
    names = []
    for number in range(count):
        suffix, content = make(number)
        names.append(f"f{number:06d}{suffix}")
        (part / names[-1]).write_bytes(content)
    write_records(folder.with_name(f"{folder.name}.jsonl"), folder.name, names)
    part.rename(folder)


def write_records(path: Path, folder: str, names: list[str]) -> None:
    """Write a record for each name of a file."""
    with path.open("w", encoding="utf-8") as lines:
        for number, name in enumerate(names):
            record = {"slug": f"m{number:06d}", "file": f"{folder}/{name}", "title": f"Nº {number}"}
            lines.write(f"{json.dumps(record)}\n")


Maker = Callable[[int], tuple[str, bytes]]


def mixed(rng: random.Random) -> Maker:
    """Return a maker of pictures from 20 kB to 2 MB, with a few films and PDFs."""
    pictures, document, clip = _pictures(rng), _document(rng), film()

    def make(number: int) -> tuple[str, bytes]:
        if number % 50 == 7:
            return ".mp4", with_padding(clip, rng.randbytes(rng.randrange(200, 2000) * KILOBYTE))
        if number % 25 == 3:
            return ".pdf", document + b"%% %d\n" % number
        return ".jpg", _marked(rng.choice(pictures), number)

    return make


def small(rng: random.Random) -> Maker:
    """Return a maker of pictures of about 20 kB."""
    pictures = [_picture(rng, LEAST_SIDE + 4 * step) for step in range(8)]
    return lambda number: (".jpg", _marked(pictures[number % len(pictures)], number))


def large(rng: random.Random) -> Maker:
    """Return a maker of films of 48 MB."""
    clip = film()
    return lambda number: (".mp4", with_padding(clip, rng.randbytes(LARGE_BYTES)))


KINDS: dict[str, Callable[[random.Random], Maker]] = {
    "mixed": mixed,
    "small": small,
    "large": large,
}


def _pictures(rng: random.Random) -> list[bytes]:
    step = (MOST_SIDE / LEAST_SIDE) ** (1 / (PICTURE_FORMS - 1))
    return [_picture(rng, round(LEAST_SIDE * step**number)) for number in range(PICTURE_FORMS)]


def _picture(rng: random.Random, side: int) -> bytes:
    """Return a JPEG of noise: about 0.7 bytes a pixel."""
    from PIL import Image

    made = io.BytesIO()
    noise = Image.frombytes("RGB", (side, side), rng.randbytes(3 * side * side))
    noise.save(made, "JPEG", quality=80)
    return made.getvalue()


def _marked(picture: bytes, number: int) -> bytes:
    """Return a JPEG with a comment that no other one has."""
    comment = (b"%d" % number).ljust(COMMENT_BYTES)
    length = (len(comment) + 2).to_bytes(2, "big")
    return picture[:2] + COMMENT + length + comment + picture[2:]


def _document(rng: random.Random) -> bytes:
    from PIL import Image

    made = io.BytesIO()
    Image.frombytes("RGB", (200, 200), rng.randbytes(120_000)).save(made, "PDF")
    return made.getvalue()


def film() -> bytes:
    """Return a short film whose index is at its end."""
    import av
    from PIL import Image

    made = io.BytesIO()
    with av.open(made, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(50):
            colour = (number * 5, 80, 120)
            image = Image.new("RGB", (320, 180), colour)
            frame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return made.getvalue()


def with_padding(clip: bytes, padding: bytes) -> bytes:
    """Return a film with more bytes before its index, in a box that players skip."""
    at = clip.index(b"moov") - 4
    return clip[:at] + (len(padding) + 8).to_bytes(4, "big") + FREE_BOX + padding + clip[at:]


def write_long_film(path: Path, size: int) -> None:
    """Write a film of `size` bytes with its index at the end; the hole before takes no space."""
    clip = film()
    at = clip.index(b"moov") - 4
    hole = size - len(clip)
    with path.open("wb") as file:
        # Beyond 4 GB a box states its length in eight bytes after its name.
        file.write(clip[:at] + (1).to_bytes(4, "big") + FREE_BOX + hole.to_bytes(8, "big"))
        file.seek(hole - 16, os.SEEK_CUR)
        file.write(clip[at:])


if __name__ == "__main__":
    fill(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
