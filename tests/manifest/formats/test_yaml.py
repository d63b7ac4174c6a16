"""YAML: read as events, typed by the rules of JSON, errors with line and column."""

from __future__ import annotations

import json
import tracemalloc

import pytest
import yaml

from ld_import.errors import ManifestError
from ld_import.manifest import open_manifest
from ld_import.manifest.files import ByteFile
from ld_import.manifest.formats.yaml import records, survey
from ld_import.model import Record


@pytest.fixture
def values(write):
    """Read YAML records and parse their JSON."""

    def values(text):
        return [json.loads(item.raw) for item in open_manifest(write("a.yaml", text)).records()]

    return values


@pytest.mark.parametrize(
    "text",
    ["0012", "no", "yes", "on", "12:30", "2024-01-01", "1_000", "0x1F", "0o17", ".5", "1.", "+1"]
    + ["True", "NULL", ".inf", ".nan", "1e", "-a", "1.2.3", "2001-12-14t21:59:43", "١"],
)
def test_values_that_are_not_json_remain_text(values, text):
    """YAML 1.1 would read these legacy ids and titles as 10, False, 750, a date and 1000."""
    assert values(f"- {{a: {text}}}\n") == [{"a": text}]


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("-12", -12), ("1.50", 1.5), ("1e3", 1000.0), ("-0.5E-2", -0.005), ("true", True)]
    + [("false", False), ("null", None), ("~", None), ("", None)]
    + [("18446744073709551615", 2**64 - 1), ("-9223372036854775808", -(2**63))],
)
def test_json_words_and_numbers_are_typed(values, text, value):
    """A plain scalar in JSON syntax has the type of JSON; in quotes it is text."""
    result = values(f"- a: {text}\n  b: '{text}'\n  c: [{text or '~'}]\n")

    assert result == [{"a": value, "b": text, "c": [value]}]


@pytest.mark.parametrize(
    "text", ["18446744073709551616", "-9223372036854775809", "1" * 30, "1e999", "-1.5e400"]
)
def test_numbers_that_would_be_rounded_remain_text(values, text):
    """Silent rounding would change data."""
    assert values(f"- a: {text}\n") == [{"a": text}]


@pytest.mark.parametrize("text", ["1.10", "1e5", "true", "007", "12345678901234567890123", "-0"])
def test_ids_keep_their_source_text(values, text):
    """An id is text, whatever it looks like; only `null` is not an id."""
    result = values(
        f"- id: {text}\n- {{externalId: {text}, a: {{id: 2}}}}\n- {{x: &x {text}, id: *x}}\n"
        f"- id: &y {text}\n- id: *y\n- id: null\n- id: &n ~\n- id: *n\n- id: !!str {text}\n"
    )

    assert [next(iter(item.values())) for item in result[:2]] == [text, text]
    assert result[1]["a"] == {"id": 2}
    assert [item["id"] for item in result[2:5]] == [text] * 3
    assert [item["id"] for item in result[5:]] == [None, None, None, text]


@pytest.mark.parametrize(
    ("text", "value"),
    [("!!str 5", "5"), ("! 5", "5"), ("!!str true", "true"), ("!!int 5", 5), ("!!float 1.5", 1.5)]
    + [("!!float 1", 1), ("!!bool true", True), ("!!null ~", None), ("!!map {a: 1}", {"a": 1})]
    + [("!!seq [1]", [1]), ("!!str", "")],
)
def test_core_tags_are_accepted(values, text, value):
    """A tag that confirms the type of the value, or makes it text, is valid."""
    assert values(f"- {text}\n") == [value]


@pytest.mark.parametrize(
    "text",
    ["!!binary aGk=", "!!int 0x1F", "!!int '5'", "!!float .inf", "!!bool yes", "!!null none"]
    + ["!mine x", "!!python/name:os.system ''", "!!timestamp 2024-01-01", "!!set {a}", "!x [1]"],
)
def test_other_tags_are_refused(refusal, text):
    """A tag without a JSON type is an error before any record is read."""
    message = refusal("a.yaml", f"- 1\n- a: {text}\n")

    assert message.startswith("a.yaml, line 2, column 6: the tag `!")


def test_record_line_is_its_first_line(write):
    """Comments and blank lines count; header keys may follow the list."""
    text = "# c\nitems:\n- a: 1\n  b: 2\n\n# c\n-\n  a: 2\n- [\n  1]\nsystemName: x\n"
    manifest = open_manifest(write("a.yml", text))

    assert [record.line for record in manifest.records()] == [3, 8, 9]
    assert manifest.header.system_name == "x"


def test_keys_become_their_text(values):
    """Keys of JSON are texts; a key keeps its source text."""
    result = values("- {2024: a, null: b, true: c, 'x': d, 1.10: e, ? !!str f : g, ? &k k : h}\n")

    assert result == [
        {"2024": "a", "null": "b", "true": "c", "x": "d", "1.10": "e", "f": "g", "k": "h"}
    ]


@pytest.mark.parametrize("text", ["? [a]\n  : 1", "? {a: 1}\n  : 1", "x: &l [1]\n  *l : 2"])
def test_other_keys_are_refused(refusal, text):
    """A list cannot be a key."""
    assert "a key must be a text" in refusal("a.yaml", f"- {text}\n")


def test_unquoted_template_is_explained(write):
    """The most frequent mistake in a map has its own advice."""
    with pytest.raises(ManifestError) as caught:
        open_manifest(write("a.yaml", "items: []\nmap:\n  url: {{ title }}\n"))

    assert 'in quotes: "{{ title }}"' in caught.value.hint


@pytest.mark.parametrize("text", ["- a: 1\n  b: 2\n  a: 3\n", "- b: {c: 1,\n  d: 2, c: 3}\n"])
def test_repeated_keys_are_refused(refusal, text):
    """Using the last one silently would lose data."""
    assert "is repeated" in refusal("a.yaml", text)


def test_repeated_header_keys_are_refused(refusal):
    """The same rule applies to the header."""
    message = refusal("a.yaml", "items: []\nsystemName: a\nsystemName: b\n")

    assert message == "a.yaml, line 3, column 1: the key `systemName` is repeated"


def test_anchors_are_valid_across_records(values):
    """An alias refers to the latest anchor of its name, also in an earlier record or the header."""
    result = values(
        "context: {who: &who Ann}\nitems:\n- &one {a: &n 1.50, b: *n}\n"
        "- {a: *who, *n : 2}\n- *one\n"
        "- {a: &n 2, b: *n}\n"
    )

    assert result == [
        {"a": 1.5, "b": 1.5},
        {"a": "Ann", "1.50": 2},
        {"a": 1.5, "b": 1.5},
        {"a": 2, "b": 2},
    ]


def test_merge_keys_are_followed(values):
    """`<<` merges defaults: keys of the mapping take precedence, then the first source."""
    result = values(
        "- &a {x: 1, y: 1, id: 1.10}\n- &b {y: 2, z: 2}\n"
        "- {y: 0, <<: *a}\n- {<<: [*a, *b]}\n- {'<<': 5}\n"
    )

    assert result[2:] == [
        {"x": 1, "y": 0, "id": "1.10"},
        {"x": 1, "y": 1, "id": "1.10", "z": 2},
        {"<<": 5},
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- {<<: 5}\n", "must be a mapping"),
        ("- &a {x: 1}\n- {<<: *a, <<: *a}\n", "is repeated"),
        ("- &a [*a]\n", "no anchor `&a`"),
        ("- *b\n", "no anchor `&b`"),
    ],
)
def test_aliases_without_an_anchor(refusal, text, words):
    """An alias without a complete anchor is an error before any record is read."""
    assert words in refusal("a.yaml", text)


def test_billion_laughs_are_stopped(refusal):
    """A few lines of aliases cannot expand to more values than memory holds."""
    lines = ["- a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"  {name}: &{name} [{', '.join([f'*{before}'] * 10)}]")

    assert "expand to more than 100000 values" in refusal("a.yaml", "\n".join(lines))


def test_long_texts_count_as_many_values(refusal):
    """A huge text repeated by aliases is the same attack."""
    text = f"- a: &a {{t: {'x' * 300_000}}}\n  b: [{', '.join(['*a'] * 100)}]\n"

    assert "expand to more than" in refusal("a.yaml", text)


def test_only_the_latest_used_anchors_are_kept(values, refusal):
    """Memory stays flat with an anchor in every record; a used anchor remains defined."""
    used = "- &keep x\n" + "".join(f"- {{a: &n{n} {n}, b: *keep}}\n" for n in range(3000))
    unused = "- &drop x\n" + "".join(f"- &n{n} {n}\n" for n in range(1000)) + "- *drop\n"

    assert values(used)[-1] == {"a": 2999, "b": "x"}
    assert "no anchor `&drop`" in refusal("a.yaml", unused)


@pytest.mark.parametrize("text", ["[" * 300 + "]" * 300, "- " * 250 + "x", "- " + "{a: " * 300])
def test_depth_is_bounded(refusal, text):
    """Deep nesting is an error with a message, never a crash."""
    assert "nested deeper than 200 levels" in refusal("a.yaml", text)


def test_depth_through_aliases_is_bounded(refusal):
    """Aliases cannot build values that are too deep for JSON."""
    deep = "- &a " + "[" * 150 + "]" * 150 + "\n- " + "[" * 150 + "*a" + "]" * 150 + "\n"

    assert refusal("a.yaml", deep).startswith("a.yaml, line 2: JSON cannot represent this record")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.yaml: the file is empty"),
        ("# nothing\n", "a.yaml: the file has no content"),
        ("---\n", "a.yaml: the file has no content"),
        ("hello\n", "a.yaml, line 1, column 1: a manifest is a list"),
        ("- a: b: c\n", "a.yaml, line 1, column 7: not YAML: there is a second `: ` in this line"),
        (
            "- a\n- 'b\n",
            "a.yaml, line 3, column 1: not YAML: the text in quotes that begins in line 2 is not",
        ),
        ("- a\n---\n- b\n", "a.yaml, line 2, column 1: a second document starts here"),
        (
            "- a\n- ä\x07\n",
            "a.yaml, line 2, column 4: YAML does not allow the control character U+0007",
        ),
        (
            "- a\n- \x9d\n",
            "a.yaml, line 2, column 3: YAML does not allow the control character U+009D",
        ),
        (b"- \xc3\xa4\n- \xc3\xa4b\xff\n", "a.yaml, line 2, column 5: the text is not UTF-8"),
        ("- a\n".encode("utf-16"), "a.yaml: the text is UTF-16"),
        (
            "context: &c [1]\nitems: *c\n",
            "a.yaml, line 2, column 8: `items` must be a list of records, not an alias",
        ),
    ],
)
def test_invalid_files_are_errors_with_a_position(refusal, text, message):
    """The whole file is valid, or an error with its position before any record is read."""
    assert refusal("a.yaml", text).startswith(message)


def test_error_at_the_end_comes_before_the_first_record(write):
    """An invalid last line stops the import before anything is sent."""
    path = write("a.yaml", "- {id: 1}\n" * 5000 + "- {id: [}\n")

    with pytest.raises(ManifestError, match="line 5001"):
        open_manifest(path)


def test_file_that_breaks_after_the_survey(write):
    """The surveyed content is imported, even if the file changes later."""
    manifest = open_manifest(write("a.yaml", "- 1\n"))
    write("a.yaml", "- 1\n- [\n")

    assert list(manifest.records()) == [Record(1, b"1")]


def test_truncated_gzip_is_an_error_of_the_manifest(write):
    """The survey reads to the end, so a missing end is found before any record is read."""
    path = write("a.yaml.gz", "".join(f"- id: {n * 7919**5}\n" for n in range(20_000)))
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(ManifestError, match=r"after line \d+: the gzip data ends too early"):
        open_manifest(path)


def test_parser_without_c_reads_the_same(write):
    """PyYAML without libyaml is slower, but gives the same records."""
    text = "items:\n- &a {id: 1.10, x: [0012, ! 5, !!int 3, 'é']}\n- <<: *a\n  y: |\n    z\n"
    file = ByteFile(write("a.yaml", text))

    assert list(records(file, yaml.BaseLoader)) == list(records(file))
    assert survey(file, yaml.BaseLoader) == survey(file)


def test_parser_without_c_refuses_lone_surrogates(write):
    """A lone surrogate is not text; the parser in Python accepts it, the format does not."""
    file = ByteFile(write("a.yaml", '- "\\ud800"\n'))

    with pytest.raises(ManifestError, match="line 1: JSON cannot represent this record"):
        list(records(file, yaml.BaseLoader))


@pytest.mark.parametrize("head", ["", "systemName: x\nitems:\n"])
def test_memory_stays_flat(tmp_path, head):
    """Memory does not grow with the file, for a bare list and for a list in a header."""
    path = tmp_path / "big.yaml"
    path.write_text(head + f"- id: 1\n  text: {'x' * 20_000}\n" * 1000)
    manifest = open_manifest(path)

    tracemalloc.start()
    count = sum(1 for _ in manifest.records())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (count, peak < 2_000_000) == (1000, True)


def test_real_records_equal_the_loader(real_data):
    """200 real records equal those of the PyYAML loader, except that ids are texts."""
    path = real_data / "pyvideo-small.yaml"
    loaded = yaml.load(path.read_bytes(), yaml.CSafeLoader)

    result = [json.loads(record.raw) for record in open_manifest(path).records()]

    assert len(result) == 200
    assert result == [{**item, "id": str(item["id"])} if "id" in item else item for item in loaded]


def test_invisible_characters_are_data(values):
    """Marks and joiners of real titles are data, also a byte order mark inside a text."""
    text = "a\u200b\u00ad\u200d\ufeff\u200e\ufffd\U0001f600e\u0301"

    assert values(f"- {text}\n- '{text}'\n") == [text, text]


def test_each_call_starts_at_the_first_record(write):
    """`records()` can be called several times."""
    manifest = open_manifest(write("a.yaml", "- 1\n- 2\n"))
    first = manifest.records()
    next(first)

    assert list(manifest.records()) == [Record(1, b"1"), Record(2, b"2")]
    assert list(first) == [Record(2, b"2")]
