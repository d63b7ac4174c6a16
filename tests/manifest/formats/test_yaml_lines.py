"""Lines of keys, for messages about a configuration."""

from __future__ import annotations

import pytest

from ld_import.errors import ManifestError
from ld_import.manifest import read_mapping

TEXT = """\
# Where to import to.
profile: a
profiles:
  a:
    server: https://a.example
    "tokenFile": |
      several
      lines
  a.b: {server: x,
        project: y}
list:
- one: 1
- [{two: 2}]
one: &name {in: 1}
two: *name
three:
  <<: *name
four: &name 4
last: *name
"""


def test_lines_of_keys(write):
    """Each key and list element has its line, identified by all keys around it."""
    values, lines = read_mapping(write("a.yaml", TEXT))

    assert values["profiles"]["a.b"] == {"server": "x", "project": "y"}
    assert lines == {
        ("profile",): 2,
        ("profiles",): 3,
        ("profiles", "a"): 4,
        ("profiles", "a", "server"): 5,
        ("profiles", "a", "tokenFile"): 6,
        ("profiles", "a.b"): 9,
        ("profiles", "a.b", "server"): 9,
        ("profiles", "a.b", "project"): 10,
        ("list",): 11,
        ("list", "0"): 12,
        ("list", "0", "one"): 12,
        ("list", "1"): 13,
        ("list", "1", "0"): 13,
        ("list", "1", "0", "two"): 13,
        ("one",): 14,
        ("one", "in"): 14,
        ("two",): 15,
        ("three",): 16,
        ("three", "<<"): 17,
        ("four",): 18,
        ("last",): 19,
    }


def test_key_by_an_alias(write):
    """A key that is an alias has a value and does not change other lines."""
    values, lines = read_mapping(write("a.yaml", "a: &key b\nc:\n  *key : 1\n  d: 2\n"))

    assert values["c"] == {"b": 1, "d": 2}
    assert lines["c", "d"] == 4


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "a: [\n", "a: *b\n", "[]\n", "", "a: &b [*b]\n"])
def test_invalid_mapping(write, text):
    """A file that is not a valid manifest raises the same error with a position."""
    with pytest.raises(ManifestError):
        read_mapping(write("a.yaml", text))
