"""Files of records that the workers of a cluster upload, whatever happens to its processes."""

from __future__ import annotations

import os
import signal
from urllib.parse import urlsplit

import pytest
from PIL import Image

from ld_import.model import LeaveReason
from tests.harness.relay import relay

pytest.importorskip("distributed")
PUBLIC_URL = "https://cdn.example/media"
NAMES = [f"picture-{number}" for number in range(24)]


class Uploads:
    """A program with a folder of pictures, a bucket and the address of a cluster."""

    def __init__(self, program, bucket, address):
        self.program = program
        self.bucket = bucket
        self.address = address
        config = program.folder / "ld-import.yaml"
        config.write_text(
            f"storages:\n  media:\n    url: {bucket.url}\n    endpoint: {bucket.endpoint}\n"
            f"    publicUrl: {PUBLIC_URL}\n    region: us-east-1\n"
        )
        self.config = config

    def write(self, names):
        """Write pictures, and a manifest with a record for each."""
        for number, name in enumerate(names):
            picture = Image.new("RGB", (40 + number, 30), (number, 9, 200))
            picture.save(self.program.folder / f"{name}.png")
        fields = [{"externalId": name, "file": f"{name}.png", "metadata": {}} for name in names]
        self.program.write(fields)

    def run(self, **options):
        given = {"workers": self.address, "allow_http": True, "config": self.config, **options}
        return self.program.run(**given)

    def check(self, names):
        """Check that each picture is stored once, as it is, and registered with its facts."""
        entries = self.program.entries()
        assert sorted(entries) == sorted(names)
        stored = self.bucket.objects()
        assert len(stored) == len(names)
        for number, name in enumerate(names):
            content = (self.program.folder / f"{name}.png").read_bytes()
            asset = entries[name]["asset"]
            assert stored[asset["key"]].body == content
            assert (asset["size"], asset["width"], asset["height"]) == (
                len(content),
                40 + number,
                30,
            )


@pytest.fixture
def uploads(library, bucket, joined):
    """Return a program that uploads pictures by the workers of a cluster."""
    return Uploads(library, bucket, joined.address)


def test_workers_upload_files(uploads):
    """Workers store and probe the files; a run without changes needs no cluster at all."""
    uploads.write(NAMES)

    first = uploads.run()

    assert (first.exit_code, first.error) == (0, None)
    uploads.check(NAMES)
    second = uploads.run(workers="tls://192.0.2.1:8786")
    assert second.tally.left[LeaveReason.UNCHANGED] == len(NAMES)
    assert second.requests == {}


def test_a_worker_is_killed(uploads, joined):
    """A worker that is killed while it uploads costs time only."""
    uploads.write(NAMES)
    pids = joined.worker_pids()

    def kill(event):
        if len(pids) == 2 and uploads.bucket.keys():
            os.kill(pids.pop(), signal.SIGKILL)

    ended = uploads.run(on_event=kill)

    assert len(pids) == 1
    assert ended.exit_code == 0
    uploads.check(NAMES)


def test_the_scheduler_goes_away(uploads):
    """The run ends with 8 and what it has recorded; the next one continues."""
    uploads.write(NAMES)
    with relay(urlsplit(uploads.address).port) as between:
        through = f"tls://127.0.0.1:{between.port}"

        def cut(event):
            if uploads.bucket.keys():
                between.cut()

        ended = uploads.run(workers=through, on_event=cut)

    assert ended.exit_code == 8
    assert "does not answer any more" in str(ended.error)
    assert uploads.run().exit_code == 0
    uploads.check(NAMES)
