"""Files of a host: how many requests and bytes it takes to find out what they are."""

from __future__ import annotations

from contextlib import closing

import pytest

from ld_import.assets.base import SourceRules
from ld_import.assets.prepare import SourceFile
from ld_import.assets.probe import probe
from ld_import.assets.source import open_source
from ld_import.assets.sources.web_clients import close_clients
from tests.assets.probing.makers import film, seen, with_hole


@pytest.fixture
def rules(tmp_path):
    """Rules that permit the host of the tests."""
    yield SourceRules(folder=tmp_path, allow_http=True, allow_private=True)
    close_clients()


def test_index_at_the_end_of_5_gb(tmp_path, rules, http_source):
    """A film of 5 GB with its index at the end takes a few requests and less than 1 MB."""
    path = tmp_path / "large.mp4"
    with_hole(path, film("mp4", "libx264"), 5_000_000_000)
    url = http_source.serve("/large.mp4", path)

    with closing(open_source(url, rules)) as source:
        found = probe(SourceFile(source), source.state.size, url)

    assert path.stat().st_size > 5_000_000_000
    assert seen(found) == ("video/mp4", ".mp4", "video", 64, 36)
    assert found.duration_seconds == 1.0
    assert http_source.bytes_sent["/large.mp4"] < 300_000
    assert http_source.request_count() <= 6
