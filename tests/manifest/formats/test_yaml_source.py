"""YAML records that are too large: one invalid record each, within bounded memory."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest

from ld_import.manifest import open_manifest
from ld_import.manifest.base import MAX_RECORD_BYTES, TOO_LARGE, unreadable_record
from ld_import.manifest.files import ByteFile
from ld_import.manifest.formats.yaml import records
from ld_import.model import Record

SIZE = MAX_RECORD_BYTES + 200_000
X = "x" * SIZE
LINES = ("      " + "x" * 93 + "\n") * (SIZE // 100)
# Each is larger than a record may be, and made by the test that needs it.
SHAPES = {
    "quoted": lambda: f'- t: "{X}"\n  u: 1\n',
    "quoted lines": lambda: f'- t: "\n{LINES}  - x"\n  u: 1\n',
    "single quotes": lambda: f"- t: '{X}''\n\n     # no comment\n  '\n",
    "block": lambda: f"- t: |\n{LINES}\n  u:\n    - v\n",
    "folded": lambda: f"-   t: >-\n{LINES}",
    "plain": lambda: f"- t:\n{LINES}  u: 1\n",
    "plain alone": lambda: f"- {X}\n",
    "many values": lambda: "- t:\n" + f"    - {'1' * 900}\n" * (SIZE // 900),
    "one line": lambda: f"- {{a: [1, 2], t: {X}, u: 1}} # - \n",
    "two": lambda: f'- t: "{X}"\n- t: "{X}"\n',
}


def indented(text, by):
    """Indent each line."""
    return "".join(" " * by + line for line in text.splitlines(keepends=True))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_record_that_is_too_large_is_one_invalid_record(write, shape):
    """The records and the header after it are read, with their line numbers."""
    large = SHAPES[shape]()
    line = 4 + large.count("\n")
    text = f"a: 1\nvideos:\n- id: 1\n{large}\n# a comment\n- {{id: 3}}\n- id: 4\nb: [2]\n"
    if shape == "two":
        invalid = [unreadable_record(4, TOO_LARGE), unreadable_record(5, TOO_LARGE)]
    else:
        invalid = [unreadable_record(4, TOO_LARGE)]

    result = list(records(ByteFile(write("a.yaml", text))))

    assert result == [
        Record(3, b'{"id":"1"}'),
        *invalid,
        Record(line + 2, b'{"id":"3"}'),
        Record(line + 3, b'{"id":"4"}'),
    ]


@pytest.mark.parametrize("column", [0, 3])
@pytest.mark.parametrize("end", ["", "\n...\n"])
def test_the_last_record_may_be_too_large(write, column, end):
    """The list and the file end after it."""
    text = indented(f"- id: 1\n- t: {X}", column)

    assert list(open_manifest(write("a.yaml", text + end)).records()) == [
        Record(1, b'{"id":"1"}'),
        unreadable_record(2, TOO_LARGE),
    ]


def test_header_after_a_large_record_is_read(write):
    """An indented list ends where its key ends."""
    text = f"videos:\n  - t: {X}\n  - id: 2\nsystemName: a\n"
    manifest = open_manifest(write("a.yaml", text))

    assert manifest.header.system_name == "a"
    assert list(manifest.records()) == [unreadable_record(2, TOO_LARGE), Record(3, b'{"id":"2"}')]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"[{{t: {X}}}, {{id: 2}}]",
            "line 1: the value or record that starts here is larger than 4,194,304 bytes",
        ),
        (f"[{{id: 1}},\n{{t: {X}}}]", "line 2: the record is larger than 4,194,304 bytes"),
        (
            f"context:\n  t: {X}\nitems: []\n",
            "line 1: the value or record that starts here is larger",
        ),
        (f"# {X}\n[]\n", "line 1: the value or record that starts here is larger"),
        (f"- t: {X}\n- id: [\n", "line 3, column 1: not YAML"),
        (f"- t: {X}\n- id: 1\n---\n- id: 2\n", "line 3, column 1: a second document starts here"),
    ],
)
def test_text_that_cannot_be_skipped_is_an_error(refusal, text, message):
    """Without a known end of the record nothing is guessed."""
    assert refusal("a.yaml", text).startswith(f"a.yaml, {message}")


def test_memory_does_not_grow_with_a_value(tmp_path):
    """A value of hundreds of megabytes fits into a small file."""
    path = tmp_path / "a.yaml.gz"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        packed.write(b"- t: ")
        for _ in range(64):
            packed.write(b"x" * 1_000_000)
        packed.write(b"\n- id: 2\n")

    tracemalloc.start()
    lines = [record.line for record in open_manifest(path).records()]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (lines, peak < 4 * MAX_RECORD_BYTES) == ([1, 2], True)
