"""Schemas of outputs: every document that the program prints keeps to them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import jsonschema_rs
import orjson
import pytest

from ld_import import events
from ld_import.cli.output.json_lines import CONTEXT, RENAMED, JsonLines
from ld_import.cli.schemas import OUTPUTS, schema_of
from ld_import.events import (
    Declined,
    Note,
    Polled,
    ProjectRead,
    SizeChanged,
    Transferred,
    Waiting,
    Warned,
)
from ld_import.model import Remark
from tests.cli.output.boards import job, planned, rejected, settled, submitted, transferred
from tests.harness.projects import project_config
from tests.harness.records import broken, images, video, videos

NOW = datetime(2026, 11, 21, 1, 0, 0, 123456, UTC)
EVENTS = (
    planned(1),
    planned(3, to_send=1, invalid=1, share=0.5, unchanged=1, failedBefore=0, repeated=0),
    rejected(),
    rejected(7, None, "no JSON"),
    Warned(Remark(1, "v1", "required", "metadata.title", "is missing", "add it"), "x.yaml"),
    ProjectRead("news", "12"),
    submitted(1),
    Polled(1, job(1)),
    settled(1, success=2, failed=1),
    settled(1, job=False, lost=2),
    Declined(1, 2, "too large"),
    Waiting("503", 2, 2, "job2", 4),
    Waiting("quota", 90.5),
    Transferred(2, 1, 1, 8, 12_000_000),
    SizeChanged(200, "a job of 100 took 0.1 s"),
    Note("a note"),
    transferred(3, 12_345, same=1, failed=2),
)


@cache
def validator_of(name):
    return jsonschema_rs.validator_for(schema_of(name), validate_formats=True)


def check(name, document):
    """Fail with every violation of a schema."""
    found = [
        f"{error.instance_path}: {error.message}"
        for error in validator_of(name).iter_errors(document)
    ]
    assert found == []


def objects_of(schema):
    """Yield every schema of an object inside a schema."""
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("type") in ("object", ["object", "null"]):
            yield schema
        for part in schema.values():
            yield from objects_of(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects_of(part)


@pytest.mark.parametrize("name", OUTPUTS)
def test_schemas_are_closed(name):
    """No object has members that its schema does not name."""
    objects = list(objects_of(schema_of(name)))

    assert objects
    assert all(one["additionalProperties"] is False for one in objects)
    assert all(set(one["required"]) <= set(one["properties"]) for one in objects)


def summaries(place):
    """Yield the summaries of runs of every sort."""
    manifest = place.write(*videos(3), video(3), broken(4), {"id": "v5"})
    yield place.summary(manifest, "--dry-run", code=3)
    yield place.summary(manifest, "--limit", "1", code=3)
    yield place.summary(manifest, code=3)
    changed = place.write(video(1, fileName="Other"), *videos(3)[1:])
    yield place.summary(changed, "--dry-run")
    yield place.summary(changed, "--on-existing", "patch", "--retry-failed")
    library = place.write(*images(2), list_key="mediaLibraryEntries", name="library.json")
    yield place.summary(library, "--dry-run", command="media-library")
    yield place.summary(library, command="media-library")


def test_summaries(place):
    """The summary of each run and dry run keeps to the schema, printed and in the ledger."""
    for summary in summaries(place):
        check("summary", summary)
    for run in place.run("ledger", "runs", "--json", "--all-targets").document:
        check("summary", run["summary"])


def test_summary_of_a_run_that_ended_early(place, monkeypatch):
    """The summary of a run that an error ended keeps to the schema."""
    manifest = place.write(*videos(2))
    monkeypatch.setenv("LD_IMPORT_TOKEN", "wrong-token")
    ended = place.run("videos", manifest, "--json")

    assert ended.code == 5
    check("summary", ended.document)


def test_summary_with_a_project(make_place):
    """The result of the preflight keeps to the schema: refused records, warnings."""
    config = project_config(title="li-text")
    for property_ in (one for kind in config["mediaTypes"] for one in kind["metadata"]):
        property_["config"] = {"required": True}
    place = make_place(project_config=config)
    records = [video(1), video(2, metadata={}), video(3, metadata={"title": "x", "other": 1})]

    summary = place.summary(place.write(*records), code=3)

    assert summary["preflight"]["refused"] == 1
    assert summary["preflight"]["warnings"]
    check("summary", summary)


def test_other_members_are_refused(place):
    """A member that is missing, unknown, or of the other kind of run breaks the schema."""
    manifest = place.write(*videos(1))
    dry, real = place.summary(manifest, "--dry-run"), place.summary(manifest)
    is_valid = validator_of("summary").is_valid

    assert is_valid(dry)
    assert not is_valid({**real, "more": 1})
    assert not is_valid({**real, "wouldSend": dry["wouldSend"]})
    assert not is_valid({**dry, "preflight": None})
    assert not is_valid({**real, "outcomes": {**real["outcomes"], "other": 1}})
    for name in real.keys() - {"invalidGroups", "jobs", "reasons"}:
        assert not is_valid({key: value for key, value in real.items() if key != name}), name


def test_items(place):
    """Rows of `ledger items` and `show`, and lines of `export`, keep to the schema."""
    place.imported(place.write(*videos(2), broken(3)), code=3)
    library = place.write(*images(2), list_key="mediaLibraryEntries", name="library.json")
    place.summary(library, command="media-library")
    every = "--all-targets"
    rows = place.run("ledger", "items", "--json", every).document
    lines = [orjson.loads(line) for line in place.run("ledger", "export", every).out.splitlines()]
    shown = [
        item
        for name in ("v1", "v3")
        for item in place.run("ledger", "show", name, "--json", every).document
    ]

    assert len(rows) == len(lines) == 5
    assert {row["state"] for row in rows} == {"success", "skipped", "invalid"}
    assert [bool(item["history"]) for item in shown].count(True) == 2
    for row in (*rows, *lines, *shown):
        check("item", row)
    assert not validator_of("item").is_valid({**rows[0], "more": 1})


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_events(event):
    """The line of each event keeps to the schema, and has every field of the event."""
    written: list[str] = []
    with JsonLines(written.append, lambda: NOW, level="debug", run_id="r1") as lines:
        lines(event)
    (line,) = map(orjson.loads, written)

    check("event", line)
    assert not validator_of("event").is_valid({**line, "more": 1})


def test_every_event_has_a_schema():
    """The cases above have each event of a run, and the schema names the fields of each."""
    branches = {
        branch["properties"]["event"]["const"]: branch["properties"]
        for branch in schema_of("event")["oneOf"]
    }
    assert {type(event) for event in EVENTS} == set(events.Event.__args__)
    for kind in set(events.Event.__args__) - {Polled, events.Settled}:
        names = {RENAMED.get(name, name) for name in kind._fields} - CONTEXT
        assert names <= set(branches[kind.__name__.lower()])


@pytest.mark.parametrize("code", [0, 3, 5])
def test_log_lines(place, monkeypatch, code):
    """Each line of a JSON log keeps to the schema: on standard error and in a file."""
    manifest = place.write(*videos(2), *([broken(3)] if code == 3 else []))
    if code == 5:
        monkeypatch.setenv("LD_IMPORT_TOKEN", "wrong-token")

    ended = place.run(
        *("videos", manifest, "--log-format", "json", "--log-level", "debug"),
        *("--log-file", "run.log"),
    )

    assert ended.code == code
    logged = (place.folder / "run.log").read_text().splitlines()
    lines = [orjson.loads(line) for line in (*ended.err.splitlines(), *logged)]
    names = {line["event"] for line in lines}
    assert {"begin", "end", "planned"} <= names
    assert code or {"submitted", "settled", "summary"} <= names
    for line in lines:
        check("event", line)
