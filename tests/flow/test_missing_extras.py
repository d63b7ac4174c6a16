"""Optional parts that are not installed: one sentence, and the command to install them."""

from __future__ import annotations

import sys

import pytest

from ld_import.errors import UsageError
from tests.flow.test_uploads import Uploads, record

OBSTORE = ("obstore", "obstore.store", "obstore.exceptions")


@pytest.mark.parametrize(
    ("libraries", "file", "extra"),
    [
        (("PIL",), "a.png", "assets"),
        (("av",), "a.png", "assets"),
        (("filetype",), "a.png", "assets"),
        (OBSTORE, "s3://no-such-library/a.png", "assets"),
        (OBSTORE, "gs://no-such-library/a.png", "assets"),
        (OBSTORE, "az://no-such-library/a.png", "assets"),
        (("asyncssh",), "sftp://files.example/a.png", "assets,sftp"),
    ],
)
def test_source_without_its_library(library, monkeypatch, libraries, file, extra):
    """A run ends before anything is stored or sent."""
    uploads = Uploads(library)
    uploads.config.write_text(
        uploads.config.read_text() + "sources:\n  host: {url: 'sftp://files.example/', user: me}\n"
    )
    uploads.picture("a.png")
    for name in libraries:
        monkeypatch.setitem(sys.modules, name, None)

    ended = uploads.run([record("a", file)])

    assert isinstance(ended.error, UsageError)
    assert ended.error.hint == f"run: pip install 'ld-import[{extra}]'"
    assert (uploads.objects(), uploads.program.entries()) == ({}, {})


def test_storage_without_its_library(library, monkeypatch):
    """A bucket needs the extra as well."""
    uploads = Uploads(library)
    uploads.configure(url="s3://no-such-library")
    uploads.picture("a.png")
    for name in OBSTORE:
        monkeypatch.setitem(sys.modules, name, None)

    ended = uploads.run([record("a")])

    assert isinstance(ended.error, UsageError)
    assert ended.error.hint == "run: pip install 'ld-import[assets]'"
