"""The objects for documents of a real catalogue, if it is beside the checkout."""

from __future__ import annotations

import gzip
from itertools import islice
from pathlib import Path

import orjson
import pytest

DATA = Path(__file__).parents[3] / "shared" / "data" / "museum-images.jsonl.gz"
COUNT = 300
MANIFEST = """
systemName: museum
externalId: "{{ acno }}"
source: records.jsonl
map:
  url: "{{ thumbnailUrl or url ~ '.jpg' }}"
  fileName: "{{ title }}"
  mediaType: image
  metadata: {title: "{{ title }}"}
"""
pytestmark = [
    pytest.mark.no_cover,
    pytest.mark.skipif(
        not DATA.exists(), reason="the real catalogues are not beside this checkout"
    ),
]


def test_objects_are_those_of_the_entries(make_place):
    """Every object is complete and agrees with the entry that the server has."""
    place = make_place(project_config=None)
    with gzip.open(DATA) as stream:
        (place.folder / "records.jsonl").write_bytes(b"".join(islice(stream, COUNT)))
    (place.folder / "images.yaml").write_text(MANIFEST)
    place.summary("images.yaml", "--no-preflight", command="images")

    ended = place.run("ledger", "export", "--as", "documents", "--complete", "-o", "map.jsonl")

    assert ended.code == 0, ended.err
    lines = (place.folder / "map.jsonl").read_text().splitlines()
    assert len(lines) == COUNT
    documents = {one["externalId"]: one for one in map(orjson.loads, lines)}
    for entry in place.emulator.entries():
        asset = entry["asset"]
        names = {"originalUrl": "url", "mimeType": "mimeType"}
        names |= {name: name for name in ("width", "height", "key")}
        assert documents[entry["externalId"]] == {
            "systemName": "museum",
            "externalId": entry["externalId"],
            "legacyUrl": entry["content"]["url"],
            "image": {
                "mediaId": entry["id"],
                **{name: asset[member] for name, member in names.items()},
            },
        }
