"""The externalId of an export."""

from __future__ import annotations

import pytest

from tests.proposal.exports import found_in, lines, table

SIGNED = "https://old.example/{}.mp4?X-Amz-Signature=abc{}"


def identity_of(folder, content, name="export.csv"):
    return found_in(folder, content, name).identity


@pytest.mark.parametrize(
    ("header", "rows", "template"),
    [
        (["id", "title"], [["7", "x"], ["9", "y"]], "{{ id }}"),
        (["title", "uuid"], [["a b", "f3"], ["c d", "f4"]], "{{ uuid }}"),
        (["Nr", "Inv.Nr."], [["1", "A-3"], ["2", "A-7"]], "{{ record['Inv.Nr.'] }}"),
        (["row", "slug"], [["1", "bees"], ["2", "ants"]], "{{ slug }}"),
        (["date", "file"], [["2012-01-01", "a.mp4"], ["2012-01-02", "b.mp4"]], "{{ file }}"),
        (["id", "code"], [["7", "x"], ["", "y"]], "{{ code }}"),
        (["id", "code"], [["7", "x"], ["7", "y"]], "{{ code }}"),
        (["id", "code"], [["a1", "x"], ["A1", "y"]], "{{ code }}"),
        (["id", "code"], [["01", "x"], ["1", "y"]], "{{ code }}"),
        (["id", "code"], [[" a", "x"], ["a", "y"]], "{{ code }}"),
        (["id", "code"], [["x\u200b", "x"], ["y\u200b", "y"]], "{{ code }}"),
        (
            ["url", "name"],
            [[SIGNED.format(1, 2), "x y"], [SIGNED.format(2, 3), "z z"]],
            "{{ name }}",
        ),
    ],
)
def test_best_column(tmp_path, header, rows, template):
    """It is present, unique, without look-alikes, not a date, a signature or a row number."""
    found = identity_of(tmp_path, table(header, *rows))

    assert (found.template, found.is_sound) == (template, True)


def test_reasons_name_the_columns(tmp_path):
    """The reasons say what was measured, also about the columns that were not chosen."""
    rows = [["7", "a b", "x1"], ["7", "c d", "x2"], ["", "e f", "x3"]]
    found = identity_of(tmp_path, table(["id", "title", "slug"], *rows))

    assert found.reasons == ['`slug` is in every record and unique, such as "x1"']
    assert found.rejected == ["`id`: 67 % filled"]


def test_two_columns(tmp_path):
    """If no column is unique, two that are unique together are joined."""
    rows = [["r1", "1"], ["r1", "2"], ["r2", "1"], ["r2", "2"]]
    found = identity_of(tmp_path, table(["reel", "shot"], *rows))

    assert found.template in ("{{ reel }}-{{ shot }}", "{{ shot }}-{{ reel }}")
    assert "together" in found.reasons[0]


def test_an_id_that_counts(tmp_path):
    """An id that counts from 1 is used if there is nothing better, with a warning."""
    found = identity_of(tmp_path, table(["id", "x"], ["1", "a"], ["2", "a"], ["3", "a"]))

    assert found.template == "{{ id }}"
    assert "counts" in found.reasons[1]


def test_no_column_works(tmp_path):
    """The reasons say so, and what to do."""
    found = identity_of(tmp_path, table(["a", "b"], ["x", "y"], ["x", "y"]))

    assert not found.is_sound
    assert "NO COLUMN WORKS" in found.reasons[0]
    assert "export again" in found.reasons[2]


def test_nested_ids(tmp_path):
    """An id below the top is used; one in a list is not, since lists change."""
    records = ({"meta": {"id": f"k{n}"}, "parts": [{"id": f"p{n}"}]} for n in range(3))
    found = identity_of(tmp_path, lines(*records), "export.jsonl")

    assert found.template == "{{ meta.id }}"
