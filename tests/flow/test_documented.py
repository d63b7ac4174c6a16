"""The documented request of each endpoint, saved as a file, is a valid manifest."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from ld_import.emulator.settings import KNOWN_VERSIONS
from tests.harness.records import names, videos

EXAMPLES = Path(__file__).parents[1] / "vendor-examples"
KINDS = {
    "POST import/videos": "videos",
    "POST import/images": "images",
    "POST import/files": "files",
    "POST import/mediaLibrary": "media-library",
}


def requests():
    """Return the kind and body of every documented import request that was accepted."""
    found = {}
    for path in sorted(EXAMPLES.glob("*.json")):
        example = orjson.loads(path.read_bytes())
        request = example["request"] or {}
        address = request.get("path", "").split("/", 3)[-1]
        kind = KINDS.get(f"{request.get('method')} {address}")
        if (
            kind
            and example["status"] == 200
            and "error" not in orjson.dumps(example["body"]).decode()
        ):
            found[path.stem] = (kind, request["body"])
    return found


REQUESTS = requests()
# The vendor's example client leaves the media type to the server; this program always sends one.
UNTYPED = "images-import-v1"


def test_every_kind_has_a_documented_request():
    """Every kind has a documented request."""
    assert {kind for kind, _ in REQUESTS.values()} == set(KINDS.values())


def test_request_without_a_media_type_is_invalid(make_program):
    """An image without a media type is an invalid record that says what is missing."""
    kind, body = REQUESTS[UNTYPED]
    program = make_program(job_polls=0)
    program.manifest.write_bytes(orjson.dumps(body))

    ended = program.run(kind=kind)

    assert (ended.exit_code, ended.tally.invalid) == (3, 1)
    (row,) = program.rows().values()
    assert "`mediaType` is missing" in row["reason"]


@pytest.mark.parametrize("name", [name for name in REQUESTS if name != UNTYPED])
def test_documented_request_is_a_manifest(make_program, name):
    """A documented request is imported unchanged."""
    kind, body = REQUESTS[name]
    program = make_program(job_polls=0)
    program.manifest.write_bytes(orjson.dumps(body))

    ended = program.run(kind=kind, batch_size=100)

    assert ended.exit_code == 0, program.rows()
    list_key = "mediaLibraryEntries" if kind == "media-library" else kind
    sent = orjson.loads(program.emulator.bodies["mediaLibrary" if "-" in kind else kind])
    assert sent == body
    assert len(program.emulator.entries()) == len(body[list_key])


@pytest.mark.parametrize("version", KNOWN_VERSIONS)
def test_every_version_takes_videos(program, version):
    """The asynchronous imports are the same under every API version."""
    program.api_version = version
    program.write(videos(4))

    assert program.run().exit_code == 0
    program.check_identities(names(4))
