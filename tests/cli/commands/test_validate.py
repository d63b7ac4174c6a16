"""`ld-import validate`: all problems at once, without network, ledger or token."""

from __future__ import annotations

import os
import signal

import orjson
import pytest

from tests.harness.records import broken, video, videos


@pytest.fixture(autouse=True)
def offline(place, monkeypatch):
    """Remove server and token, which `validate` must not need."""
    monkeypatch.delenv("LD_IMPORT_SERVER")
    monkeypatch.delenv("LD_IMPORT_TOKEN")


def test_sound_manifest(place):
    """A valid manifest is exit 0, with a sample entry and the counts; no file is created."""
    manifest = place.write(*videos(3))

    ended = place.run("validate")

    assert (ended.code, ended.err) == (0, "")
    sample, counts = ended.out.splitlines()
    assert sample.startswith('sample, the entry of line 2 as it would be sent: {"id":"v1","url":')
    assert counts == "manifest.json as videos: 3 records, 3 good, 0 invalid"
    assert list(place.folder.iterdir()) == [manifest]


def test_stopped_validation(place, monkeypatch):
    """Ctrl-C ends with 130, and the message does not promise to continue."""
    place.write(*videos(3))

    def stopped(*ignored):
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("ld_import.importer.validation.first_plan_of", stopped)
    ended = place.run("validate")

    assert (ended.code, ended.out) == (130, "")
    assert ended.err == "error: stopped on request\nhint: run the same command again\n"


def test_every_problem_has_its_place(place):
    """With `-v` each problem is one line that starts with file and line, like that of a compiler.

    The groups and the counts follow.
    """
    place.write(video(1), {"id": "v2", "metadata": {}}, broken(3), video(1, fileName="Other"))

    ended = place.run("validate", "-v")

    lines = ended.out.splitlines()
    assert ended.code == 3
    assert [line.split(": ")[0] for line in lines[:2]] == ["manifest.json:3 (v2)"] * 2
    assert {line.split("`")[1] for line in lines[:2]} == {"fileName", "url"}
    assert lines[2].startswith("manifest.json:4 (v3): `url` is")
    assert lines[3].startswith(
        "manifest.json:5 (v1): the externalId 'v1' already appears on line 2"
    )
    assert [line.split("   ")[0] for line in lines[5:-1]] == ["1 record"] * 4
    assert lines[-1] == "manifest.json as videos: 4 records, 1 good, 3 invalid"


def test_as_json(place):
    """`--json` prints one document with file, line, id, field and text of every problem."""
    place.write(video(1), broken(2))

    ended = place.run("validate", "--json")

    document = ended.document
    assert ended.code == 3
    assert (document["kind"], document["read"], document["invalid"]) == ("videos", 2, 1)
    problem = document["problems"][0]
    added = {"level", "rule", "group"}
    assert set(problem) == {"file", "line", "externalId", "field", "text"} | added
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
    assert ended.out.count("1 record   ") == 2
    assert "   videos.jsonl:1   " in ended.out
    assert "   videos.jsonl:2" in ended.out


def test_problems_of_a_source_name_the_source(place):
    """A problem in a source file names that file and its line."""
    (place.folder / "rows.jsonl").write_text('{"id": "a"}\n')
    (place.folder / "manifest.yaml").write_text("systemName: town\nsource: rows.jsonl\n")

    ended = place.run("validate", "--kind", "videos")

    assert "   rows.jsonl:1 (a)   " in ended.out
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
    assert "`metadata.titel` is not a property of the media type `video`" in ended.out
    assert "manifest.json:3 (v2)   did you mean `title`?" in ended.out
    assert "manifest.json:4 (v3)" in ended.out
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
    assert "`translations.fr` has a locale" in text.out
    (warning,) = document["problems"]
    assert (warning["line"], warning["rule"]) == (2, "unknown-locale")
    assert (warning["level"], document["warnings"]) == ("warning", 1)


def test_records_with_files_are_entries(place):
    """A record with a file and without a URL can only be an entry of the media library."""
    (place.folder / "a.jpg").write_bytes(b"content")
    manifest = place.folder / "records.jsonl"
    manifest.write_bytes(b'{"externalId": "v1", "file": "a.jpg"}')

    ended = place.run("validate", manifest, "--system-name", "archive")

    assert ended.code == 0
    assert "records.jsonl as media-library: 1 record, 1 good" in ended.out


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


def test_records_on_one_line(place):
    """A document on one line has as many invalid and good records as on several lines."""
    warned = [video(number, publishDate="2026") for number in (50, 51)]
    document = {"systemName": "s", "videos": [*map(broken, range(1, 41)), *warned]}
    (place.folder / "manifest.json").write_bytes(orjson.dumps(document))

    ended = place.run("validate")

    assert ended.out.splitlines()[-1] == (
        "manifest.json as videos: 42 records, 2 good, 40 invalid, 2 with warnings"
    )
    assert '{"id":"v50",' in ended.out.splitlines()[0]


def test_one_cause_is_one_line(place):
    """Problems that differ in their values only are one line: count, sentence, places, advice."""
    records = [video(number, url=f"ftp://host/{number}") for number in range(1, 51)]
    place.write(*records, video(60), {"id": "v61", "url": video(1)["url"], "metadata": {}})

    ended = place.run("validate")

    lines = [line for line in ended.out.splitlines() if line.startswith(("50 ", "1 record"))]
    assert lines[0].startswith(
        '50 records   `url` is "…": it does not have the required form   manifest.json:2, 3, 4 …'
        "   give the http(s) address"
    )
    assert lines[1].startswith("1 record   `fileName` is missing   manifest.json:53 (v61)   ")
    assert len(lines) == 2


def test_repeated_records_name_their_partner(place):
    """A record with the key and content of an earlier one is not an error; both lines are named."""
    place.write(video(1), video(2), video(1))

    ended = place.run("validate", "-v")
    document = place.run("validate", "--json").document

    text = "the record has the same externalId and content as line 2; it is sent once"
    assert ended.code == 0
    assert f"manifest.json:4 (v1): info: {text}" in ended.out
    assert ended.out.endswith(": 3 records, 2 good, 0 invalid, 1 repeated\n")
    assert (document["repeated"], document["problems"][0]["level"]) == (1, "info")
    assert document["problems"][0]["text"] == text


def test_groups_as_json(place):
    """The document also has groups, whose ids the problems name, and a sample entry."""
    place.write(video(1), broken(2), broken(3))

    document = place.run("validate", "--json").document

    (group,) = document["groups"]
    assert (group["count"], group["lines"], group["externalId"]) == (2, [3, 4], "v2")
    assert {problem["group"] for problem in document["problems"]} == {group["id"]}
    assert document["sample"]["line"] == 2
    assert document["sample"]["entry"]["id"] == "v1"
    assert (document["warnings"], document["repeated"]) == (0, 0)


def test_as_sarif(place):
    """SARIF 2.1.0 has a rule for each group, and a result with place and level for each problem.

    https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html: 3.13 (log), 3.14 (run), 3.19
    (tool component), 3.27 (result), 3.29 (physical location), 3.30 (region), 3.49 (rule).
    """
    (place.folder / "all my").mkdir()
    manifest = place.write(video(1), broken(2), broken(3), video(1), name="all my/vid\u00e9os.json")

    ended = place.run("validate", manifest, "--output", "sarif")

    log = ended.document
    assert ended.code == 3
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert set(driver) == {"name", "version", "rules"}
    rules = {rule["id"]: rule for rule in driver["rules"]}
    assert len(rules) == len(driver["rules"]) == 2
    assert all(rule["shortDescription"]["text"] for rule in driver["rules"])
    levels = [result["level"] for result in run["results"]]
    assert levels == ["error", "error", "note"]
    for result in run["results"]:
        assert rules[result["ruleId"]]["defaultConfiguration"] == {"level": result["level"]}
        assert result["message"]["text"]
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert [place["region"]["startLine"] for place in places] == [3, 4, 5]
    assert {place["artifactLocation"]["uri"] for place in places} == {"all%20my/vid%C3%A9os.json"}


def test_sarif_without_problems(place):
    """A valid manifest has an empty list of results, which means that it was checked."""
    place.write(video(1))

    ended = place.run("validate", "--output", "sarif")

    assert ended.code == 0
    assert ended.document["runs"][0]["results"] == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--output", "xml"], "unknown --output 'xml'"),
        (["--json", "--output", "sarif"], "--json and --output sarif contradict each other"),
        (["--json", "--output", "text"], "--json and --output text contradict each other"),
    ],
)
def test_unusable_output(place, arguments, told):
    """An unknown format and two formats are usage errors."""
    place.write(video(1))

    ended = place.run("validate", *arguments)

    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err


def test_json_given_twice(place):
    """`--json --output json` says the same twice."""
    place.write(video(1))

    assert place.run("validate", "--json", "--output", "json").document["read"] == 1
