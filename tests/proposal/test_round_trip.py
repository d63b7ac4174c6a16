"""Proposals for any table and any records are manifests that give the original values."""

from __future__ import annotations

import random
import re

import orjson
import pytest

from ld_import.model import Entry
from tests.proposal.exports import entries_of, fields_of, header_of, lines, proposed, table

COMMENTED = re.compile(r'^(    )# ((?:[A-Za-z][A-Za-z0-9_-]*|"\w+"): ")', re.MULTILINE)
HOSTILE = (
    *("{{ 7 * 7 }}", "{% for x in y %}", 'say "hi"', "it's", "a: b", "line\nbreak", "# no", "- x"),
    *(
        "!!python/object/apply:os.system",
        "&anchor",
        "*alias",
        "%TAG",
        "\x1b[31mred",
        "\u202egnp.exe",
    ),
    *(
        "",
        " ",
        "true",
        "null",
        "record",
        "omit",
        "\\",
        "|",
        ">",
        "?",
        "@",
        "`",
        "a" * 300,
        "\u2028",
    ),
)


def uncommented(text):
    """Return a manifest with all commented columns active."""
    return COMMENTED.sub(r"\1\2", text).replace("  metadata: {}\n", "  metadata:\n")


def word(rng):
    signs = "abc {}%#'\":|;,\\\n\té漢😀0123/-"
    return "".join(rng.choice(signs) for _ in range(rng.randrange(1, 12)))


@pytest.mark.parametrize("seed", range(25))
def test_random_tables(tmp_path, seed):
    """The manifest loads, and the entries of all columns have the values of the table."""
    rng = random.Random(seed)
    names = list(dict.fromkeys(word(rng).replace(".", "").strip() or "x" for _ in range(8)))
    names = [name for name in names if name not in ("key", "url")]
    rows = [
        [f"k{seed}-{number}", f"https://old.example/{number}.jpg"]
        + [rng.choice(["", "", word(rng), "v"]) for _ in names]
        for number in range(12)
    ]
    path = proposed(tmp_path, table(["key", "url", *names], *rows), edit=uncommented)

    found = fields_of(path)
    properties = header_of(path)["map"]["metadata"]
    for fields, row in zip(found, rows, strict=True):
        assert fields["url"] == row[1]
        # The table may have no titles: then it is the name of the file.
        values = {name: value for name, value in fields["metadata"].items() if name != "title"}
        for value in values.values():
            shown = value if isinstance(value, str) else orjson.dumps(value).decode()
            assert any(shown.strip() in (cell, cell.strip()) for cell in row) or (
                isinstance(value, list) or re.fullmatch(r"\d{4}-\d\d-\d\d.*", shown)
            ), (value, row)
    assert properties is not None


@pytest.mark.parametrize("seed", range(15))
def test_random_records(tmp_path, seed):
    """Nested records with missing fields, nulls and mixed types give valid entries."""
    rng = random.Random(seed)

    def value(depth=0):
        choices = [None, "", word(rng), rng.randrange(100), 1.5, True, [], ["a", "b"]]
        if depth < 2:
            choices += [
                {"p": value(depth + 1), "q q": value(depth + 1)},
                [{"name": "n"}, {"name": "m"}],
            ]
        return rng.choice(choices)

    records = [
        {"id": f"k{number}", "url": "https://old.example/a.jpg"}
        | {name: value() for name in ("a", "b b", "Titel", "tags") if rng.random() < 0.8}
        for number in range(15)
    ]
    path = proposed(tmp_path, lines(*records), "export.jsonl", edit=uncommented)

    invalid = [entry for entry in entries_of(path) if not isinstance(entry, Entry)]
    assert invalid == []


def test_hostile_names(tmp_path):
    """No name of a column acts in YAML, in a template or on a terminal."""
    names = [name for name in HOSTILE if name.strip() and "record" not in name]
    row = [f"v{number}" for number in range(len(names))]
    content = table(["id", "url", *names], ["k7", "https://old.example/a.jpg", *row])
    path = proposed(tmp_path, content, edit=uncommented)

    text = path.read_text(encoding="utf-8")
    values = set(map(str, fields_of(path)[0]["metadata"].values()))
    assert values >= {value for value, name in zip(row, names, strict=True) if len(name) <= 200}
    assert all(sign.isprintable() or sign == "\n" for sign in text)
    assert "cannot be read by a template" in text


def test_hostile_values(tmp_path):
    """Values appear in comments only, in one line, without control characters and secrets."""
    secret = "https://old.example/a.mp4?X-Amz-Signature=abcdef"
    rows = [[f"k{number}", secret, value] for number, value in enumerate(HOSTILE)]
    path = proposed(tmp_path, table(["id", "url", "title"], *rows))

    text = path.read_text(encoding="utf-8")
    assert "abcdef" not in text
    assert all(sign.isprintable() or sign == "\n" for sign in text)
    assert [fields["url"] for fields in fields_of(path)] == [secret] * len(HOSTILE)


# Tracing doubles the time of both, and other tests cover the same lines.
@pytest.mark.no_cover
def test_five_thousand_columns(tmp_path):
    """A very wide table gives a manifest with all columns."""
    names = [f"column {number}" for number in range(5_000)]
    content = table(["id", "url", *names], ["a7", "https://old.example/a.jpg", *["x"] * 5_000])
    path = proposed(tmp_path, content)

    assert path.read_text(encoding="utf-8").count("\n    # column") == 5_000
    assert fields_of(path)[0]["fileName"] == "a.jpg"


@pytest.mark.no_cover
def test_objects_with_ids_as_keys(tmp_path):
    """The number of columns is limited, and the manifest says so."""
    records = ({"id": f"k{at}", "by": {f"u{at}-{n}": "x" for n in range(2_000)}} for at in range(4))
    path = proposed(tmp_path, lines(*records), "export.jsonl")

    assert "more columns than were measured" in path.read_text(encoding="utf-8")
