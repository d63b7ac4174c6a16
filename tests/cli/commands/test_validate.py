"""`ld-import validate`: all problems at once, without network, ledger or token."""

from __future__ import annotations

import pytest

from tests.harness.records import broken, video, videos


@pytest.fixture(autouse=True)
def offline(place, monkeypatch):
    """Remove server and token, which `validate` must not need."""
    monkeypatch.delenv("LD_IMPORT_SERVER")
    monkeypatch.delenv("LD_IMPORT_TOKEN")


def test_sound_manifest(place):
    """A valid manifest is exit 0 and one line; no file is created."""
    manifest = place.write(*videos(3))

    ended = place.run("validate")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "manifest.json as videos: 3 records, 3 good, 0 invalid\n"
    assert list(place.folder.iterdir()) == [manifest]


def test_every_problem_has_its_place(place):
    """Each problem is one line that starts with file and line, in the format of compilers."""
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
    """`--json` prints one document with file, line, id, field and text of every problem."""
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
    """A record without a valid id is identified by its line."""
    (place.folder / "videos.jsonl").write_text('{"url": 1}\nnonsense\n')

    ended = place.run("validate", "--system-name", "town")

    assert ended.code == 3
    assert ended.out.startswith("videos.jsonl:1: ")
    assert "videos.jsonl:2: " in ended.out


def test_problems_of_a_source_name_the_source(place):
    """A problem in a source file names that file and its line."""
    (place.folder / "rows.jsonl").write_text('{"id": "a"}\n')
    (place.folder / "manifest.yaml").write_text("systemName: town\nsource: rows.jsonl\n")

    ended = place.run("validate", "--kind", "videos")

    assert ended.out.startswith("rows.jsonl:1 (a): ")
    assert ended.out.splitlines()[-1].startswith("manifest.yaml as videos: ")


def test_flags_count_as_in_an_import(place):
    """Flags for template and size limit apply as in an import."""
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
        (["--config", "nowhere.yaml"], 2, "the configuration nowhere.yaml does not exist"),
    ],
)
def test_invalid_arguments(place, arguments, code, told):
    """Invalid arguments are exit 2, an unreadable manifest is exit 4."""
    place.write(*videos(1))

    ended = place.run("validate", *arguments)

    assert (ended.code, ended.out) == (code, "")
    assert told in ended.err


def test_without_a_system_name(place):
    """Records can be validated without a systemName."""
    place.write(*videos(1), systemName=None)

    assert place.run("validate").code == 0
    assert place.run("validate", "--system-name", "  ").code == 2


def test_finds_the_manifest_of_a_kind(place):
    """`--kind` selects the manifest of a command."""
    place.write(*videos(2), name="videos.json")

    assert place.run("validate", "--kind", "videos").code == 0


@pytest.fixture
def online(place, monkeypatch):
    """Give back server and token, for a check against the project."""
    monkeypatch.setenv("LD_IMPORT_SERVER", place.url)
    monkeypatch.setenv("LD_IMPORT_TOKEN", "demo-token")


def test_check_of_the_project(place, online):
    """`--check-project` reports what the server would refuse, and sends one request."""
    place.write(video(1), video(2, metadata={"titel": "A"}), video(3, mediaType="image"))

    ended = place.run("validate", "--check-project")
    offline = place.run("validate")

    assert (ended.code, offline.code) == (3, 0)
    assert ended.out.splitlines()[0].startswith(
        "manifest.json:3 (v2): `metadata.titel` is not a property of the media type `video`; did"
        " you mean `title`?"
    )
    assert "manifest.json:4 (v3): `mediaType` is" in ended.out
    assert place.emulator.requests == {"GET projectConfig": 1}


def test_warnings_of_the_project(place, online):
    """A warning is a line, and a member of the document; it does not change the exit code."""
    place.write(
        {
            "externalId": "v1",
            "mediaType": "file",
            "asset": {
                "key": "a.pdf",
                "url": "https://x.example/a.pdf",
                "size": 1,
                "filename": "a.pdf",
                "mimeType": "application/pdf",
            },
            "translations": [{"locale": "fr", "metadata": {}}],
        },
        list_key="mediaLibraryEntries",
    )

    text = place.run("validate", "--check-project")
    document = place.run("validate", "--check-project", "--json").document

    assert text.code == 0
    assert text.out.startswith("manifest.json:2 (v1): warning: `translations.fr` has a locale")
    (warning,) = document["warnings"]
    assert (warning["line"], warning["rule"]) == (2, "unknown-locale")


@pytest.mark.parametrize(
    ("variables", "code", "said"),
    [
        ({"LD_IMPORT_TOKEN": "wrong-token"}, 5, "The access token is invalid"),
        ({"LD_IMPORT_SERVER": ""}, 2, "no server is named"),
    ],
)
def test_project_that_cannot_be_requested(place, online, monkeypatch, variables, code, said):
    """The check was asked for, so that the command ends with the code of the error."""
    place.write(*videos(1))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    ended = place.run("validate", "--check-project")

    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
