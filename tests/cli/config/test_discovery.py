"""The manifest that a command uses when none is named."""

from __future__ import annotations

import gzip

import pytest

from ld_import.cli.config.discovery import SUFFIXES
from ld_import.manifest import FORMATS_BY_SUFFIX
from ld_import.suffixes import EXPORTS
from tests.harness.records import broken, video, videos

CSV = "id,url,fileName,metadata.title\nv1,https://films.example/1.mp4,Film 1,Film 1\n"


def test_every_format_is_looked_for():
    """Manifests of every readable format are found, but for exports that a manifest maps."""
    assert {*SUFFIXES, *EXPORTS} == set(FORMATS_BY_SUFFIX)


@pytest.mark.parametrize("ending", EXPORTS)
def test_export_is_the_source_of_a_manifest_beside_it(place, ending):
    """Only the manifest is a candidate; without one, the hint names the export."""
    (place.folder / f"videos{ending}").write_bytes(b"")
    alone = place.run("videos", "-n")
    place.write(*videos(1), name="videos.json")

    assert (alone.code, f"hint: name one: ld-import videos videos{ending}" in alone.err) == (
        2,
        True,
    )
    assert place.summary("-n")["manifest"] == "videos.json"


@pytest.mark.parametrize(
    "name", ["videos.csv", "videos.csv.gz", "videos.tsv", "manifest.csv", "manifest.tsv.gz"]
)
def test_tables_are_found(place, name):
    """A table is found like other manifests; its header comes from flags."""
    text = CSV.replace(",", "\t") if ".tsv" in name else CSV
    data = text.encode()
    (place.folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)

    summary = place.summary("-n", "--system-name", "town")

    assert (summary["manifest"], summary["read"], summary["invalid"]) == (name, 1, 0)


def test_name_of_the_command_comes_first(place):
    """A file named like the command takes precedence over `manifest.…`."""
    place.write(*videos(2))
    place.write(*videos(1), name="videos.json")

    assert place.summary("-n")["manifest"] == "videos.json"


@pytest.mark.parametrize(
    "names",
    [
        ("videos.csv", "videos.json"),
        ("videos.json", "videos.json.gz"),
        ("manifest.tsv", "manifest.yml"),
    ],
)
def test_several(place, names):
    """Two candidates are an error that names both."""
    for name in names:
        (place.folder / name).write_bytes(b"")

    ended = place.run("videos", "-n")

    assert ended.code == 2
    assert all(name in ended.err for name in names)
    assert "hint: name one: ld-import videos " in ended.err


@pytest.mark.parametrize("command", ["videos", "images", "files", "media-library"])
def test_none(place, command):
    """If no manifest is found, the error lists the names that were tried."""
    (place.folder / f"{command}.txt").write_text("nothing")
    (place.folder / f"{command}.yaml").mkdir()

    ended = place.run(command, "-n")

    assert ended.code == 2
    assert (
        f"searched for {{{command},manifest}}.{{yaml,yml,jsonl,ndjson,json,csv,tsv}}[.gz]"
        in ended.err
    )


def test_configured_for_the_command(place):
    """The manifest in the configuration of a command takes precedence over names of files."""
    place.write(*videos(1), name="videos.json")
    place.write(*videos(3), name="films.json")
    (place.folder / "ld-import.yaml").write_text(
        "videos: {manifest: films.json}\nimages: {manifest: nowhere.json}\n"
    )

    assert place.summary("-n")["manifest"] == "films.json"
    ended = place.run("images", "-n")
    assert (ended.code, "nowhere.json: cannot be opened" in ended.err) == (4, True)


def test_validate_takes_the_only_one(place):
    """`validate` uses the only manifest; its kind comes from the configuration."""
    (place.folder / "rows.jsonl").write_text('{"id": "a"}\n')
    (place.folder / "films.yaml").write_text("systemName: town\nsource: rows.jsonl\n")
    (place.folder / "ld-import.yaml").write_text("videos: {manifest: films.yaml}\n")

    ended = place.run("validate", "--json")

    assert (ended.code, ended.document["kind"], ended.document["manifest"]) == (
        3,
        "videos",
        "films.yaml",
    )


def test_validate_with_several(place):
    """If two kinds have a manifest each, `validate` asks for one."""
    place.write(video(), name="videos.json")
    place.write(broken(), name="films.json")
    assert place.run("validate").code == 0
    (place.folder / "images.csv").write_text("id\n1\n")

    ended = place.run("validate")

    assert ended.code == 2
    assert "there are several manifests: videos.json, images.csv" in ended.err
    assert place.run("validate", "--kind", "videos").code == 0


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ('{"id": "a", "url": "https://a/b.mp4"}', "videos"),
        ('{"id": "a", "mediaType": "image"}', "images"),
        ('{"id": "a", "asset": {}}', "media-library"),
        ("no json", "videos"),
    ],
)
def test_validate_without_a_kind(place, fields, kind):
    """Without other information the fields of the first record determine the kind."""
    (place.folder / "rows.jsonl").write_text(f"{fields}\n")
    (place.folder / "manifest.yaml").write_text("systemName: town\nsource: rows.jsonl\n")

    ended = place.run("validate")

    assert ended.code == 3
    assert f"manifest.yaml as {kind}: 1 record, 0 good, 1 invalid" in ended.out
