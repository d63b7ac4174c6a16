"""Options of formats: from the caller, else from the header of the manifest."""

from __future__ import annotations

import io
from pathlib import Path

import orjson
import pytest

from ld_import.errors import ManifestError, UsageError
from ld_import.manifest import open_manifest


def fields(manifest):
    return [orjson.loads(record.raw) for record in manifest.records()]


@pytest.mark.parametrize(
    ("sign", "delimiter"),
    [(";", ";"), ("|", "|"), ("\t", "\t"), ("\t", "tab"), ("\t", "\\t"), (",", ","), ("^", "^")],
)
def test_delimiter_of_a_csv(write, sign, delimiter):
    """It replaces the detected one, and cells may still be quoted."""
    text = f'id{sign}a,b;c\n1{sign}"x{sign}""y"""\n'.replace("a,b;c", '"a,b;c"')

    manifest = open_manifest(write("a.csv", text), delimiter=delimiter)

    assert fields(manifest) == [{"id": "1", "a,b;c": f'x{sign}"y"'}]


def test_delimiter_of_standard_input(write):
    """The option works as for a file."""
    manifest = open_manifest(Path("-"), "csv", io.BytesIO(b"id|t\n1|a,b\n"), delimiter="|")

    assert fields(manifest) == [{"id": "1", "t": "a,b"}]


@pytest.mark.parametrize("named", ["|", ","])
def test_option_takes_precedence_over_a_line_that_names_the_delimiter(write, named):
    """The line is skipped in any case."""
    manifest = open_manifest(write("a.csv", f"sep={named}\nid|t\n1|a,b\n"), delimiter="|")

    assert fields(manifest) == [{"id": "1", "t": "a,b"}]


def test_delimiter_in_the_header_of_a_manifest(write):
    """It applies to the source; an option of the caller takes precedence."""
    write("a.csv", "id|t;u\n1|a,b\n")
    path = write("m.yaml", 'source: a.csv\ndelimiter: "|"\n')

    assert fields(open_manifest(path)) == [{"id": "1", "t;u": "a,b"}]
    (record,) = open_manifest(path, delimiter=";").records()
    assert record.problem is not None
    assert record.problem.text.startswith("the row has 1 cell, the header has 2 columns")


@pytest.mark.parametrize("value", ['"a"', '"\\""', '";;"', "1", '""', '" "', '"\\n"', "[]"])
def test_header_with_another_delimiter_is_refused(write, refusal, value):
    """One ASCII character that is not a letter, digit, blank or quote, or its name."""
    write("a.csv", "id\n1\n")

    text = refusal("m.yaml", f"source: a.csv\ndelimiter: {value}\n")

    assert text.startswith('m.yaml: line 2: `delimiter` must be one character such as ";", or tab')


@pytest.mark.parametrize("delimiter", ["", "ab", "a", "1", '"', " ", "\n", "\r", "§", "\0"])
def test_other_delimiters_are_usage_errors(write, delimiter):
    """The message shows the value."""
    with pytest.raises(UsageError, match="--delimiter is .*, not a delimiter"):
        open_manifest(write("a.csv", "id\n1\n"), delimiter=delimiter)


@pytest.mark.parametrize("name", ["a.tsv", "a.jsonl", "a.yaml", "a.json"])
def test_option_for_another_format_is_a_usage_error(write, name):
    """An option that did nothing would hide a mistake."""
    content = "id\n1\n" if name == "a.tsv" else "[]"

    with pytest.raises(UsageError, match=r"--delimiter applies to a \.csv file, and .* is another"):
        open_manifest(write(name, content), delimiter=";")


def test_option_for_a_source_of_another_format(write, refusal):
    """The header and the caller have the same rule."""
    write("a.jsonl", "{}\n")
    path = write("m.yaml", "source: a.jsonl\n")

    with pytest.raises(UsageError, match="--sheet applies to an .xlsx file"):
        open_manifest(path, sheet="Photos")
    assert refusal("n.yaml", "source: a.jsonl\ndelimiter: tab\n").startswith(
        "n.yaml, line 1: `source`: `delimiter` applies to a .csv file"
    )
    assert "line 2: `sheet` needs a `source`" in refusal("o.yaml", "items: []\nsheet: Photos\n")


@pytest.mark.parametrize(
    ("text", "words", "advice"),
    [
        ("id;url;a, b\n", "the header row seems to be split at `;`, not at `,`", "--delimiter ';'"),
        ("id\turl\n", "split at a tab", "--delimiter 'tab'"),
        ("id|url\n", "split at `|`", "--delimiter '|'"),
        ('"id;url"\n', "the whole header row is one quoted cell that contains `;`", "quotes"),
    ],
)
def test_header_row_of_another_delimiter_is_refused(write, text, words, advice):
    """All names would be one column, and each record would lack its id."""
    with pytest.raises(ManifestError) as caught:
        open_manifest(write("a.csv", text))

    assert words in str(caught.value)
    assert advice in caught.value.hint
    assert list(open_manifest(write("a.csv", text), delimiter=",").records()) == []


@pytest.mark.parametrize("text", ["id,a;b\n", "id,a|b,c|d\n", '"a;b;c",id\n', "id\n"])
def test_a_few_other_delimiters_in_names_are_names(write, text):
    """A header row with as many columns as these is split well."""
    assert open_manifest(write("a.csv", text)).columns
