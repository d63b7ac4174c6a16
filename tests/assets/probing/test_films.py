"""Films and recordings: size, rotation, duration; and how little of a large file is read."""

from __future__ import annotations

import pytest

from ld_import.assets.probe import probe
from tests.assets.probing.makers import (
    CountingReader,
    facts,
    film,
    reason,
    rules,
    seen,
    sound,
    with_hole,
)

FILMS = {
    "mp4": (film, ("mp4", "libx264"), "video/mp4", ".mp4"),
    "faststart": (film, ("mp4", "libx264"), "video/mp4", ".mp4"),
    "fragmented": (film, ("mp4", "libx264"), "video/mp4", ".mp4"),
    "mov": (film, ("mov", "libx264"), "video/quicktime", ".mov"),
    "webm": (film, ("webm", "libvpx-vp9"), "video/webm", ".webm"),
    "mkv": (film, ("matroska", "libx264"), "video/x-matroska", ".mkv"),
    "ts": (film, ("mpegts", "libx264"), "video/mp2t", ".ts"),
    "avi": (film, ("avi", "mpeg4"), "video/x-msvideo", ".avi"),
}
FLAGS = {
    "faststart": ("movflags", "faststart"),
    "fragmented": ("movflags", "frag_keyframe+empty_moov"),
}


@pytest.mark.parametrize("name", FILMS)
def test_containers(name):
    """Every container shows its type, the size of its pictures and its duration."""
    make, arguments, mime_type, suffix = FILMS[name]

    found = facts(make(*arguments, flags=FLAGS.get(name)))

    assert seen(found) == (mime_type, suffix, "video", 64, 36)
    assert found.duration_seconds == pytest.approx(1.0, abs=0.11)
    assert (found.warnings, found.missing) == ((), ())


@pytest.mark.parametrize("name", ["mp4", "mkv", "avi"])
def test_texts_in_any_encoding(name):
    """A title or the name of a program that is not UTF-8 does not matter."""
    make, arguments, *_ = FILMS[name]
    made = make(*arguments)
    assert b"Lavf" in made

    assert seen(facts(made.replace(b"Lavf", b"L\xe4vf")))[3:] == (64, 36)


@pytest.mark.parametrize(("rotation", "sides"), [(90, (36, 64)), (180, (64, 36)), (270, (36, 64))])
def test_rotation(rotation, sides):
    """A film that is turned by a quarter has its sides exchanged."""
    found = facts(film("mov", "libx264", rotation=rotation))

    assert (found.width, found.height) == sides


def test_pixel_aspect_ratio():
    """The pixel aspect ratio changes the width, before the film is turned."""
    wide = film("mp4", "mpeg4", size=(720, 576), frames=1, aspect=(64, 45))
    turned = film("mov", "mpeg4", size=(720, 576), frames=1, aspect=(64, 45), rotation=90)

    assert seen(facts(wide))[3:] == (1024, 576)
    assert seen(facts(turned))[3:] == (576, 1024)


def test_unknown_duration():
    """A live recording does not state its duration: then the manifest has to."""
    found = facts(film("webm", "libvpx", flags=("live", "1")))

    assert (found.width, found.duration_seconds, found.missing) == (64, None, ("duration",))
    assert found.problem() == (
        "the content does not state `asset.duration`, so the manifest has to give `asset.duration`"
    )
    assert found.problem({"duration"}) is None


@pytest.mark.parametrize("name", ["mp4", "faststart", "mov", "mkv", "avi"])
def test_truncated(name):
    """A film that ends early is a problem, also where its index comes first."""
    make, arguments, *_ = FILMS[name]
    data = make(*arguments, flags=FLAGS.get(name))

    assert reason(data[:-100]).startswith("the file is truncated: it has ")


def test_damaged_pictures():
    """A film of which no picture can be decoded is a problem."""
    data = bytearray(film("mp4", "libx264"))
    at = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4
    data[at:end] = bytes(end - at)

    assert "picture" in reason(bytes(data)) or "cannot be read" in reason(bytes(data))


@pytest.mark.parametrize(
    "head",
    [
        b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41",
        b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm",
        b"RIFF\x00\x00\x00\x00AVI LIST",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"ID3\x04\x00\x00\x00\x00\x00\x10",
        b"FLV\x01\x05\x00\x00\x00\x09",
        b"OggS\x00\x02" + bytes(20),
    ],
)
@pytest.mark.parametrize("rest", [b"", bytes(5000), b"\xff" * 5000])
def test_hostile_content(head, rest, capfd):
    """Content that FFmpeg cannot read is a problem, and nothing is printed."""
    assert reason(head + rest)
    assert capfd.readouterr() == ("", "")


def test_playlists_are_text():
    """FFmpeg never gets a playlist, which would make it open other files and addresses."""
    playlist = b"#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1/1.ts\n"

    assert facts(playlist).mime_type == "text/plain"
    assert reason(playlist, "live.ts") == "the content is a text, not a video as its name says"


def test_video_limit(tmp_path):
    """A film of more than 100 MB is a warning."""
    found = large(tmp_path / "large.mp4", 101 * 1024 * 1024)[0]

    assert rules(found) == ["video-size"]


def test_index_at_the_end_of_5_gb(tmp_path):
    """Of a film of 5 GB with its index at the end less than 1 MB is read."""
    found, read_bytes = large(tmp_path / "large.mp4", 5_000_000_000)

    assert seen(found) == ("video/mp4", ".mp4", "video", 64, 36)
    assert found.duration_seconds == 1.0
    assert read_bytes < 300_000


def large(path, more):
    """Return the facts of a film of so many bytes more, and the number of bytes read."""
    with_hole(path, film("mp4", "libx264"), more)
    with path.open("rb", buffering=0) as file:
        reader = CountingFile(file)
        return probe(reader, path.stat().st_size, path.name), reader.read_bytes


class CountingFile:
    """A file on disk that counts what is read of it."""

    def __init__(self, file):
        self._file = file
        self.read_bytes = 0

    def seek(self, offset, whence=0):
        return self._file.seek(offset, whence)

    def read(self, size):
        data = self._file.read(size)
        self.read_bytes += len(data)
        return data


RECORDINGS = [
    ("wav", "pcm_s16le", "s16", "audio/wav", ".wav"),
    ("mp3", "libmp3lame", "s16p", "audio/mpeg", ".mp3"),
    ("ipod", "aac", "fltp", "audio/mp4", ".m4a"),
    ("mp4", "aac", "fltp", "audio/mp4", ".m4a"),
    ("flac", "flac", "s16", "audio/flac", ".flac"),
    ("ogg", "libopus", "s16", "audio/ogg", ".ogg"),
    ("webm", "libopus", "s16", "audio/webm", ".webm"),
]


@pytest.mark.parametrize(("form", "codec", "samples", "mime_type", "suffix"), RECORDINGS)
def test_recordings(form, codec, samples, mime_type, suffix):
    """A recording is a file with a duration, also in a container for films."""
    found = facts(sound(form, codec, sample_format=samples))

    assert seen(found) == (mime_type, suffix, "file", None, None)
    assert found.duration_seconds == pytest.approx(1.0, abs=0.15)
    assert rules(found) == ["file-type"]


def test_little_is_read():
    """The blocks of a file are read once, though several rules look at them."""
    data = film("mp4", "libx264")
    reader = CountingReader(data)

    probe(reader, None, "a.mp4")

    assert reader.read_bytes == len(data)
