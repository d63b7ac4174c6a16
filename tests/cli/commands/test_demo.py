"""`ld-import demo`: import, interrupt, resume and re-run against a local server."""

from __future__ import annotations

from ld_import.ledger import LedgerReader


def test_story_of_the_samples(place, monkeypatch):
    """The demo needs no configuration; it is interrupted, resumes, and has nothing left to send."""
    for name in ("LD_IMPORT_SERVER", "LD_IMPORT_TOKEN"):
        monkeypatch.delenv(name)
    keep = place.folder / "keep"

    ended = place.run("demo", "--keep", keep)

    assert ended.code == 0
    assert [line for line in ended.out.splitlines() if line.startswith("(exit code")] == [
        "(exit code 130)",
        "(exit code 0)",
        "(exit code 0)",
        "(exit code 0)",
        "(exit code 0)",
    ]
    assert "120  unchanged" in ended.out
    assert ended.out.endswith("the server holds 120 videos\n")
    with LedgerReader(keep / "ledger.sqlite3") as reader:
        assert reader.counts() == {"success": 120}
