"""JSON documents: the body of a documented request is a manifest."""

from __future__ import annotations

import gzip
import tracemalloc

import orjson
import pytest

from ld_import.errors import ManifestError
from ld_import.manifest import Mapping, open_manifest
from ld_import.manifest.base import MAX_RECORD_BYTES, TOO_LARGE, unreadable_record
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
    """Header and records are found in any order; a record is the exact slice of text."""
    manifest = open_manifest(write("a.json", BODY))

    assert manifest.header.system_name == "archive"
    assert manifest.header.context == {"big": "123456789012345678901", "n": [1, 1.5]}
    assert manifest.header.list_key == "videos"
    assert list(manifest.records()) == [
        Record(4, b'{"id": "a", "title": "\\ud83d\\ude00"}'),
        Record(6, b'{"id": "b",\n     "title": 2}'),
    ]


def test_surrogate_pairs_are_one_character(write):
    """JSON escapes have the meaning of JSON, which a YAML parser does not implement."""
    first, _ = open_manifest(write("a.json", BODY)).records()

    entry = Mapping(external_id=None, fields=None).entry_from(first)

    assert entry == Entry(4, "a", {"title": "\U0001f600"})


def test_bare_list_is_records_only(write):
    """A list has no header; each element becomes a record, whatever its type."""
    manifest = open_manifest(write("a.json", '\ufeff[{"id":1}, 5 ,\n"x"]'))

    assert list(manifest.records()) == [Record(1, b'{"id":1}'), Record(1, b"5"), Record(2, b'"x"')]


@pytest.mark.parametrize(
    "text", ["[]", " [ ] \n", '{"items": []}', '{"items":[ ],"systemName":"x"}']
)
def test_empty_list_has_zero_records(write, text):
    """Nothing to import is not an error."""
    assert list(open_manifest(write("a.json", text)).records()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.json: the file is empty"),
        ("5", "a.json, line 1, column 1: a manifest is a list"),
        ("[1,\n  2 3]", "a.json, line 2, column 5: `,` or `]` is missing"),
        ("[1, ]", "a.json, line 1, column 5: a value must follow here"),
        ("[\nNaN]", "a.json, line 2, column 1: in the value that starts here: NaN is not JSON"),
        ('{"a" 1}', "a.json, line 1, column 6: `:` is missing"),
        (r'["a\b\q"]', "a.json, line 1, column 6: `\\` begins an escape sequence"),
        ('["a]', "a.json, line 1, column 2: the text that begins here is not closed"),
        ('{"a": 1,}', "a.json, line 1, column 9: a key in double quotes"),
        ('{"items": [],\n "items": []}', "a.json, line 2, column 2: the key `items` is repeated"),
        ('{"id":1}\n{"id":2}', "a.json, line 2, column 1: there is text after the end"),
        ("[" * 100_000, "a.json, line 1, column 2: lists and mappings are nested too deeply"),
        ('["a\nb"]', "a.json, line 1, column 4: a text has a line break"),
        ("{}", "a.json: the key with the records is missing"),
    ],
)
def test_invalid_documents_are_errors_with_a_position(refusal, text, message):
    """The whole document is valid JSON, or an error with line and column before any record."""
    assert refusal("a.json", text).startswith(message)


def test_other_encodings_are_errors_with_a_position(refusal):
    """A byte that is not UTF-8 is reported with line and column."""
    message = refusal("a.json", '[\n "é"]'.encode("latin-1"))

    assert message == "a.json, line 2, column 3: the text is not UTF-8"


def test_long_number_makes_one_record_invalid(write):
    """Python refuses integers of 5,000 digits; that is a problem of the record, not of the file."""
    path = write("a.json", '[{"n": %s}]' % ("1" * 5000))

    assert len(list(open_manifest(path).records())) == 1


def test_damaged_gzip_is_an_error_of_the_manifest(write):
    """A JSON document that cannot be unpacked is refused at once."""
    path = write("b.json.gz", "[1]")
    path.write_bytes(path.read_bytes()[:-4])

    with pytest.raises(ManifestError, match="ends too early"):
        open_manifest(path)


def padded(size, **fields):
    """Return the JSON text of a record of this size in bytes."""
    text = orjson.dumps({**fields, "t": ""}).decode()
    return text[:-2] + "x" * (size - len(text)) + text[-2:]


@pytest.mark.parametrize(
    "large",
    [
        lambda: '{"t":"%s\\\\","u":"\\"]}"}' % ("x" * 9_000_000),
        lambda: '"%s"' % ('\\\\\\"]' * 2_000_000),
        lambda: "[%s1]" % (('"%s",[],' % ("]" * 8000)) * 1200),
        lambda: "5" * 9_000_000,
        lambda: '{"a":[{"t":"%s"}],"b":{}}' % ("é" * 2_500_000),
        lambda: padded(MAX_RECORD_BYTES + 1),
    ],
    ids=["object", "escapes", "list", "digits", "two bytes", "one byte more"],
)
def test_an_element_that_is_too_large_is_one_invalid_record(write, large):
    """It is skipped; the records around it keep their line numbers."""
    text = f'{{"videos":[\n{{"id":1}},\n{large()} ,\n{{"id":3}}], "systemName": "a"}}'
    manifest = open_manifest(write("a.json", text))

    assert manifest.header.system_name == "a"
    assert list(manifest.records()) == [
        Record(2, b'{"id":1}'),
        unreadable_record(3, TOO_LARGE),
        Record(4, b'{"id":3}'),
    ]


def test_records_anywhere_in_a_large_document_are_exact(write):
    """The text in memory ends inside tokens, white space, texts and multi-byte characters."""
    rows = [padded(MAX_RECORD_BYTES - 10 - n, id=n, s='é"\\\U0001f600', b=True) for n in range(4)]
    text = " [\n" + ("," + " " * 3_000_000 + "\n").join(rows) + "\n]\n"

    records = list(open_manifest(write("a.json", text)).records())

    assert records == [Record(2 + n, row.encode()) for n, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("tail", "message"),
    [
        ('{"id" 2}]', "line 3, column 7: `:` is missing here"),
        ("5 6]", "line 3, column 3: `,` or `]` is missing here"),
        ('"\n"]', "line 3, column 2: a text has a line break"),
    ],
)
def test_positions_far_inside_a_document(refusal, tail, message):
    """Line and column are those of the file, however much was read before."""
    text = f"[{padded(5_000_000)},\n{padded(9_000_000)},\n{tail}"

    assert refusal("a.json", text).startswith(f"a.json, {message}")


def test_position_far_inside_a_line(refusal):
    """A document is often one line."""
    text = "[" + padded(9_000_000) + ', "é" 5]'

    assert refusal("a.json", text) == "a.json, line 1, column 9000008: `,` or `]` is missing here"
    assert "line 1, column 9000005: the text is not UTF-8" in refusal(
        "a.json", text.encode("latin-1")
    )


def test_header_value_that_is_too_large_is_an_error(refusal):
    """A header is held in memory."""
    message = refusal("a.json", '{"context": {"t": "%s"}, "items": []}' % ("x" * 12_000_000))

    assert message == (
        "a.json, line 1, column 13: the value that starts here is larger than 4,194,304 bytes"
    )


def test_repeated_key_in_the_header_is_an_error(refusal):
    """At any depth: either of the values could be the intended one."""
    message = refusal("a.json", '{"context": {"a": {"b": 1, "b": 2}}, "items": []}')

    assert message.startswith("a.json, line 1, column 13: in the value that starts here: the key")


def test_memory_does_not_grow_with_the_document(tmp_path):
    """Neither with many records nor with a large one."""
    path = tmp_path / "a.json.gz"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        packed.write(b'[{"id":1,"t":"')
        for _ in range(48):
            packed.write(b"x" * 1_000_000)
        packed.write(b'"}')
        for _ in range(20):
            packed.write(b',\n{"id":1,"t":"%b"}' % (b"x" * 1_000_000))
        packed.write(b"]")

    tracemalloc.start()
    count = sum(1 for _ in open_manifest(path).records())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (count, peak < 40_000_000) == (21, True)


@pytest.mark.parametrize(
    "text",
    [
        '{"assets": [\n{"id": 1}, {"id": 2}]}',
        '{"total": 2, "assets": [\n{"id": 1}, {"id": 2}], "facets": [], "next": null}',
        '{"total": 2, "items": [\n{"id": 1}, {"id": 2}]}',
    ],
)
def test_an_answer_of_another_system_holds_records(write, text):
    """The only list of objects has the records; the file can be the source of a manifest."""
    dam = write("dam.json", text)

    for path in (dam, write("m.yaml", "systemName: x\nsource: dam.json\n")):
        manifest = open_manifest(path)
        assert list(manifest.records()) == [Record(2, b'{"id": 1}'), Record(2, b'{"id": 2}')]


def test_a_list_under_a_key_of_a_manifest(write):
    """A mapping with nothing but a list of records can be the source of a manifest."""
    write("dam.json", '{"items": [\n{"id": 1}]}')

    manifest = open_manifest(write("m.yaml", "systemName: x\nsource: dam.json\n"))

    assert list(manifest.records()) == [Record(2, b'{"id": 1}')]


def test_several_lists_of_objects(refusal):
    """Two lists of objects are an error that names them."""
    message = refusal("dam.json", '{"assets": [{"id": 1}], "folders": [{"id": 2}]}')

    assert message == "dam.json: there are several lists of records: `assets`, `folders`"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"systemName": "x", "assets": [{"id": 1}]}', "`assets` is not a key"),
        ('{"sytemName": "x", "videos": [{"id": 1}]}', "did you mean `systemName`"),
        ('{"total": 2, "assets": [1, 2]}', "`assets` is not a key"),
    ],
)
def test_a_manifest_with_a_mistake_is_not_an_answer(refusal, text, named):
    """A key of a header, or nearly one, keeps the messages about manifests."""
    assert named in refusal("m.json", text)
