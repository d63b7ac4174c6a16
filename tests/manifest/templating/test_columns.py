"""Columns: the entries and problems of records that are mapped one by one."""

from __future__ import annotations

import json
from random import Random

import pytest

from ld_import.manifest import Mapping
from ld_import.manifest.base import Columns
from ld_import.manifest.templating.column_map import ColumnMap
from ld_import.model import Entry, Invalid, Record

ROUNDS = 150
TEMPLATES = (
    "{{ title }}", "{{ id }}", "{{ flag }}", "{{ size.w }}", "{{ size.items.name }}",
    "{{ tags | join }}", "{{ tags | join(', ') }}", "{{ size.list | join('%s') }}", "{{ slug }}%",
    "%s {{ title }} {{ slug }}", "{{ title }}{{ tags | join('-') }}{# note #}",
)  # fmt: skip
OTHERS = ("{{ title | upper }}", "{{ record.title }}", "{{ omit }}", "{{ tags[0] }}", "{{ größe }}")
CONSTANTS: tuple[object, ...] = ("text", 5, 1.5, None, True, [], {}, ["a", {"b": None}])
IDS = (None, "v-{{ slug }}", "{{ slug }}{{ title }}", "{{ id }}")
ODD: tuple[object, ...] = (
    None,
    7,
    1.5,
    True,
    "",
    " ",
    "é\u200b",
    "x" * 300,
    [],
    ["a", None],
    {},
    {"w": "v"},
    "\n",
)


@pytest.fixture(name="outcomes")
def fixture_outcomes(monkeypatch):
    """Return a list of whether columns had the values of the records, for each call."""
    outcomes = []
    mapped = ColumnMap.mapped

    def observed(columns, *arguments):
        result = mapped(columns, *arguments)
        outcomes.append(result is not None)
        return result

    monkeypatch.setattr(ColumnMap, "mapped", observed)
    return outcomes


def usual(random, line):
    """Return a record as most are."""
    size = {"w": random.choice("abc"), "items": {"name": "n"}, "list": random.choices("xy", k=2)}
    return {
        "title": random.choice(("A film", "Ünder", "%s {{ id }}")),
        "slug": f"film-{line}",
        "id": line,
        "flag": random.choice((True, None, 2**63, "text")),
        "tags": random.choices(("a", "b"), k=random.randrange(3)),
        "size": size,
    }


def changed(random, record):
    """Return a record of which one value, at any depth, is missing or unusual."""
    name = random.choice(list(record))
    if name == "size" and random.random() < 0.7:
        return {**record, name: changed(random, record[name])}
    rest = {key: value for key, value in record.items() if key != name}
    return rest if random.random() < 0.3 else {**rest, name: random.choice(ODD)}


def layout(random, templates, depth=0):
    """Return a map of templates and constants."""
    names = random.sample(("url", "id2", "c.d", "", "'\"\n"), random.randrange(1, 5))
    return {name: part(random, templates, depth) for name in names}


def part(random, templates, depth):
    """Return a value of a map."""
    dice = random.random()
    if dice < 0.15 and depth < 3:
        return [part(random, templates, depth + 1) for _ in range(random.randrange(3))]
    if dice < 0.3 and depth < 3:
        return layout(random, templates, depth + 1)
    return random.choice(CONSTANTS if dice < 0.4 else templates)


def record_of(line, fields):
    """Return a record, compact or not."""
    separators = (",", ":") if line % 2 else None
    return Record(line, json.dumps(fields, ensure_ascii=False, separators=separators).encode())


def test_entries_are_those_of_single_records(outcomes):
    """Fields, their order and types, ids and problems are the same; most need no other way."""
    random = Random(5)
    kinds = set()
    for _ in range(ROUNDS):
        templates = TEMPLATES if random.random() < 0.9 else TEMPLATES + OTHERS
        mapping = Mapping(external_id=random.choice(IDS), fields=layout(random, templates))
        for share in (0, 0.2):
            made = [usual(random, line) for line in range(1, 7)]
            fields = [changed(random, one) if random.random() < share else one for one in made]
            records = [record_of(line, one) for line, one in enumerate(fields, 1)]
            if random.random() < share / 4:
                records[2] = Record(3, b"{")

            entries = mapping.entries_from(records)
            assert repr(list(entries)) == repr(list(map(mapping.entry_from, records)))
            kinds |= set(map(type, entries))
    assert kinds == {Entry, Invalid}
    assert len(outcomes) / 3 < sum(outcomes) < len(outcomes)


def test_columns_of_a_table():
    """Empty cells omit fields as in single records."""
    columns: Columns = {"title": 1, "slug": 2}
    fields = {"url": "{{ title }}", "text": "{{ slug }}!"}
    mapping = Mapping(external_id="{{ slug }}", fields=fields, columns=columns)
    rows = [{"slug": "a", "title": "A"}, {"slug": "b"}, {"title": "C"}]
    records = [record_of(line, row) for line, row in enumerate(rows, 1)]

    for part_ in (records, records[:1]):
        assert list(mapping.entries_from(part_)) == list(map(mapping.entry_from, part_))


def test_a_deep_map():
    """The deepest map that has a fingerprint is compiled."""
    fields: dict[str, object] = {"t": "{{ id }}"}
    for _ in range(240):
        fields = {"a": fields, "b": []}
    mapping = Mapping(external_id="{{ id }}", fields=fields)
    records = [record_of(1, {"id": "1"})]

    assert list(mapping.entries_from(records)) == [mapping.entry_from(records[0])]


def test_constants_are_not_shared():
    """Each entry has its own lists and mappings."""
    mapping = Mapping(external_id="{{ id }}", fields={"tags": ["a"], "url": "{{ id }}"})
    one, other = mapping.entries_from([record_of(line, {"id": f"{line}"}) for line in (1, 2)])

    assert isinstance(one, Entry)
    assert isinstance(other, Entry)
    one.fields["tags"].append("b")
    assert other.fields["tags"] == ["a"]


@pytest.mark.parametrize("count", [10, 19_000, 20_000])
def test_the_budget_of_work_is_that_of_a_single_record(outcomes, count):
    """A record that is too large for columns is mapped alone, and has its work counted."""
    between = "x" * 1000
    mapping = Mapping(external_id="{{ id }}", fields={"t": f"{{{{ tags | join('{between}') }}}}"})
    records = [record_of(1, {"id": "1", "tags": ["a"] * count})]

    entries = mapping.entries_from(records)

    assert list(entries) == [mapping.entry_from(records[0])]
    assert isinstance(entries[0], Invalid) is (count == 20_000)
    assert outcomes == [count == 10]


def test_a_checkpoint_precedes_each_record_that_is_mapped_alone():
    """Templates that run for long can be interrupted between two records."""
    mapping = Mapping(external_id="{{ id }}", fields={"t": "{{ id | upper }}"})
    records = [record_of(line, {"id": f"{line}"}) for line in range(3)]
    calls = []

    mapping.entries_from(records, lambda: calls.append(1))

    assert len(calls) == 3
