"""Schemas for editors: they accept and refuse what the program does."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import orjson
import pytest
import yaml

from ld_import.cli.schemas import SCHEMAS, schema_of
from ld_import.kinds import KINDS
from ld_import.kinds.checker import Checker
from tests.test_samples import SAMPLES

VIDEO = {"id": "v1", "url": "https://a.example/1.mp4", "fileName": "One", "metadata": {}}
ASSET = {
    "key": "a/1.jpg",
    "url": "https://s.example/a/1.jpg",
    "size": 10,
    "width": 4,
    "height": 3,
    "filename": "1.jpg",
    "mimeType": "image/jpeg",
}
ENTRY = {"externalId": "p1", "mediaType": "image", "asset": ASSET}
MAP = {"url": "{{ u }}", "fileName": "{{ u }}", "metadata": {}, "externalId": "{{ u }}"}


def without(record, name):
    return {key: value for key, value in record.items() if key != name}


FILE_ENTRY = {"externalId": "p1", "file": "a.jpg", "metadata": {}}


def with_files(*changes):
    """Return a manifest with one entry for each change of an entry with a file."""
    entries = [
        {**FILE_ENTRY, "externalId": f"p{number}", **change}
        for number, change in enumerate(changes)
    ]
    return "media-library", {"mediaLibraryEntries": entries}


CASES: list[tuple[str, dict[str, Any]]] = [
    ("videos", {"videos": [VIDEO]}),
    ("videos", {"items": [VIDEO]}),
    ("videos", {"videos": [{**VIDEO, "id": 7}]}),
    ("videos", {"videos": [{**without(VIDEO, "id"), "externalId": "v1"}]}),
    ("videos", {"videos": [without(VIDEO, "id")]}),
    ("videos", {"videos": [{**VIDEO, "id": 1.5}]}),
    ("videos", {"videos": [without(VIDEO, "url")]}),
    ("videos", {"videos": [without(VIDEO, "metadata")]}),
    ("videos", {"videos": [{**VIDEO, "url": "ftp://a.example/1.mp4"}]}),
    ("videos", {"videos": [{**VIDEO, "fileName": "  "}]}),
    ("videos", {"videos": [{**VIDEO, "fileName": 3}]}),
    ("videos", {"videos": [{**VIDEO, "metadata": []}]}),
    ("videos", {"videos": [{**VIDEO, "more": 1}]}),
    ("videos", {"videos": ["v1"]}),
    ("videos", {"externalId": "x-{{ nr }}", "videos": [{**without(VIDEO, "id"), "nr": 1}]}),
    ("videos", {"map": MAP, "videos": [{"u": "https://a.example/1.mp4"}]}),
    ("videos", {"vidoes": [VIDEO]}),
    ("videos", {"videos": [VIDEO], "items": [VIDEO]}),
    ("videos", {"videos": [VIDEO], "webhook": "ftp://x"}),
    ("videos", {"videos": [VIDEO], "context": []}),
    ("videos", {"videos": [VIDEO], "systemName": 3}),
    ("videos", {"images": [VIDEO]}),
    with_files({}, {"mediaType": "image"}, {"asset": {"filename": "b.jpg", "width": 4}}),
    with_files({"sha256": "0" * 64}, {"metadata": {"title": "One"}}),
    with_files({"file": ""}),
    with_files({"file": 7}),
    with_files({"sha256": "0"}),
    with_files({"asset": {"size": "7"}}),
    with_files({"asset": {"key": "a.jpg"}}),
    with_files({"asset": []}),
    with_files({"metadata": "title"}),
    ("images", {"images": [VIDEO]}),
    ("images", {"images": [VIDEO], "storage": "media"}),
    ("images", {"images": [{**VIDEO, "mediaType": "image"}]}),
    ("media-library", {"mediaLibraryEntries": [ENTRY]}),
    ("media-library", {"mediaLibraryEntries": [without(ENTRY, "externalId")]}),
    ("media-library", {"mediaLibraryEntries": [{**without(ENTRY, "externalId"), "id": "abc"}]}),
    ("media-library", {"mediaLibraryEntries": [{**ENTRY, "id": "not an id"}]}),
    ("media-library", {"mediaLibraryEntries": [{**ENTRY, "mediaType": "sound"}]}),
    ("media-library", {"mediaLibraryEntries": [{**ENTRY, "asset": without(ASSET, "width")}]}),
    ("media-library", {"mediaLibraryEntries": [{**ENTRY, "translations": {"fr": {"title": "x"}}}]}),
    ("media-library", {"mediaLibraryEntries": [{**ENTRY, "translations": [{"locale": "fr"}]}]}),
]  # fmt: skip


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_printed(place, name):
    """Each schema is a valid JSON Schema with a title, and a document of its own."""
    ended = place.run("schema", name)

    assert (ended.code, ended.err) == (0, "")
    jsonschema_rs.meta.validate(ended.document)
    assert ended.document["title"]
    assert "x-advice" not in ended.out


@pytest.mark.parametrize(("kind", "manifest"), CASES)
def test_schema_agrees_with_the_program(place, kind, manifest):
    """An editor with the schema accepts a manifest if and only if the program does."""
    validator = jsonschema_rs.validator_for(schema_of(kind), validate_formats=True)
    header = {"systemName": "archive", **manifest}
    path = place.folder / "manifest.json"
    path.write_bytes(orjson.dumps(header))
    (place.folder / "a.jpg").write_bytes(b"a")

    ended = place.run("validate", path, "--kind", kind)

    assert validator.is_valid(header) is (ended.code == 0), ended


def test_cases_cover_both_verdicts():
    """Most cases are refused, and some of each kind of manifest are accepted."""
    verdicts = [
        jsonschema_rs.validator_for(schema_of(kind), validate_formats=True).is_valid(
            {"systemName": "archive", **manifest}
        )
        for kind, manifest in CASES
    ]

    assert verdicts.count(True) >= 8
    assert verdicts.count(False) >= 15


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_samples_are_valid(sample):
    """The schema of its kind accepts each sample manifest, as an editor reads it."""
    manifest = yaml.safe_load(sample.read_text(encoding="utf-8"))
    names = ["config"] if "config" in sample.stem else KINDS
    accepted = [name for name in names if jsonschema_rs.is_valid(schema_of(name), manifest)]

    assert accepted


def test_entry_schema_is_that_of_the_program():
    """The rules for a field are those with which the program checks entries."""
    for name in KINDS:
        checked = Checker(name).schema["properties"]
        entry = schema_of(name)["$defs"]["entry"]["properties"]
        for field in set(checked) - {"id", "externalId", "translations"}:
            rule = {key: value for key, value in checked[field].items() if key != "x-advice"}
            shown = {key: value for key, value in entry[field].items() if key != "description"}
            assert shown == rule


def test_unknown_schema(place):
    """An unknown name is a usage error with a suggestion."""
    ended = place.run("schema", "sumary")

    assert (ended.code, ended.out) == (2, "")
    assert "there is no schema 'sumary'; did you mean `summary`?" in ended.err
