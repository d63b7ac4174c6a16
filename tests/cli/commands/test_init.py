"""`ld-import init`: proposes a manifest from an export, and writes it without overwriting."""

from __future__ import annotations

import gzip
import os
import pty
import signal
import threading

import pytest

from tests.proposal.exports import header_of, lines, table

ODD_ID = "p-{{ record['Inv.Nr.'] }}"
PHOTOS = table(
    ["Inv.Nr.", "Titel", "Bild-URL", "Aufnahmedatum", "Schlagworte"],
    ["A-12", "Old bridge", "https://old.example/a 12.jpg", "24.12.1931", "bridge|winter"],
    ["A-17", "", "https://old.example/a17.jpg", "", ""],
    delimiter=";",
)

PIPES = b"id|url\na7|https://old.example/a.mp4\n"


@pytest.fixture
def offline(place, monkeypatch):
    """Remove server and token, which `init` does not need."""
    monkeypatch.delenv("LD_IMPORT_SERVER")
    monkeypatch.delenv("LD_IMPORT_TOKEN")
    return place


def export(place, content=PHOTOS, name="photos.csv"):
    path = place.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def files_in(folder):
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def test_from_export_to_import(place):
    """The proposal of a table is imported without an edit."""
    export(place)

    ended = place.run("init", "photos.csv", "--yes", "--system-name", place.system_name)

    assert (ended.code, files_in(place.folder)) == (
        0,
        ["images.yaml", "ld-import.yaml", "photos.csv"],
    )
    assert "2 records: 2 would be sent, 0 have problems\n" in ended.out
    assert "ld-import images images.yaml --limit 10" in ended.out
    assert place.run("validate", "images.yaml").code == 0
    assert place.summary("images.yaml", command="images")["outcomes"]["success"] == 2
    assert {entry["externalId"] for entry in place.mine()} == {"A-12", "A-17"}
    assert place.run("images", "--dry-run").code == 0


def test_accepting_all(offline):
    """`--yes` takes the slug of the export's name, without its date, and says so."""
    export(offline, name="Photos Town 2026-11-24.csv")

    ended = offline.run("init", "Photos Town 2026-11-24.csv", "--yes")

    assert ended.code == 0
    assert 'systemName is "photos-town", from the name of the export' in ended.out
    assert "no server is configured" in ended.err
    header = header_of(offline.folder / "images.yaml")
    assert header["systemName"] == "photos-town"
    assert header["externalId"] == "{{ record['Inv.Nr.'] }}"
    assert header["source"] == "Photos Town 2026-11-24.csv"


def test_without_a_terminal(offline):
    """Without a terminal, the questions are answered by flags, which the error names."""
    export(offline)

    ended = offline.run("init", "photos.csv")

    assert (ended.code, files_in(offline.folder)) == (2, ["photos.csv"])
    for flag in ("--yes", "--kind", "--system-name", "--external-id"):
        assert flag in ended.err


def test_flags_win(offline):
    """Flags replace what was measured; an externalId can be a column or a template."""
    export(offline)
    arguments = ("--kind", "files", "--system-name", "town", "--external-id")

    by_template = offline.run("init", "photos.csv", "--yes", *arguments, "p-{{ Titel }}")
    header = header_of(offline.folder / "files.yaml")
    (offline.folder / "files.yaml").unlink()
    by_column = offline.run("init", "photos.csv", "--yes", *arguments, "Inv.Nr.")

    assert (header["systemName"], header["externalId"]) == ("town", "p-{{ Titel }}")
    assert header["map"]["mediaType"] == "file"
    assert (by_template.code, by_column.code) == (3, 0)
    assert "1 would be sent, 1 have problems" in by_template.out
    assert "`Titel` is empty in this row" in by_template.out
    assert header_of(offline.folder / "files.yaml")["externalId"] == "{{ record['Inv.Nr.'] }}"


def test_findings_are_those_of_validate(offline):
    """Problems and warnings are shown in groups, in the lines that `validate` prints."""
    rows = [["A", f"P {row}", f"https://old.example/{row}.jpg"] for row in range(1, 31)]
    rows += [[f"B-{row}", f" P{row}", "http://localhost/x.jpg"] for row in range(1, 31)]
    export(offline, table(["Nr", "Titel", "Bild"], *rows))

    ended = offline.run("init", "photos.csv", "--yes", "--external-id", "Nr")

    groups = [line for line in ended.out.splitlines() if " records   " in line]
    checked = offline.run("validate", "images.yaml").out.splitlines()
    assert ended.code == 3
    assert "60 records: 31 would be sent, 29 have problems" in ended.out
    assert [line.split("   ")[0] for line in groups] == ["29 records", "30 records", "29 records"]
    assert groups == [line for line in checked if " records   " in line]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["photos.csv", "--kind", "films"], "unknown kind 'films'"),
        (["photos.csv", "--external-id", "nummer"], "neither a column nor a template"),
        (["photos.csv", "--external-id", "{{ x"], "is not a valid template"),
        (["photos.csv", "--system-name", " "], "systemName"),
        (["photos.csv", "--into", "there"], "add --copy"),
        (["photos.csv", "--into", "photos.csv", "--copy"], "is not a folder"),
        (["-"], "save the export as a file"),
        (["done.yaml"], "is a manifest already"),
        (["photos.csv", "--delimiter", "x"], "not a delimiter"),
        (["photos.csv", "--sheet", "1"], "--sheet applies to an .xlsx file"),
        (["--copy"], "--copy needs an export"),
        (["--external-id", "x"], "--external-id needs an export"),
        (["photos.csv", "--config", "nowhere.yaml"], "does not exist"),
        (["photos.csv", "--server", "ftp://x"], "is not an http(s) URL"),
    ],
)
def test_invalid_arguments(offline, arguments, told):
    """An invalid argument is exit 2, and nothing is written."""
    export(offline)
    (offline.folder / "done.yaml").write_text("source: photos.csv\n")
    before = files_in(offline.folder)

    ended = offline.run("init", *arguments, "--yes")

    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert files_in(offline.folder) == before


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"id,url\n", "empty.csv", "the export has no record"),
        (b"", "empty.csv", "the file is empty"),
        (b"nonsense\n", "x.jsonl", "no record that can be read"),
        (b"id,id\n1,2\n", "x.csv", "columns 1 and 2 have the same name, `id`"),
        (b"id\n1\n", "x.export", "does not end in a known format"),
        (PIPES, "pipes.csv", "set --delimiter '|'"),
        (None, "nowhere.csv", "cannot be opened"),
    ],
)
def test_exports_that_cannot_be_read(offline, content, name, told):
    """An export without records, or of an unknown form, is exit 4, and nothing is written."""
    if content is not None:
        export(offline, content, name)
    before = files_in(offline.folder)

    ended = offline.run("init", name, "--yes")

    assert (ended.code, ended.out) == (4, "")
    assert told in ended.err
    assert files_in(offline.folder) == before


def test_nothing_is_overwritten(offline):
    """A manifest that exists is exit 2; a configuration that exists remains, and is named."""
    export(offline)
    (offline.folder / "ld-import.yaml").write_text("images: {batchSize: 7}\n")
    first = offline.run("init", "photos.csv", "--yes")
    (offline.folder / "images.yaml").write_text("mine\n")

    second = offline.run("init", "photos.csv", "--yes")

    assert first.code == 0
    assert "ld-import.yaml exists and remains as it is" in first.out
    assert (second.code, second.out) == (2, "")
    assert "images.yaml exists, and init overwrites nothing" in second.err
    assert (offline.folder / "images.yaml").read_text() == "mine\n"
    assert (offline.folder / "ld-import.yaml").read_text() == "images: {batchSize: 7}\n"


def test_into_another_folder(offline):
    """`--copy` copies the export beside the manifest; without it, both are beside the export."""
    packed = gzip.compress(lines({"id": "a7", "url": "https://old.example/a.mp4"}))
    export(offline, packed, "in/talks.jsonl.gz")

    beside = offline.run("init", "in/talks.jsonl.gz", "--yes")
    copied = offline.run("init", "in/talks.jsonl.gz", "--yes", "--into", "out/new", "--copy")

    assert (beside.code, copied.code) == (0, 0)
    assert "  cd out/new\n" in copied.out
    assert files_in(offline.folder) == [
        *(f"in/{name}" for name in ("ld-import.yaml", "talks.jsonl.gz", "videos.yaml")),
        *(f"out/new/{name}" for name in ("ld-import.yaml", "talks.jsonl.gz", "videos.yaml")),
    ]
    assert (offline.folder / "out/new/talks.jsonl.gz").read_bytes() == packed
    again = offline.run(
        "init", "in/talks.jsonl.gz", "--yes", "--into", "out/new", "--copy", "--kind", "files"
    )
    assert (again.code, "talks.jsonl.gz exists" in again.err) == (2, True)


def test_folder_that_cannot_be_written(offline):
    """If a file cannot be written, the others are removed again."""
    export(offline)
    (offline.folder / "out").mkdir()
    blocked = offline.folder / "out" / "sub"
    blocked.write_text("")

    ended = offline.run("init", "photos.csv", "--yes", "--copy", "--into", "out/sub/deep")

    assert ended.code == 2
    assert "cannot be written" in ended.err
    assert files_in(offline.folder) == ["out/sub", "photos.csv"]


@pytest.mark.parametrize("arguments", [["photos.csv", "--yes"], []])
def test_dry_run(offline, arguments):
    """`--dry-run` prints the manifest that would be written, and writes nothing."""
    export(offline)
    shown = offline.run("init", *arguments, "--dry-run")
    before = files_in(offline.folder)
    written = offline.run("init", *arguments)

    manifest = next(offline.folder.glob("*s.yaml"))
    assert (shown.code, written.code, before) == (0, 0, ["photos.csv"])
    assert shown.out == manifest.read_text()


def test_delimiter(offline):
    """The delimiter of a table becomes part of the manifest."""
    export(offline, PIPES, "pipes.csv")

    ended = offline.run("init", "pipes.csv", "--yes", "--delimiter", "|")

    assert (ended.code, header_of(offline.folder / "videos.yaml")["delimiter"]) == (0, "|")


@pytest.mark.parametrize("kind", ["videos", "images", "files", "media-library"])
def test_samples(offline, kind):
    """Without an export, a commented sample is written, which validates."""
    ended = offline.run("init", "--kind", kind)

    assert ended.code == 0
    assert "1 record: 1 would be sent, 0 have problems" in ended.out
    assert offline.run("validate", f"{kind}.yaml").code == 0
    assert offline.run("validate").code == 0


def test_configuration_names_the_server_and_no_token(place):
    """A known server becomes a profile; the token is in no file."""
    export(place)

    ended = place.run("init", "photos.csv", "--yes")

    text = (place.folder / "ld-import.yaml").read_text()
    assert ended.code == 0
    assert f'server: "{place.url}"' in text
    assert "demo-token" not in text + (place.folder / "images.yaml").read_text()


def test_server_without_a_project(place, monkeypatch):
    """A server that does not say what its project has is mentioned, and init goes on."""
    monkeypatch.setenv("LD_IMPORT_TOKEN", "other-token")
    export(place)

    ended = place.run("init", "photos.csv", "--yes")
    (place.folder / "images.yaml").unlink()
    not_asked = place.run("init", "photos.csv", "--yes", "--no-server")

    assert (ended.code, not_asked.code) == (0, 0)
    assert "the fields of the project are not known" in ended.err
    assert not_asked.err == ""


PROJECT = {
    "settings": {"handle": "town"},
    "mediaTypes": [
        {
            "type": "mediaImage",
            "handle": "photo",
            "metadata": [
                {"handle": "title", "type": "li-text", "config": {"required": True}},
                {"handle": "recordedAt", "type": "li-date", "config": {}},
                {"handle": "tags", "type": "li-string-list", "config": {}},
                {"handle": "rights", "type": "li-text", "config": {"required": True}},
            ],
        }
    ],
}


def test_fields_of_the_project(make_place):
    """Columns go to the properties of the project, which the server then accepts."""
    place = make_place(project_config=PROJECT)
    export(place)

    ended = place.run("init", "photos.csv", "--yes", "--system-name", place.system_name)

    text = (place.folder / "images.yaml").read_text()
    assert (ended.code, ended.err) == (0, f"asking {place.url} for the fields of the project\n")
    assert "# rights (li-text) is required: no column fits" in text
    assert place.summary("images.yaml", command="images")["outcomes"]["success"] == 2
    first, second = sorted(place.mine(), key=lambda entry: entry["externalId"])
    assert first["content"]["mediaType"] == "photo"
    assert first["content"]["metadata"] == {
        "title": "Old bridge",
        "recordedAt": "1931-12-24",
        "tags": ["bridge", "winter"],
    }
    assert second["content"]["metadata"] == {"title": "a17.jpg"}


def run_on_terminal(place, answers, *arguments):
    """Run init on a terminal, type these answers, and return the exit code and the output."""
    own, other = pty.openpty()
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), other)
    with place.start("init", *arguments, **streams) as process:
        os.close(other)
        deadline = threading.Timer(20, process.kill)
        deadline.start()
        shown = b""
        try:
            while part := os.read(own, 4096):
                shown += part
                if part.rstrip().endswith(b"]:") and answers:
                    answer = answers.pop(0)
                    if answer is None:
                        process.send_signal(signal.SIGINT)
                    else:
                        os.write(own, answer.encode() + b"\n")
        except OSError:
            pass  # the terminal is closed
        deadline.cancel()
    os.close(own)
    return process.returncode, shown.decode()


def test_questions_on_a_terminal(offline):
    """On a terminal, each choice is asked for, with the proposal as the default."""
    export(offline)

    code, shown = run_on_terminal(offline, ["", "town", ODD_ID], "photos.csv")

    header = header_of(offline.folder / "images.yaml")
    assert code == 0
    assert "[images]:" in shown
    assert "[photos]:" in shown
    assert (header["systemName"], header["externalId"]) == ("town", ODD_ID)


def test_interrupted_question(offline):
    """Ctrl-C at a question writes nothing and is exit 130."""
    export(offline)

    code, _ = run_on_terminal(offline, ["", None], "photos.csv")

    assert (code, files_in(offline.folder)) == (130, ["photos.csv"])
