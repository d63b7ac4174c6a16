"""Columns for the metadata properties of a project."""

from __future__ import annotations

import pytest

from ld_import.preflight import project_from
from tests.proposal.exports import fields_of, lines, proposed, table


def project_with(*properties, handle="image"):
    """Return a project whose images have these properties: handle, type and configuration."""
    metadata = [
        {"handle": name, "type": kind, "config": config[0] if config else {}}
        for name, kind, *config in properties
    ]
    types = [{"type": "mediaImage", "handle": handle, "metadata": metadata}]
    return project_from({"settings": {"handle": "town"}, "mediaTypes": types})


HEADER = [
    "id",
    "Bild-URL",
    "Titel",
    "Fotograf",
    "Aufnahmedatum",
    "Stichworte",
    "Breite",
    "Bildtext",
]
ROW = [
    *("a7", "https://old.example/a.jpg", "Old bridge", "R. Keller", "24.12.1931 10:00"),
    *("bridge|winter", "1600", "Seen\nfrom the tower"),
]
EMPTY = ["a8", "https://old.example/b.jpg", "", "", "", "", "", ""]


@pytest.mark.parametrize(
    ("prop", "value"),
    [
        (("titel", "li-text", {"maxLength": 5}), "Ol..."),
        (("credit", "li-text"), "R. Keller"),
        (("caption", "li-text"), "Seen\nfrom the tower"),
        (("description", "li-text", {"allowNewlines": False}), "Seen from the tower"),
        (("date", "li-date"), "1931-12-24"),
        (("createdAt", "li-datetime"), "1931-12-24T10:00:00"),
        (("keywords", "li-string-list"), ["bridge", "winter"]),
        (("breite", "li-integer"), 1600),
        (("breite", "li-text"), "1600"),
        (
            ("fotograf", "li-enum", {"dataProvider": {"items": [{"value": "R. Keller"}]}}),
            "R. Keller",
        ),
    ],
)
def test_columns_go_to_properties(tmp_path, prop, value):
    """A column of the same name or role gives the type of the property; empty cells give none."""
    path = proposed(tmp_path, table(HEADER, ROW, EMPTY), project=project_with(prop))

    first, second = fields_of(path)
    assert (first["metadata"], second["metadata"]) == ({prop[0]: value}, {})


@pytest.mark.parametrize(
    "prop",
    [
        ("titel", "li-date"),
        ("titel", "li-integer"),
        ("bildtext", "li-boolean"),
        ("credit", "li-image"),
        ("colour", "li-text"),
    ],
)
def test_columns_that_do_not_fit(tmp_path, prop):
    """A property without a column of its type has no line; a required one is a comment."""
    required = (*prop, {"required": True})
    path = proposed(tmp_path, table(HEADER, ROW, EMPTY), project=project_with(required))

    assert [fields["metadata"] for fields in fields_of(path)] == [{}, {}]
    assert f"# {prop[0]} ({prop[1]}) is required: no column fits" in path.read_text()


def test_values_of_json(tmp_path):
    """Numbers, lists, objects and missing values fit properties of their types."""
    record = {
        "id": "a7",
        "url": "https://old.example/a.jpg",
        "title": 2012,
        "tags": ["a", "b"],
        "authors": [{"name": "A. Muster"}, {"name": "B. Muster"}],
        "flag": False,
        "views": 0,
        "taken": "2012-01-31",
    }
    project = project_with(
        ("title", "li-text"),
        ("tags", "li-string-list"),
        ("authors", "li-text"),
        ("flag", "li-boolean"),
        ("views", "li-integer"),
        ("taken", "li-date"),
    )
    content = lines(record, {"id": "a8", "url": "https://old.example/b.jpg"})
    path = proposed(tmp_path, content, "export.jsonl", project=project)

    first, second = fields_of(path)
    assert first["metadata"] == {
        "title": "2012",
        "tags": ["a", "b"],
        "authors": "A. Muster, B. Muster",
        "flag": False,
        "views": 0,
        "taken": "2012-01-31",
    }
    assert second["metadata"] == {"title": "b.jpg"}


def test_one_column_for_one_property(tmp_path):
    """A column goes to the property of its own name, and to no second one."""
    project = project_with(("description", "li-text"), ("bildtext", "li-text"))
    path = proposed(tmp_path, table(HEADER, ROW), project=project)

    assert set(fields_of(path)[0]["metadata"]) == {"bildtext"}


def test_media_type_of_the_project(tmp_path):
    """Without a type with the default handle, the first type of the kind is used."""
    path = proposed(tmp_path, table(HEADER, ROW), project=project_with(handle="photo"))

    assert fields_of(path)[0]["mediaType"] == "photo"


def test_values_that_a_list_does_not_have(tmp_path):
    """A column with other values than the list of a property does not fit."""
    words = {"dataProvider": {"items": [{"value": "SDA"}]}}
    path = proposed(
        tmp_path, table(HEADER, ROW), project=project_with(("fotograf", "li-enum", words))
    )

    assert fields_of(path)[0]["metadata"] == {}


def test_title_of_the_project(tmp_path):
    """The title is within the limits, and the name of the file where a record has none."""
    project = project_with(("title", "li-text", {"maxLength": 8, "required": True}))
    path = proposed(tmp_path, table(HEADER, ROW, EMPTY), project=project)

    titles = [fields["metadata"]["title"] for fields in fields_of(path)]
    assert titles == ["Old...", "b.jpg"]


def test_other_values_of_json(tmp_path):
    """Lists become texts, objects a list of names; other types have no line."""
    record = {
        "id": "a7",
        "url": "https://old.example/a.jpg",
        "credit": ["A", "B"],
        "keywords": [{"name": "x"}],
        "rating": 1.5,
        "mixed": [1, 2],
        "rights": 7,
    }
    project = project_with(
        ("credit", "li-text"),
        ("keywords", "li-string-list"),
        ("rating", "li-string-list"),
        ("mixed", "li-text"),
        ("rights", "li-enum"),
    )
    path = proposed(tmp_path, lines(record), "export.jsonl", project=project)

    assert fields_of(path)[0]["metadata"] == {"credit": "A, B", "keywords": ["x"]}


def test_numbers_and_nulls(tmp_path):
    """A number becomes a text where it is never null, and has no line otherwise."""
    records = [
        {"id": f"a{n}", "url": "https://old.example/a.jpg", "rights": n, "credit": n or None}
        for n in range(2)
    ]
    project = project_with(("rights", "li-text"), ("credit", "li-text"))
    path = proposed(tmp_path, lines(*records), "export.jsonl", project=project)

    assert [fields["metadata"] for fields in fields_of(path)] == [{"rights": "0"}, {"rights": "1"}]
