"""`ld-import validate`: all problems at once, without network, ledger or token."""

from __future__ import annotations

import pytest

from .place import broken, video, videos


@pytest.fixture(autouse=True)
def offline(place, monkeypatch):
    """Take server and token away: nothing here may need them."""
    monkeypatch.delenv("LD_IMPORT_SERVER")
    monkeypatch.delenv("LD_IMPORT_TOKEN")


def test_sound_manifest(place):
    """A manifest without problems is exit 0 and one line; no file is made."""
    manifest = place.write(*videos(3))

    ended = place.run("validate")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "manifest.json as videos: 3 records, 3 good, 0 invalid\n"
    assert list(place.folder.iterdir()) == [manifest]


def test_every_problem_has_its_place(place):
    """Each problem is one line that begins with file and line, as editors understand it."""
    place.write(video(1), {"id": "v2", "metadata": {}}, broken(3), video(1, fileName="Other"))

    ended = place.run("validate")

    lines = ended.out.splitlines()
    assert ended.code == 3
    assert [line.split(": ")[0] for line in lines[:2]] == ["manifest.json:3 (v2)"] * 2
    assert {line.split("`")[1] for line in lines[:2]} == {"fileName", "url"}
    assert lines[2].startswith("manifest.json:4 (v3): `url` is")
    assert lines[-2].startswith(
        "manifest.json:5 (v1): the externalId 'v1' already appears on line 2"
    )
    assert lines[-1] == "manifest.json as videos: 4 records, 1 good, 3 invalid"


def test_as_json(place):
    """Scripts get one document with every problem: file, line, id, field and text."""
    place.write(video(1), broken(2))

    ended = place.run("validate", "--json")

    document = ended.document
    assert ended.code == 3
    assert (document["kind"], document["read"], document["invalid"]) == ("videos", 2, 1)
    problem = document["problems"][0]
    assert set(problem) == {"file", "line", "externalId", "field", "text"}
    assert (problem["file"], problem["line"], problem["externalId"], problem["field"]) == (
        "manifest.json",
        3,
        "v2",
        "url",
    )


def test_problem_without_an_id(place):
    """A record whose id cannot be made is told by its line alone."""
    (place.folder / "videos.jsonl").write_text('{"url": 1}\nnonsense\n')

    ended = place.run("validate", "--system-name", "town")

    assert ended.code == 3
    assert ended.out.startswith("videos.jsonl:1: ")
    assert "videos.jsonl:2: " in ended.out


def test_problems_of_a_source_name_the_source(place):
    """Where records lie in another file, its name and line are told."""
    (place.folder / "rows.jsonl").write_text('{"id": "a"}\n')
    (place.folder / "manifest.yaml").write_text("systemName: town\nsource: rows.jsonl\n")

    ended = place.run("validate", "--kind", "videos")

    assert ended.out.startswith("rows.jsonl:1 (a): ")
    assert ended.out.splitlines()[-1].startswith("manifest.yaml as videos: ")


def test_flags_count_as_in_an_import(place):
    """Template and size limit are those an import would use."""
    place.write(video(1, metadata={"title": "x" * 1000}))

    too_large = place.run("validate", "--batch-bytes", "1000")
    no_id = place.run("validate", "--external-id", "{{ number }}")

    assert (too_large.code, no_id.code) == (3, 3)
    assert "that fit into a request" in too_large.out
    assert "`number` is not in the record" in no_id.out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["nowhere.json"], 4, "error: nowhere.json: cannot be opened"),
        (["--kind", "films"], 2, "unknown kind 'films'"),
        (["--kind", "images"], 2, "manifest.json lists `videos`, not `images`"),
        (
            ["--external-id", "{{ id"],
            2,
            "error: --external-id: `externalId` is not a valid template",
        ),
        (["--config", "nowhere.yaml"], 2, "there is no configuration nowhere.yaml"),
    ],
)
def test_what_cannot_be_validated(place, arguments, code, told):
    """Wrong words are exit 2, an unreadable manifest is exit 4."""
    place.write(*videos(1))

    ended = place.run("validate", *arguments)

    assert (ended.code, ended.out) == (code, "")
    assert told in ended.err


def test_without_a_system_name(place):
    """Records may be checked before it is settled under which systemName they go."""
    place.write(*videos(1), systemName=None)

    assert place.run("validate").code == 0
    assert place.run("validate", "--system-name", "  ").code == 2


def test_finds_the_manifest_of_a_kind(place):
    """`--kind` says which command's manifest is meant."""
    place.write(*videos(2), name="videos.json")

    assert place.run("validate", "--kind", "videos").code == 0
