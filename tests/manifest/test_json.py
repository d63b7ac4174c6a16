"""A JSON document: the body of a documented request is a manifest."""

from __future__ import annotations

import pytest

from ld_import.errors import ManifestError
from ld_import.manifest import Mapping, open_manifest
from ld_import.model import Entry, Record

BODY = """{
  "systemName": "archive",
  "videos": [
    {"id": "a", "title": "\\ud83d\\ude00"},

    {"id": "b",
     "title": 2}
  ],
  "context": {"big": 123456789012345678901, "n": [1, 1.5]}
}
"""


def test_request_body_is_a_manifest(write):
    """Header and records are found wherever they stand; a record is the exact slice of text."""
    manifest = open_manifest(write("a.json", BODY))

    assert manifest.header.system_name == "archive"
    assert manifest.header.context == {"big": "123456789012345678901", "n": [1, 1.5]}
    assert manifest.header.list_key == "videos"
    assert list(manifest.records()) == [
        Record(4, b'{"id": "a", "title": "\\ud83d\\ude00"}'),
        Record(6, b'{"id": "b",\n     "title": 2}'),
    ]


def test_surrogate_pairs_are_one_character(write):
    """JSON's escapes mean what JSON says, which a YAML parser does not know."""
    first, _ = open_manifest(write("a.json", BODY)).records()

    entry = Mapping(external_id=None, fields=None).entry_from(first)

    assert entry == Entry(4, "a", {"title": "\U0001f600"})


def test_bare_list_is_records_only(write):
    """A list has no header; elements of every kind are passed on to be judged one by one."""
    manifest = open_manifest(write("a.json", '\ufeff[{"id":1}, 5 ,\n"x"]'))

    assert list(manifest.records()) == [Record(1, b'{"id":1}'), Record(1, b"5"), Record(2, b'"x"')]


@pytest.mark.parametrize(
    "text", ["[]", " [ ] \n", '{"items": []}', '{"items":[ ],"systemName":"x"}']
)
def test_empty_list_is_no_record(write, text):
    """Nothing to import is not an error."""
    assert list(open_manifest(write("a.json", text)).records()) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "a.json: the file is empty"),
        ("5", "a.json, line 1, column 1: a manifest is a list"),
        ("[1,\n  2 3]", "a.json, line 2, column 5: `,` or `]` is missing"),
        ("[1, ]", "a.json, line 1, column 5: Expecting value"),
        ("[\nNaN]", "a.json, line 2, column 1: in the value that starts here: NaN is not JSON"),
        ('{"a" 1}', "a.json, line 1, column 6: `:` is missing"),
        ('{"a": 1,}', "a.json, line 1, column 9: a key in double quotes"),
        ('{"items": [],\n "items": []}', "a.json, line 2, column 2: the key `items` stands"),
        ('{"id":1}\n{"id":2}', "a.json, line 2, column 1: something follows the end"),
        ("[" * 100_000, "a.json, line 1, column 2: lists and mappings stand too deep"),
        ('["a\nb"]', "a.json, line 1, column 4: Invalid control character at"),
        ("{}", "a.json: there are no records"),
    ],
)
def test_broken_documents_are_placed(refusal, text, sentence):
    """A document is JSON from end to end, or an error with line and column before any record."""
    assert refusal("a.json", text).startswith(sentence)


def test_other_encodings_are_placed(refusal):
    """A byte that is not UTF-8 is named by line and column."""
    sentence = refusal("a.json", '[\n "é"]'.encode("latin-1"))

    assert sentence == "a.json, line 2, column 3: the text is not UTF-8"


def test_long_number_in_a_record_is_no_reason_to_stop(write):
    """Python refuses to read 5,000 digits; they are the record's trouble, not the file's."""
    path = write("a.json", '[{"n": %s}]' % ("1" * 5000))

    assert len(list(open_manifest(path).records())) == 1


def test_broken_gzip_is_an_error_of_the_manifest(write):
    """A JSON document that cannot be unpacked is refused at once."""
    path = write("b.json.gz", "[1]")
    path.write_bytes(path.read_bytes()[:-4])

    with pytest.raises(ManifestError, match="ends too early"):
        open_manifest(path)
