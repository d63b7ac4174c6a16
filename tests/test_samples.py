"""Every sample manifest is imported as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flow.program import Program

SAMPLES = Path(__file__).parent.parent / "sample-manifests"
RECORDS = {"videos.yaml": 3, "talks.yaml": 120, "request.json": 1}
SOURCES = {"talks.jsonl"}


def test_every_sample_is_known_here():
    """A sample that no test runs is a sample nobody trusts."""
    files = {path.name for path in SAMPLES.iterdir()} - {"README.md"}

    assert files == set(RECORDS) | SOURCES


@pytest.mark.parametrize(("name", "count"), RECORDS.items())
def test_sample_is_imported(tmp_path, make_emulator, clock, name, count):
    """All its records arrive, and a second run sends nothing."""
    program = Program(tmp_path, make_emulator(job_polls=0), clock)
    for path in SAMPLES.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    program.manifest = tmp_path / name

    first, second = program.run(batch_size=50), program.run(batch_size=50)

    assert (first.exit_code, first.tally.outcomes["success"]) == (0, count)
    assert (second.exit_code, second.tally.sent) == (0, 0)


def test_ids_of_the_sample_come_out_as_they_stand(tmp_path, make_emulator, clock):
    """`0007` and `1_000` are texts, not numbers."""
    program = Program(tmp_path, make_emulator(job_polls=0), clock)
    program.manifest = tmp_path / "videos.yaml"
    program.manifest.write_bytes((SAMPLES / "videos.yaml").read_bytes())

    program.run()

    assert set(program.states()) == {"0007", "0008", "1_000"}
