"""`ledger reasons`: what did not arrive, one line for each cause, with the next command."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from tests.harness.records import broken, image, video, videos


def failing(place, **reasons):
    """Make the server fail videos: `v2="HTTP 404"` fails the second one."""
    urls = {f"/{name.removeprefix('v')}.mp4": reason for name, reason in reasons.items()}
    place.emulator.settings = replace(place.emulator.settings, fail_url=urls)


def fail_some(place):
    failing(place, v2="HTTP 404 for 2", v3="HTTP 404 for 3", v4="too large")
    place.imported(place.write(*videos(4), broken(5), broken(6)), code=3)


@pytest.fixture
def failed(place, begin):
    """Return a place with failed and invalid items, and one that is imported."""
    begin(place, fail_some)
    return place


def test_one_cause_is_one_line(failed):
    """A line has the number of items, state and cause, the first items, and what to do."""
    ended = failed.run("ledger", "reasons")
    lines = [line.split("   ") for line in ended.out.splitlines()]

    assert ended.code == 0
    assert [line[:3] for line in lines] == [
        ["2 items", "failed: HTTP 404 for …", "v2 (line 3), v3 (line 4)"],
        ["1 item", "failed: too large", "v4 (line 5)"],
        ["2 records", lines[2][1], "v5 (line 6), v6 (line 7)"],
    ]
    assert lines[2][1].startswith('invalid: `url` is "nowhere": it is a path without')
    assert "`ld-import validate manifest.json --kind videos --check-urls`" in lines[0][3]
    assert lines[1][3] == ("remove the cause, then `ld-import videos manifest.json --retry-failed`")
    assert lines[2][3].startswith("give the http(s) address")
    assert ended.err.splitlines()[-1].startswith("5 items in 3 groups;")


def test_records_on_one_line(place):
    """Each record of a document on one line is kept and counted, with or without an id."""
    nameless = [{"url": "nowhere"} for _ in range(3)]
    records = [broken(number) for number in range(1, 41)] + nameless
    document = {"systemName": place.system_name, "videos": records}
    (place.folder / "manifest.json").write_bytes(orjson.dumps(document))

    ended = place.run("videos", "--json")
    groups = ended.document["invalidGroups"]
    reasons = place.run("ledger", "reasons", "--json").document

    assert ended.document["invalid"] == 43
    assert [(group["count"], group["lines"]) for group in groups] == [(40, [1]), (3, [1])]
    assert ended.err.count("warning: manifest.json:1") == 2
    assert len(place.run("ledger", "items", "--state", "invalid").lines) == 1 + 43
    assert [group["count"] for group in reasons] == [40, 3]


def test_documents(failed):
    """The JSON document has the groups with their target."""
    first, *rest = failed.run("ledger", "reasons", "--json", "--limit", "2").document

    assert len(rest) == 1
    assert first.pop("advice").endswith("`ld-import videos manifest.json --retry-failed`")
    assert first == {
        "server": failed.url,
        "project": "",
        "kind": "videos",
        "state": "failed",
        "count": 2,
        "text": "HTTP 404 for …",
        "items": [{"externalId": "v2", "line": 3}, {"externalId": "v3", "line": 4}],
    }


def test_states(failed):
    """`--state` selects; an unknown state is a usage error, and nothing to show is said."""
    assert len(failed.run("ledger", "reasons", "--state", "invalid").out.splitlines()) == 1
    assert failed.run("ledger", "reasons", "--state", "success").out.startswith("1 item   success")
    assert failed.run("ledger", "reasons", "--state", "lost").err.endswith("\nno items\n")
    assert failed.run("ledger", "reasons", "--state", "late").code == 2


def test_limit(failed):
    """After the given number of groups, a line has the number of the others."""
    ended = failed.run("ledger", "reasons", "--limit", "1")

    assert ended.out.splitlines()[1:] == ["… and 2 more groups (3 items); --limit 0 shows all"]
    assert len(failed.run("ledger", "reasons", "--limit", "0").out.splitlines()) == 3


def test_reasons_of_a_run(failed):
    """`--run` shows how a run left its items, whatever happened to them later."""
    (first,) = {row["run"] for row in failed.history("v3")}
    failing(failed, v3="gone")
    failed.imported("--retry-failed", code=3)

    now = failed.run("ledger", "reasons", "--state", "failed", "--json").document
    then = failed.run("ledger", "reasons", "--run", first, "--state", "failed", "--json").document

    assert [(group["count"], group["text"]) for group in now] == [(1, "gone")]
    assert [(group["count"], group["text"]) for group in then] == [
        (2, "HTTP 404 for …"),
        (1, "too large"),
    ]


def test_unknown_run(failed):
    """A run that the ledger does not have is a usage error that says how to find the ids."""
    ended = failed.run("ledger", "reasons", "--run", "yesterday")

    assert (ended.code, ended.out) == (2, "")
    assert "has no run yesterday" in ended.err
    assert "`ld-import ledger runs`" in ended.err


def test_several_targets(failed):
    """With `--all-targets` each target has a heading, and the documents name it."""
    failed.write(video(2, mediaType="image", url="no url"), name="i.json", list_key="images")
    failed.summary("i.json", code=3, command="images")

    ended = failed.run("ledger", "reasons", "--all-targets")
    documents = failed.run("ledger", "reasons", "--all-targets", "--json").document

    assert failed.run("ledger", "reasons").code == 2
    assert f"videos on {failed.url}\n2 items" in ended.out
    assert f"images on {failed.url}\n1 record" in ended.out
    assert [group["kind"] for group in documents] == ["videos"] * 3 + ["images"]


def test_several_manifests(failed):
    """The commands name no manifest if the items come from several."""
    failing(failed, v9="too large")
    failed.imported(failed.write(video(9), name="more.json"), code=3)

    out = failed.run("ledger", "reasons", "--state", "failed").out

    assert "2 items   failed: too large   v4 (line 5), v9 (line 2)   " in out
    assert "`ld-import videos --retry-failed`" in out


def test_skipped_items(place):
    """An item whose entry has other content is skipped; the advice is to patch it."""
    place.write(image(1, "Old"), list_key="mediaLibraryEntries")
    place.summary(command="media-library")
    place.write(image(1, "New"), list_key="mediaLibraryEntries")
    place.summary("--ledger", "other.sqlite3", command="media-library")

    out = place.run("ledger", "reasons", "--ledger", "other.sqlite3").out

    assert out.startswith("1 item   skipped: ")
    assert "the server keeps other content: metadata.title   v1 (line 2)   " in out
    assert (
        "`ld-import media-library manifest.json --ledger other.sqlite3 --on-existing patch`" in out
    )


def test_commands_of_records_without_a_header(place):
    """The command names the options without which the file could not be read."""
    failing(place, v1="too large")
    record = orjson.dumps({**video(1), "number": 1})
    (place.folder / "rows.jsonl").write_bytes(record)
    options = ("--system-name", "my town", "--external-id", "v{{ number }}")
    place.imported("rows.jsonl", *options, code=3)
    text = "`ld-import videos rows.jsonl --system-name 'my town' --external-id 'v{{ number }}'"

    ended = place.run("videos", "rows.jsonl", *options, "--retry-failed")

    assert f"{text} --retry-failed`" in ended.out
    assert f"{text} --retry-failed`" in place.run("ledger", "reasons").out


def test_first_items_are_those_of_the_manifest(place):
    """The first items of a group are those sent first, not those with the smallest id."""
    place.emulator.settings = replace(place.emulator.settings, fail_url={".mp4": "gone"})
    place.imported(place.write(*reversed(videos(12))), code=3)

    assert "v12 (line 2), v11 (line 3), v10 (line 4)" in place.run("ledger", "reasons").out
