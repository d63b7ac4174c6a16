"""Small files named by flags: an endless file is refused and never read into memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.harness.records import videos

KINDS = {
    "/dev/zero": "it is not a regular file",
    "/dev/null": "it is not a regular file",
    "pipe": "it is not a regular file",
    "folder": "Is a directory",
    # Larger than any memory; the sparse file uses no disk space.
    "huge": "it has more than ",
    "missing": "No such file or directory",
}


@pytest.fixture
def odd(place):
    """Return a place with a manifest, a pipe without a writer, a directory, and a huge file."""
    place.write(*videos(1))
    os.mkfifo("pipe")
    Path("folder").mkdir()
    Path("huge").touch()
    os.truncate("huge", 2**42)
    return place


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("videos", "--token-file"), "the token file {} cannot be read: "),
        (("videos", "--only-file"), "--only-file {} cannot be read: "),
        (("videos", "-n", "--only-file"), "--only-file {} cannot be read: "),
        (("videos", "--ca-file"), "the certificate file {} cannot be used: "),
        (("videos", "--config"), "the configuration {} cannot be read: "),
        (("validate", "--config"), "the configuration {} cannot be read: "),
        (("ledger", "items", "--config"), "the configuration {} cannot be read: "),
        (("status", "job", "--config"), "the configuration {} cannot be read: "),
        (("emulator", "--faults"), "{} cannot be read: "),
    ],
)
def test_file_without_an_end(odd, arguments, said):
    """A device, pipe, directory or huge file is exit 2 with one sentence."""
    for path, reason in KINDS.items():
        ended = odd.run(*arguments, path)

        assert (ended.code, ended.out) == (2, ""), path
        errors = [line for line in ended.err.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1
        is_missing = path == "missing" and arguments[-1] == "--config"
        told = (
            "the configuration missing does not exist" if is_missing else said.format(path) + reason
        )
        assert errors[0].startswith(f"error: {told}")
    assert odd.mine() == []


def test_files_of_a_profile(odd, monkeypatch):
    """The same rule applies to files that a profile names."""
    monkeypatch.delenv("LD_IMPORT_TOKEN")
    for key in ("tokenFile: ", "tokenFile: token\n    caFile: "):
        Path("token").write_text("demo-token")
        for path, reason in KINDS.items():
            Path("ld-import.yaml").write_text(f"profiles:\n  live:\n    {key}{path}\n")

            ended = odd.run("videos")

            assert (ended.code, f"{path} cannot be" in ended.err) == (2, True)
            assert reason in ended.err


def test_packed_configuration(odd):
    """A configuration is not decompressed: a megabyte of gzip can become a gigabyte."""
    Path("c.yaml.gz").write_bytes(b"\x1f\x8b")

    ended = odd.run("videos", "--config", "c.yaml.gz")

    assert (ended.code, "c.yaml.gz is compressed" in ended.err) == (2, True)
