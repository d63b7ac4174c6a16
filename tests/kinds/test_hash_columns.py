"""Field hashes of many entries: those of the single entries, alike or not."""

from __future__ import annotations

import random

import orjson
import pytest

from ld_import.kinds.field_hashes import hashes_from, hashes_of
from ld_import.kinds.hash_columns import hashes_from_all, hashes_of_all

VALUES: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    2**64 - 1,
    1.5,
    "",
    "ü",
    "x" * 300,
    [],
    [1, {"b": 1, "a": 2}],
    ["y"],
)
NAMES = ("id", "url", "ü", "", "metadata.title")


def entry(rng):
    """Return an entry with the usual fields in the usual order, or with others."""
    metadata = {"title": rng.choice(VALUES), "credit": rng.choice(VALUES)}
    dice = rng.random()
    if dice < 0.85:
        return {"id": rng.choice(VALUES), "url": rng.choice(VALUES), "metadata": metadata}
    if dice < 0.9:
        return {"id": "a", "url": "b", "metadata": rng.choice(({}, {"title": {"a": 1}}, None))}
    return {name: rng.choice((*VALUES, metadata, {})) for name in rng.sample(NAMES, 3)}


@pytest.mark.parametrize("seed", range(5))
def test_hashes_are_those_of_each_entry(seed):
    """Values of any type, objects in objects, and entries with different fields."""
    rng = random.Random(seed)
    for _ in range(100):
        entries = [entry(rng) for _ in range(rng.randrange(9))]
        bodies = list(map(orjson.dumps, entries))

        assert hashes_of_all(entries) == list(map(hashes_from, bodies))
        assert hashes_from_all(bodies) == list(map(hashes_from, bodies))


@pytest.mark.parametrize("fields", [{}, {"metadata": {}}, {"metadata": {}, "tags": {}}])
def test_entries_without_fields(fields):
    """An entry without a value has no hash."""
    assert hashes_of_all([fields, fields]) == [b"", b""]


def test_a_value_that_is_too_deep_for_json():
    """A value of a server may be too deep; it is hashed as by itself."""
    deep: object = 1
    for _ in range(300):
        deep = {"a": deep}
    entries = [{"id": 1, "metadata": {"title": deep}}, {"id": 2, "metadata": {"title": "x"}}]

    assert hashes_of_all(entries) == list(map(hashes_of, entries))
