"""Real legacy catalogues, if they are beside the checkout."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import orjson
import pytest

from ld_import.ledger import LedgerReader
from tests.harness.program import Program

DATA = Path(__file__).parents[3] / "shared" / "data"
TALKS = DATA / "pyvideo.jsonl.gz"
pytestmark = [
    pytest.mark.no_cover,
    pytest.mark.skipif(
        not TALKS.exists(), reason="the real catalogues are not beside this checkout"
    ),
]
SHARE = 12

MANIFEST = """
systemName: pyvideo
externalId: "{{ source_file }}"
source: records.jsonl.gz
map:
  url: "{{ videos[0].url }}"
  fileName: "{{ title }}"
  metadata:
    title: "{{ title }}"
    speakers: "{{ speakers }}"
    tags: "{{ tags | default(omit) }}"
    recorded: "{{ recorded | isodate }}"
    description: "{{ description | default(omit, true) }}"
"""


def expected(record):
    """Return the expected entry of a record, without the program's code."""
    metadata = {"title": record["title"], "speakers": record["speakers"]}
    if "tags" in record:
        metadata["tags"] = record["tags"]
    metadata["recorded"] = record["recorded"].replace(" ", "T")
    if record.get("description"):
        metadata["description"] = record["description"]
    return {
        "id": record["source_file"],
        "url": record["videos"][0]["url"],
        "fileName": record["title"],
        "metadata": metadata,
    }


@pytest.fixture
def talks(tmp_path, make_emulator, clock):
    """Return a program with a twelfth of the catalogue, and its records."""
    program = Program(tmp_path, make_emulator(job_polls=0, vocabulary="imported"), clock)
    with gzip.open(TALKS) as stream:
        lines = [line for number, line in enumerate(stream) if is_chosen(number, line)]
    (tmp_path / "records.jsonl.gz").write_bytes(gzip.compress(b"".join(lines), 1))
    program.manifest = tmp_path / "manifest.yaml"
    program.manifest.write_text(MANIFEST)
    return program, [orjson.loads(line) for line in lines]


def is_chosen(number, line):
    """Take every twelfth record, and all with separators or a missing date."""
    return number % SHARE == 0 or "\u2028".encode() in line or b'"recorded": null' in line


def test_catalogue_arrives_byte_for_byte(talks):
    """The server has the mapped records; records that cannot be mapped are reported by line."""
    program, records = talks

    ended = program.run(batch_size=100)

    good = [record for record in records if record["recorded"]]
    held = {entry["externalId"]: entry["content"] for entry in program.emulator.entries()}
    assert len(held) == len(good) == ended.tally.outcomes["success"]
    for record in good:
        assert orjson.dumps(held[record["source_file"]]) == orjson.dumps(expected(record))
    (bad,) = [row for row in program.rows().values() if row["state"] == "invalid"]
    assert records[bad["line"] - 1]["recorded"] is None
    assert program.run(batch_size=100).tally.sent == 0


def test_a_repeated_key_is_reported_line_by_line(talks):
    """Under a repeated key the first record counts, and every other one is reported."""
    program, records = talks
    text = MANIFEST.replace("{{ source_file }}", "{{ event }}").replace(" | isodate", "")
    program.manifest.write_text(text)

    ended = program.run(batch_size=100)

    events = Counter(record["event"] for record in records)
    assert ended.tally.outcomes["success"] == len(events)
    assert ended.tally.invalid == len(records) - len(events)
    with LedgerReader(program.ledger_path) as reader:
        told = {row["line"]: row["reason"] for row in reader.items(states=["invalid"])}
    assert len(told) == ended.tally.invalid
    assert all("with other content" in reason for reason in told.values())
