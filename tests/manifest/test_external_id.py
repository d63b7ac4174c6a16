"""externalIds: unchanged text, or a problem of the record."""

from __future__ import annotations

import pytest

from ld_import.manifest import Mapping
from ld_import.model import Entry, Invalid
from tests.manifest.mapped import RECORD, id_of, id_problem, record_of


@pytest.mark.parametrize(
    ("template", "external_id"),
    [
        ("v-{{ slug }}", "v-a-talk"),
        ("{{ id }}", "7"),
        ("{{ title }}", "2012"),
        ("{{ 'a-' ~ id }}", "a-7"),
        (" {{ slug }}", " a-talk"),
        ("{% for t in tags %}{{ t }}{% endfor %}", "xy"),
    ],
)
def test_external_id_is_text_unchanged(template, external_id):
    """Integers become their digits, texts are unchanged, white space included."""
    assert id_of(RECORD, template) == external_id


@pytest.mark.parametrize("name", ["none", "duration", "is_new", "tags", "size", "omit"])
@pytest.mark.parametrize("template", ["{{ %s }}", "v-{{ %s }}", "{{ 'v' ~ %s }}"])
def test_external_id_refuses_ambiguous_values(name, template):
    """`1.10`, `True` or `None` in an id would depend on the program that prints it."""
    field, text = id_problem(RECORD, template % name)

    assert field == "externalId"
    assert "consists of texts and integers, not of" in text


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ '' }}", "is empty"),
        (" {{ '' }}\t", "is empty"),
        ("{{ slug }}\n", "control character U+000A (character 7"),
        ("{{ '\x85' }}x", "control character U+0085"),
        ("{{ nope }}", "`nope` is not in the record"),
    ],
)
def test_external_id_must_be_usable(template, words):
    """Blank ids and ids with control characters are refused."""
    field, text = id_problem(RECORD, template)

    assert (field, words in text) == ("externalId", True)


HIDDEN = ["\ufeff2", "a\u200bb", "a\u200c", "\u200dé", "a\u00adb", "a\u202eb", "a\u2060b"]


HIDDEN += ["a\u3164b", "a\ufdd0b", "a\U0001ffffb", "a\ufe0f", "é\u200d\u200dé", "a\U000e0041b"]


@pytest.mark.parametrize("text", HIDDEN)
@pytest.mark.parametrize("template", [None, "{{ id }}"])
def test_external_id_refuses_invisible_characters(text, template):
    """Two ids that look the same are equal: marks and joiners without effect are refused."""
    _, message = id_problem({"id": text}, template)

    assert "the externalId has the invisible character U+" in message


@pytest.mark.parametrize(
    "text",
    ["می\u200cخواهم", "क्\u200dष", "👩\u200d🚀", "❤\ufe0f\u200d🔥", "1\ufe0f\u20e3", "葛\U000e0100"],
)
def test_external_id_accepts_joiners_of_scripts_and_emoji(text):
    """A joiner between two characters beyond ASCII, or a selector after one, is visible."""
    assert id_of({"id": text}) == text


@pytest.mark.parametrize(("letter", "count"), [("x", 1000), ("é", 500), ("日", 333)])
def test_external_id_has_a_maximum_length(letter, count):
    """The limit is 1,000 bytes of UTF-8, so that a URL with an id stays below 4 kB."""
    assert id_of({"id": letter * count}) == letter * count
    assert "bytes long, at most 1,000 are allowed" in id_problem({"id": letter * (count + 1)})[1]


@pytest.mark.parametrize(
    ("record", "external_id"),
    [
        ({"id": 5}, "5"),
        ({"id": "0012"}, "0012"),
        ({"id": 1, "externalId": "a"}, "a"),
        ({"id": 1, "externalId": None}, "1"),
        ({"id": 18446744073709551615}, "18446744073709551615"),
        ({"id": 12345678901234567890123}, "12345678901234567890123"),
        ({"externalId": -3}, "-3"),
    ],
)
def test_id_of_the_record(record, external_id):
    """Without a template the id is `externalId`, else `id`; the fields do not contain them."""
    mapping = Mapping(external_id=None, fields=None)

    entry = mapping.entry_from(record_of({**record, "url": "u"}))

    assert entry == Entry(3, external_id, {"url": "u"})


@pytest.mark.parametrize(
    ("record", "field", "words"),
    [
        ({"id": 1.10}, "id", "`id` is 1.1, not a text or an integer; put it in quotes"),
        ({"id": True}, "id", "`id` is true"),
        ({"externalId": [1], "id": 1}, "externalId", "`externalId` is a list of 1"),
        ({"id": {}}, "id", "`id` is a mapping of 0"),
        ({"id": "  "}, "id", "is empty"),
        ({"id": "a\u0000b"}, "id", "control character U+0000 (character 2"),
        ({"id": None, "slug": "x"}, "id", "`id` is null"),
        ({}, "id", "nothing is available"),
    ],
)
def test_id_of_the_record_must_be_valid(record, field, words):
    """Other types than text and integer need quotes, and the message says so."""
    result, text = id_problem(record)

    assert (result, words in text) == (field, True)


@pytest.mark.parametrize(
    ("external_id", "fields", "result"),
    [
        (None, {"id": "m-{{ slug }}"}, "m-a-talk"),
        (None, {"externalId": "e-{{ id }}", "id": "m"}, "e-7"),
        (None, {"externalId": None, "id": "m"}, "m"),
        (None, {"id": None}, "7"),
        ("t-{{ id }}", {"id": "m"}, "t-7"),
    ],
)
def test_id_in_the_map(external_id, fields, result):
    """`map.externalId` and `map.id` make the id without a template, and are not fields."""
    mapping = Mapping(external_id=external_id, fields={**fields, "a": 1})

    assert mapping.entry_from(record_of(RECORD)) == Entry(3, result, {"a": 1})


def test_problem_of_an_id_in_the_map_has_its_key():
    """The field of a problem is the key in the map."""
    invalid = Mapping(external_id=None, fields={"id": "{{ nope }}"}).entry_from(record_of(RECORD))

    assert isinstance(invalid, Invalid)
    assert [problem.field for problem in invalid.problems] == ["id"]
