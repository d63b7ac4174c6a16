"""Manifests as a whole: format, file and progress."""

from __future__ import annotations

import os

import pytest

from ld_import.errors import ManifestError
from ld_import.manifest import FORMATS_BY_SUFFIX, Header, open_manifest
from ld_import.model import Record


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.yaml", "a.yml", "a.json", "A.JSON"])
@pytest.mark.parametrize("packed", ["", ".gz"])
def test_suffix_sets_the_format(write, name, packed):
    """A record is the same from every format, packed or not."""
    text = '{"id":"1"}\n' if name.endswith(("jsonl", "ndjson")) else '[{"id":"1"}]\n'
    path = write(name + packed, text)

    assert list(open_manifest(path).records()) == [Record(1, b'{"id":"1"}')]


@pytest.mark.parametrize("name", ["a.foo", "a", "a.gz"])
def test_unknown_suffixes_are_refused(refusal, name):
    """The message lists the known suffixes."""
    message = refusal(name, "[]")

    assert all(suffix in message for suffix in FORMATS_BY_SUFFIX)


def test_source_is_relative_to_the_manifest(write, tmp_path):
    """A manifest and its source can be moved together."""
    (tmp_path / "data").mkdir()
    source = write("data/a.jsonl.gz", '{"id":1}\n')
    path = write("m.yaml", "systemName: x\nsource: data/a.jsonl.gz\n")

    manifest = open_manifest(path)

    assert (manifest.path, manifest.records_path, manifest.header.source) == (path, source, source)
    assert list(manifest.records()) == [Record(1, b'{"id":1}')]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("none.jsonl", "none.jsonl: cannot be opened (No such file"),
        ("m.yaml", "m.yaml is this manifest itself"),
        ("other.yaml", "other.yaml is a mapping, not a list of records"),
        ("body.json", "body.json is a mapping, not a list of records"),
        ("a.foo", "a.foo: the file name does not end in a known format"),
        ("broken.yaml", "broken.yaml, line 1, column 7: not YAML"),
        ("dir.yaml", "dir.yaml: is a directory"),
    ],
)
def test_errors_of_a_source_have_the_line_of_the_manifest(write, refusal, tmp_path, source, words):
    """The message has the line of `source`, and the problem of that file."""
    write("other.yaml", "items: []\n")
    write("body.json", '{"systemName": "y", "videos": []}')
    write("broken.yaml", "- a: b: c\n")
    (tmp_path / "dir.yaml").mkdir()

    message = refusal("m.yaml", f"systemName: x\nsource: {source}\n")

    assert message.startswith("m.yaml, line 2: `source`: ")
    assert words in message


def test_missing_files_and_directories_are_manifest_errors(tmp_path):
    """Every error of the file system becomes a message with the name of the file."""
    (tmp_path / "d.yaml").mkdir()
    (tmp_path / "f.yaml").write_text("[]")

    for name in ("none.yaml", "d.yaml", "f.yaml/x.yaml", "nul\0.yaml"):
        with pytest.raises(ManifestError, match=name.replace("\0", ".")):
            open_manifest(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_missing_permission_is_a_manifest_error(write):
    """The message has the name of the file and the reason."""
    path = write("a.yaml", "[]")
    path.chmod(0)

    with pytest.raises(ManifestError, match="Permission denied"):
        open_manifest(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_are_refused_not_waited_for(tmp_path):
    """A manifest is read more than once, which a pipe does not allow."""
    os.mkfifo(tmp_path / "a.jsonl")

    with pytest.raises(ManifestError, match="is not a regular file"):
        open_manifest(tmp_path / "a.jsonl")


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.yaml"])
def test_position_grows_with_the_bytes_on_disk(write, name):
    """Progress is a fraction of the file: none before reading, 1.0 at the end."""
    start = "- " if name == "a.yaml" else ""
    lines = "".join(f'{start}{{"id":{n},"t":"{n * 7919**40:x}"}}\n' for n in range(20_000))
    manifest = open_manifest(write(name, lines))
    before = manifest.position()
    shares = [manifest.position() or 0.0 for _ in manifest.records()]

    assert before is None
    assert shares == sorted(shares)
    assert 0.0 <= shares[0] < 0.2
    assert 0.4 < shares[10_000] < 0.65
    assert manifest.position() == 1.0


def test_position_of_a_reading_that_stops_early(write):
    """A reading that stops keeps its position; a new one starts again."""
    manifest = open_manifest(write("a.jsonl", '{"id":1}\n' * 100_000))
    reading = manifest.records()
    next(reading)
    reading.close()
    left_at = manifest.position()
    manifest.records()

    assert left_at is not None
    assert 0.0 < left_at < 0.5
    assert manifest.position() == 0.0


def test_a_source_outside_the_folder_is_refused(write, refusal, tmp_path):
    """A manifest from another person cannot name a file of ours, by any path."""
    folder = tmp_path / "partner"
    folder.mkdir()
    (folder / "in").mkdir()
    write("secret.jsonl", "{}\n")
    (folder / "link.jsonl").symlink_to(tmp_path / "secret.jsonl")
    (folder / "up").symlink_to(tmp_path)
    outside = {
        "../secret.jsonl": "partner/../secret.jsonl",
        "in/../../secret.jsonl": "partner/in/../../secret.jsonl",
        "link.jsonl": "partner/link.jsonl (it leads to secret.jsonl)",
        "up/secret.jsonl": "partner/up/secret.jsonl (it leads to secret.jsonl)",
        f"{tmp_path}/secret.jsonl": "secret.jsonl",
        "/etc/missing.jsonl": "/etc/missing.jsonl",
    }
    for source, named in outside.items():
        path = folder / "m.yaml"
        path.write_text(f"systemName: a\nsource: {source}\n", encoding="utf-8")

        with pytest.raises(ManifestError) as caught:
            open_manifest(path)

        assert (
            str(caught.value)
            .replace(f"{tmp_path}/", "")
            .startswith(f"partner/m.yaml, line 2: `source`: {named.partition(' (')[0]}")
        )
        assert str(caught.value).endswith("is outside the folder of the manifest")
        assert "--allow-outside-source" in caught.value.hint
        if source != "/etc/missing.jsonl":
            result = open_manifest(path, allow_outside_source=True)
            assert [record.raw for record in result.records()] == [b"{}"]


def test_a_source_inside_the_folder_may_be_named_by_any_path(write, tmp_path):
    """The folder and the manifest can be symbolic links."""
    folder = tmp_path / "real"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "a.jsonl").write_bytes(b"{}\n")
    (folder / "b.jsonl").symlink_to("in/a.jsonl")
    (tmp_path / "link").symlink_to(folder)
    for source in ("in/a.jsonl", "in/../b.jsonl", f"{folder}/in/a.jsonl", "../link/b.jsonl"):
        path = tmp_path / "link" / "m.yaml"
        path.write_text(f"source: {source}\n", encoding="utf-8")

        assert len(list(open_manifest(path).records())) == 1


@pytest.mark.parametrize("name", ["fifo", "device", "folder"])
def test_other_kinds_of_files_are_refused_at_once(tmp_path, name):
    """Opening does not wait for a pipe without a writer, or read a device without an end."""
    path = tmp_path / "a.jsonl"
    if name == "fifo":
        os.mkfifo(path)
    elif name == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    with pytest.raises(ManifestError, match=r"is (not a regular file|a directory)"):
        open_manifest(path)

    manifest = tmp_path / "m.yaml"
    manifest.write_text("source: a.jsonl\n", encoding="utf-8")
    with pytest.raises(ManifestError, match=r"`source`: .* is (not a regular file|a directory)"):
        open_manifest(manifest, allow_outside_source=True)


def test_path_as_text_is_enough(write):
    """A Python caller needs neither a `Path` nor a format."""
    path = write("a.jsonl", '{"id": "1"}\n')

    manifest = open_manifest(str(path))

    assert (manifest.path, manifest.header) == (path, Header())
    assert list(manifest.records()) == [Record(1, b'{"id": "1"}')]
