"""Maps of plain templates: the entries and problems of the same map rendered by Jinja."""

from __future__ import annotations

import json
from random import Random

import pytest

from ld_import.errors import ManifestError
from ld_import.manifest import Mapping
from ld_import.manifest.templating.closures import Closures
from ld_import.model import Entry, Invalid, Record
from tests.manifest.templating import generated

MAPS = 80
RECORDS = 12
PLAIN = ("{{ title }}", "{{ tags | join(', ') }}", "{{ id }}", "{{ none | default(omit, true) }}")
CONSTANTS: tuple[object, ...] = ("text", 5, None, [], {}, ["a", {"b": 1.5}])
IDS = (None, "v-{{ id }}", "{{ title }}", "{{ slug }}{{ missing }}")


def layout(random, depth=0):
    """Return a value of a map: a template, a constant, or a mapping or list of values."""
    choice = random.random()
    if depth < 3 and choice < 0.2:
        return [layout(random, depth + 1) for _ in range(random.randrange(3))]
    if depth < 3 and choice < 0.4:
        return fields(random, depth + 1)
    if choice < 0.5:
        return random.choice(CONSTANTS)
    return random.choice(PLAIN) if choice < 0.93 else generated.template(random)


def fields(random, depth=0):
    """Return a mapping of a map."""
    names = random.sample(("url", "b", "c.d", "e", ""), random.randrange(1, 5))
    return {name: layout(random, depth) for name in names}


def mapped(records, **options):
    """Return the results for all records as text, so that the order of fields counts."""
    try:
        mapping = Mapping(**options)
    except ManifestError as mistake:
        return [str(mistake)]
    return [repr(mapping.entry_from(record)) for record in records]


# Python warns about `{{ none[1:] }}`, in both cases.
@pytest.mark.no_cover
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_generated_maps_give_the_entries_of_jinja(monkeypatch):
    """Fields, their order, omitted ones, ids and problems are the same."""
    random = Random(8)
    kinds = set()
    for _ in range(MAPS):
        is_table = random.random() < 0.3
        make = generated.row if is_table else generated.record
        records = [
            Record(line, json.dumps(make(random), ensure_ascii=False).encode())
            for line in range(1, RECORDS)
        ]
        options = {
            "external_id": random.choice(IDS),
            "fields": fields(random),
            "columns": generated.COLUMNS if is_table else None,
        }
        ours = mapped(records, **options)
        with monkeypatch.context() as patch:
            patch.setattr(Closures, "of", lambda closures, statement: None)
            assert ours == mapped(records, **options), options
        kinds |= {text.partition("(")[0] for text in ours}
    assert {Entry.__name__, Invalid.__name__} <= kinds


def test_a_map_without_templates():
    """Constants are not shared by entries."""
    mapping = Mapping(external_id=None, fields={"tags": ["a"]})
    one, other = (mapping.entry_from(Record(1, b'{"id":1}')) for _ in range(2))

    assert isinstance(one, Entry)
    assert isinstance(other, Entry)
    one.fields["tags"].append("b")
    assert other.fields == {"tags": ["a"]}
