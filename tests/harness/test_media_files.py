"""The sample files are what their facts say, by libraries that read them."""

from __future__ import annotations

import hashlib
import io

import pytest

from tests.harness.media.sample import REFUSED_SUFFIX
from tests.harness.media_files import make_files, make_large_film, samples

av = pytest.importorskip("av")
image = pytest.importorskip("PIL.Image")
operations = pytest.importorskip("PIL.ImageOps")
NOTE = b"12 a comment".ljust(20)
COUNT = 230


def bodies(kind):
    """Return the contents of the sound samples of a kind, with and without a difference."""
    return [
        (sample, body)
        for sample in samples()
        if sample.mime is not None and sample.mime.startswith(kind) and sample.suffix != ".svg"
        for body in (sample.body, sample.stamp(sample.body, NOTE))
    ]


def test_pictures():
    """Pillow reads every picture, and sees it in the size that is expected."""
    found = bodies("image/")

    for sample, body in found:
        with image.open(io.BytesIO(body)) as picture:
            picture.load()
            assert image.MIME[picture.format] == sample.mime, sample.title
            assert operations.exif_transpose(picture).size == (sample.width, sample.height)
    assert len(found) > 100


@pytest.mark.parametrize("kind", ["video/", "audio/"])
def test_films_and_recordings(kind):
    """FFmpeg decodes every film and recording to its end."""
    for sample, body in bodies(kind):
        with av.open(io.BytesIO(body)) as container:
            seconds = (container.duration or 0) / 1_000_000
            frames = sum(1 for _ in container.decode(container.streams[0]))
        assert frames == 12 or kind == "audio/", sample.title
        assert sample.duration or sample.problem
        assert seconds == pytest.approx(sample.duration or 0, abs=0.12), sample.title


def test_folder(tmp_path):
    """The facts of a folder fit its files, which differ, and are the same for the same seed."""
    expected = make_files(tmp_path / "one", COUNT)

    assert make_files(tmp_path / "two", COUNT) == expected
    assert make_files(tmp_path / "three", COUNT, seed=2) != expected
    for one in expected:
        body = (tmp_path / "one" / one.path).read_bytes()
        assert (len(body), hashlib.sha256(body).hexdigest()) == (one.size, one.sha256)
    sound = [one for one in expected if one.is_sound]
    assert len({one.sha256 for one in sound}) == len(sound) > COUNT / 2
    assert {one.title for one in expected} == {sample.title for sample in samples()}
    assert {one.media for one in sound} == {"image", "video", "file"}
    assert all(one.mime for one in expected if one.problem == REFUSED_SUFFIX)


def test_large_film(tmp_path):
    """A film of any size has its index at the end, and takes no space on the disk."""
    made = make_large_film(tmp_path, "large.mp4", 20 * 1000**2)

    path = tmp_path / made.path
    assert path.stat().st_size == made.size == 20 * 1000**2
    assert path.stat().st_blocks * 512 < 1_000_000
    with av.open(path) as container:
        assert container.duration / 1_000_000 == made.duration
        assert sum(1 for _ in container.decode(video=0)) == 12
