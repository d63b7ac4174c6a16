"""Paths as expressions of templates."""

from __future__ import annotations

import random

import orjson
import pytest

from ld_import.manifest import Mapping
from ld_import.model import Entry, Record
from ld_import.proposal.paths import expression, is_usable, shown

NAMES = (
    *(
        "title",
        "a b",
        "",
        "it's",
        'say "x"',
        "back\\slash",
        "{{ x }}",
        "{% raw %}",
        "{# c #}",
        "}}",
    ),
    *(
        "line\nbreak",
        "Größe",
        "標題",
        "😀",
        "\u202e",
        "None",
        "true",
        "omit",
        "self",
        "loop",
        "class",
    ),
    *("a.b", "items", "0", "-1", "#", "!!python/object", "x: y", "%s", "is", "not", "\x00"),
)


def value_at(text, record):
    mapping = Mapping(external_id="x", fields={"value": f"{{{{ {text} }}}}"})
    entry = mapping.entry_from(Record(1, orjson.dumps(record)))
    assert isinstance(entry, Entry), entry
    return entry.fields["value"]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_readable(name):
    """A template reads a field of any name, at the top, in an object and in a list."""
    assert value_at(expression((name,)), {name: "v"}) == "v"
    assert value_at(expression(("x", name)), {"x": {name: "v"}}) == "v"
    assert value_at(expression(("x", 0, name)), {"x": [{name: "v"}]}) == "v"


def test_random_names_are_readable():
    """Names of random characters are readable."""
    rng = random.Random(7)
    for _ in range(150):
        name = "".join(chr(rng.choice((rng.randrange(1, 128), 0x20AC, 0x1F600))) for _ in range(9))

        assert value_at(expression((name,)), {name: "v"}) == "v"


@pytest.mark.parametrize(
    "record", [{}, {"a": None}, {"a": {}}, {"a": {"b": None}}, {"a": {"b": []}}]
)
def test_optional_parents(record):
    """A missing parent gives an undefined value, and not an error."""
    path = ("a", "b", 0, "c")
    text = expression(path, optional=[path[:1], path[:2], path[:3]])

    assert value_at(f"{text} | default('none')", record) == "none"
    assert value_at(f"{text} | default('none')", {"a": {"b": [{"c": 7}]}}) == 7


def test_a_field_called_record_hides_the_record():
    """With it, only names that need no quotes are readable."""
    assert not is_usable(("a b",), is_record_hidden=True)
    assert is_usable(("title",), is_record_hidden=True)


def test_shown_to_people():
    """A path is shown with dots and indices."""
    assert shown(("videos", 0, "url")) == "videos[0].url"
