"""Values recognized as valid: all of them are valid for the library, and usual ones are among them.

The library is not loaded for a usual manifest.
"""

from __future__ import annotations

import subprocess
import sys
from copy import deepcopy
from random import Random

import jsonschema_rs
import orjson
import pytest

from ld_import.kinds import checker
from ld_import.kinds.base import SCHEMA_FOLDER
from ld_import.manifest.header import SCHEMA_PATH as HEADER
from ld_import.usual_values import usual_check

ENTRY = {
    "id": "talk-1",
    "url": "https://media.example.com:8443/a%20b/film.mp4?size=large&x=1#start",
    "fileName": "Der Zürcher Film",
    "mediaType": "video",
    "metadata": {"title": "Zürich", "seconds": 12.5, "tags": ["a", None, {"deep": True}], "n": 3},
}
MANIFEST = {
    "systemName": "archive",
    "externalId": "talk-{{ slug }}",
    "source": "talks.jsonl",
    "delimiter": ";",
    "webhook": "https://example.com/hook",
    "map": {"url": "{{ url }}", "metadata": {"title": "{{ title }}"}},
    "storage": {"image": "bucket"},
}
VALUES: list[object] = [
    *(
        "",
        " ",
        "\n",
        "\t",
        "\x1c",
        "\x85",
        "\u2003",
        "\ufeff",
        "\u180e",
        "x\n",
        "ü",
        "\ud800",
        "tab",
    ),
    *(
        "https://",
        "http://x",
        "https://x:99999/",
        "https://x:65536",
        "https://x:00080/a",
        "https://-",
    ),
    *(
        "https://u:p@x/",
        "https://[::1]/a",
        "https://x/a b",
        "https://x/%zz",
        "https://x/ä",
        "ftp://x",
    ),
    *(
        "https://x?a#b?c",
        "https://x/#a#b",
        "https://..",
        "HTTPS://X/a",
        "https://x/\n",
        "//x",
        "https:x",
    ),
    *(";", "\\t", ";;", "[", "a", "https:///x", "http://x y"),
    *(None, True, False, 0, 1, -1, 2**53 + 1, 2**70, 1.5, float("nan"), float("inf"), b"x"),
    *([], ["a"], [[]], {}, {"image": "a"}, {"image": " "}, {"other": "a"}, {1: "a"}, {"\ud800": 1}),
]


def library_says(validator, value):
    """Return whether the library finds a value valid; one that it cannot read is not."""
    try:
        return validator.is_valid(value)
    except (TypeError, ValueError):
        return False


def changed(random, value):
    """Return the value with some of its parts, at any depth, removed, added or replaced."""
    value = deepcopy(value)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        place = value
        while any(isinstance(part, dict) for part in place.values()) and random.random() < 0.3:
            place = random.choice([part for part in place.values() if isinstance(part, dict)])
        names = [*place, "mediaType", "items", "sheet", "more", "title", "video", 7]
        name = random.choice(names)
        if random.random() < 0.15:
            place.pop(name, None)
        else:
            place[name] = random.choice(VALUES)
    return value


@pytest.mark.parametrize("name", ["videos", "images", "files", "media-library", "header"])
def test_recognized_values_are_valid(name):
    """No value is recognized that the library finds invalid, among thousands of unusual ones."""
    path = HEADER if name == "header" else SCHEMA_FOLDER / f"{name}.json"
    schema = orjson.loads(path.read_bytes())
    has_formats = name != "header"
    is_usual = usual_check(schema, has_formats=has_formats)
    validator = jsonschema_rs.validator_for(schema, validate_formats=has_formats)
    random, usual = Random(7), MANIFEST if name == "header" else ENTRY
    recognized = 0
    for _ in range(4000):
        value = changed(random, usual)
        if is_usual(value):
            recognized += 1
            assert library_says(validator, value), value
    assert is_usual(usual) == (name != "media-library")
    assert recognized > 200 or name == "media-library"


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "integer"},
        {"type": ["string", "number"]},
        {"type": "string", "maxLength": 3},
        {"type": "string", "format": "date"},
        {"type": "string", "pattern": "^(?!a)"},
        {"type": "object", "oneOf": [{"properties": {"a": {"type": "null"}}}]},
        {"type": "object", "additionalProperties": {"type": "null"}},
        {"$ref": "#/$defs/absent"},
        {"$ref": "https://example.com/$defs/a", "$defs": {"a": {"type": "string"}}},
        {"type": "array", "items": True},
        True,
    ],
    ids=str,
)
def test_unknown_keywords_recognize_nothing(schema):
    """A schema with other keywords leaves all values to the library."""
    is_usual = usual_check(schema, has_formats=True)
    assert not any(map(is_usual, ["b", 1, {"a": None}, ["b"], None]))


def test_list_of_entries_is_recognized():
    """A schema of a list has the rules of its items, and the definitions of the item's schema."""
    text = {"type": "string", "minLength": 2}
    item = {"$id": "urn:item", "$ref": "#/$defs/text", "$defs": {"text": text}}
    is_usual = usual_check({"type": "array", "items": item})
    assert is_usual(["ab", "cd"])
    assert not is_usual(["ab", "c"])


def test_library_checks_after_many_entries(monkeypatch):
    """After many entries, and after the first unusual one, the library checks all others."""
    monkeypatch.setattr(checker, "MOST_USUAL", 3)
    many, unusual = checker.Checker("videos"), checker.Checker("videos")
    for number in range(5):
        assert "_validator" not in vars(many) or number > 3
        assert many.is_valid(ENTRY)
    assert "_validator" in vars(many)
    assert not unusual.is_valid({**ENTRY, "url": "https://x/a b"})
    assert unusual.is_valid(ENTRY)
    assert unusual.problems({**ENTRY, "url": "https://x/a b"})
    assert "_validator" in vars(unusual)


def test_usual_manifest_does_not_load_the_library(tmp_path):
    """A dry run of usual records needs neither the memory nor the time of the library."""
    header, records = tmp_path / "talks.yaml", tmp_path / "talks.jsonl"
    shown = {"url": "{{ url }}", "fileName": "{{ title }}", "metadata": {"title": "{{ title }}"}}
    header.write_bytes(orjson.dumps({**MANIFEST, "storage": None, "delimiter": None, "map": shown}))
    records.write_bytes(orjson.dumps({"slug": "a", "title": "b", "url": "https://x.example/a.mp4"}))
    program = (
        "import sys\n"
        "from ld_import.cli.app import main\n"
        f"sys.argv[1:] = ['videos', {str(header)!r}, '--dry-run', '-q', '--server', 'https://x.example']\n"
        "print(main(), 'jsonschema_rs' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, cwd=tmp_path
    )
    assert (ended.stdout.split()[-2:], ended.stderr) == (["0", "False"], "")
