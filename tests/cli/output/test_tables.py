"""Tables on a terminal: they fit, ids can be copied, and nothing that a cell holds acts."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from ld_import.cli.commands.ledger.items import ITEM_COLUMNS
from ld_import.cli.commands.ledger.jobs import JOB_COLUMNS
from ld_import.cli.commands.ledger.runs import RUN_COLUMNS
from ld_import.cli.output.tables import IDS, print_fitting
from tests.harness.records import video

NOW = "2026-11-21T01:00:00Z"
REASON = (
    "The property 'durationSeconds' is not configured for the media type 'video' of the project"
)
RUN = {
    "run": "2026-11-21T01:00:00Z-7f3a",
    "kind": "media-library",
    "systemName": "town-archive-of-the-north",
    "server": "https://cms.a-rather-long-name.example",
    "startedAt": NOW,
    "endedAt": NOW,
    "exitCode": 130,
}
JOB = {
    "jobId": "25bzj8j",
    "state": "submitted",
    "jobState": "started",
    "items": 1000,
    "success": 990,
    "skipped": 5,
    "failed": 5,
    "createdAt": NOW,
    "settledAt": NOW,
    "reason": REASON,
}
ITEM = {
    "externalId": "photo-1931-000412",
    "state": "failed",
    "mediaId": "b9hh3ddjeqwg",
    "line": 21713,
    "jobId": "25bzj8j",
    "updatedAt": NOW,
    "reason": REASON,
}
TABLES = ((RUN_COLUMNS, RUN), (JOB_COLUMNS, JOB), (ITEM_COLUMNS, ITEM))
WIDTHS = (20, 40, 60, 80, 100, 120, 160, 250)


def drawn(columns, rows, width, *, is_wrapped=False):
    """Return the lines of a table in a terminal of this width, and the columns left out."""
    screen = StringIO()
    console = Console(
        file=screen, width=width, force_terminal=True, color_system=None, highlight=False
    )
    missing = print_fitting(columns, rows, console, is_wrapped=is_wrapped)
    return [line.rstrip() for line in screen.getvalue().splitlines()], missing


@pytest.mark.parametrize(("columns", "row"), TABLES, ids=["runs", "jobs", "items"])
@pytest.mark.parametrize("width", WIDTHS)
def test_table_fits(columns, row, width):
    """No line is wider than the terminal, and each column is shown whole or named as left out."""
    lines, missing = drawn(columns, [row] * 3, width)
    text = "\n".join(lines)

    assert max(map(cell_len, lines)) <= max(width, len(str(row[columns[0]])))
    for column in columns:
        is_whole = str(row[column]) in text
        assert is_whole or column in missing or (column not in IDS and "…" in text)
    assert text.count(str(row[columns[0]])) == 3


def test_columns_at_common_widths():
    """At 60 columns id, state and the beginning of the reason are left; empty columns go first."""
    failed, imported = {**ITEM, "mediaId": None}, {**ITEM, "state": "success", "reason": None}

    narrow, missing = drawn(ITEM_COLUMNS, [failed], 60)
    assert narrow[1].startswith("photo-1931-000412  failed  ")
    assert "The property 'durat" in narrow[1]
    assert missing == ["line", "updatedAt"]
    lines, missing = drawn(ITEM_COLUMNS, [imported], 60)
    assert lines[1] == "photo-1931-000412  success  b9hh3ddjeqwg  21713  25bzj8j"
    assert missing == ["updatedAt"]
    wide, missing = drawn(ITEM_COLUMNS, [ITEM], 100)
    assert wide[1].startswith("photo-1931-000412  failed  b9hh3ddjeqwg  21713  25bzj8j  The prop")
    assert missing == ["updatedAt"]
    assert "exitCode" not in drawn(RUN_COLUMNS, [RUN], 60)[1]
    assert drawn(JOB_COLUMNS, [JOB], 60)[0][0].startswith("jobId    state")


def test_everything_is_shown_where_there_is_room():
    """A wide terminal shows all columns and cuts nothing."""
    for columns, row in TABLES:
        lines, missing = drawn(columns, [row], 250)
        assert missing == []
        assert all(str(value) in lines[1] for value in row.values())


def test_long_ids_are_not_broken():
    """An id that is as long as the terminal has a line of its own, which can be copied."""
    long_id = "a" * 64
    rows = [{**ITEM, "externalId": long_id}, ITEM]

    lines, missing = drawn(ITEM_COLUMNS, rows, 60)

    assert lines[2] == long_id
    assert lines[3].startswith("  failed  b9hh3ddjeqwg")
    assert lines[4] == "photo-1931-000412"
    assert all(len(line) <= 60 for line in lines if line != long_id)
    assert missing == ["line", "updatedAt"]


def test_reason_is_not_left_out():
    """Where a long id leaves no room for the reason, the id has a line of its own as well."""
    row = {**ITEM, "externalId": "a" * 50}

    lines, missing = drawn(ITEM_COLUMNS, [row], 80)

    assert lines[2] == "a" * 50
    assert "The property 'durationSeconds'" in lines[3]
    assert missing == ["updatedAt"]


def test_single_column():
    """A table of one column has a line for each row, however long."""
    assert drawn(["externalId"], [{"externalId": "a" * 50}], 40)[0] == ["externalId", "a" * 50]


def test_wide_characters():
    """Characters of two cells are counted as such."""
    row = {
        **ITEM,
        "externalId": "写真-0412",
        "reason": "項目「durationSeconds」が設定されていません" * 3,
    }
    for width in WIDTHS[1:]:
        lines, _ = drawn(ITEM_COLUMNS, [row], width)
        assert max(map(cell_len, lines)) <= width
        assert "写真-0412" in "\n".join(lines)


def test_wrapped_texts():
    """A table of a few rows wraps its texts between words in place of cutting them."""
    rows = [{"property": "durationSeconds", "rules": REASON}]
    lines, missing = drawn(("property", "rules"), rows, 60, is_wrapped=True)

    assert missing == []
    assert len(lines) > 2
    words = " ".join(line.removeprefix("durationSeconds").strip() for line in lines[1:])
    assert words == REASON


def test_hostile_texts_do_not_act():
    """Control characters and markup of a cell are text."""
    row = {**ITEM, "externalId": "\x1b[31mred", "reason": "[bold]x[/bold] :smile: \x07"}
    for width in (60, 200):
        text = "\n".join(drawn(ITEM_COLUMNS, [row], width)[0])
        assert not set("\x1b\x07") & set(text.replace("\x1b[1m", "").replace("\x1b[0m", ""))
        assert "\\x1b[31mred" in text
    assert "[bold]x[/bold] :smile: \\x07" in text


def test_empty_table():
    """A table without rows has its heading."""
    assert drawn(RUN_COLUMNS, [], 160)[0] == ["  ".join(RUN_COLUMNS)]


def test_pipe_is_not_cut(place):
    """Elsewhere each row is one line of cells with tabs between, and every text is complete."""
    bad = {f"unknown-{at}": at for at in range(60)}
    place.write(video(1, url="nowhere", fileName="", metadata=bad, mediaType=""))
    assert place.run("videos").code == 3

    heading, row = place.run("ledger", "items").lines
    (item,) = place.run("ledger", "items", "--json").document

    assert heading == list(ITEM_COLUMNS)
    assert row[-1] == item["reason"]
    assert len(item["reason"]) > 200
