"""Every command and Python example that a page shows is run."""

from __future__ import annotations

import pytest

from ld_import.cli.app import main
from tests import docs
from tests.docs import fences
from tests.docs.reader import SERVERS, Reader
from tests.test_samples import SAMPLES

EXPORT = """#!/bin/sh
echo '{"number": 7, "url": "https://talks.example/7.mp4", "fileName": "Bees", "metadata": {}}'
"""
PAGES = [
    page
    for page in docs.PAGES
    if any(
        "ld-import " in one.text or one.language == "python"
        for one in fences(page, "console", "python")
    )
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_can_be_followed(page, folder, make_servers, capfd, monkeypatch, starter):
    """All commands of a page, in their order, end as the page says and print what it shows."""
    for sample in SAMPLES.iterdir():
        (folder / sample.name).write_bytes(sample.read_bytes())
    (folder / "export-talks").write_text(EXPORT, encoding="utf-8")
    (folder / "export-talks").chmod(0o700)
    urls = make_servers(len(SERVERS))
    monkeypatch.setenv("LD_IMPORT_SERVER", urls[0])
    reader = Reader(folder, urls, capfd, monkeypatch, starter)
    if page == docs.TROUBLESHOOTING:
        # Its readers have imported something.
        assert main(["videos", "talks.yaml"]) == 0

    reader.follow(page)
