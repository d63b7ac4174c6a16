"""Groups of findings as text: in a pipe, on a wide terminal and on a narrow one."""

from __future__ import annotations

import pytest

from ld_import.cli.output.findings import lines_of, print_groups
from ld_import.validation import Finding, Level, grouped

ROWS = [
    (
        "203 records",
        "`description`: column is empty",
        "videos.csv:2, 3, 9 …",
        "add `| default(omit, true)` to leave it out",
    ),
    (
        "1 record",
        "The property 'durationSeconds' is not configured",
        "videos.csv:2 (v2)",
        "`ld-import fields videos` lists what the project has",
    ),
]


def many(count):
    """Return findings of so many groups; the first group has two records."""
    findings = [
        Finding(Level.ERROR, line, f"v{line}", "", f"`field_{chr(line + 96)}` is bad", "fix it")
        for line in range(1, count + 1)
    ]
    return grouped([*findings, Finding(Level.ERROR, 90, "v90", "", "`field_a` is bad")]).sorted()


def test_pipe_gets_one_line_a_group():
    """In a pipe a line does not depend on the other groups."""
    assert list(lines_of(ROWS, None)) == ["   ".join(row) for row in ROWS]
    assert list(lines_of(ROWS[:1], None)) == list(lines_of(ROWS, None))[:1]


def test_wide_terminal_is_aligned():
    """On a wide terminal all columns are aligned."""
    lines = list(lines_of(ROWS, 200))

    assert len(lines) == 2
    for at in range(1, 4):
        assert lines[0].index(ROWS[0][at]) == lines[1].index(ROWS[1][at])
    assert lines[1].startswith("   1 record   ")


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_narrow_terminal_wraps(width):
    """On a narrow terminal no line is too long, and the advice has an indented line of its own."""
    lines = list(lines_of(ROWS, width))

    assert max(map(len, lines)) <= width
    words = " ".join(" ".join(lines).split())
    assert words == " ".join(" ".join(row) for row in ROWS)
    starts = [line for line in lines if not line.startswith("    ")]
    assert [line.split()[0] for line in starts] == ["203", "1"]
    assert any(line.strip().startswith("add `| default") for line in lines)


def test_place_of_a_group(capsys):
    """One record is named with its id, several by the first lines."""
    print_groups(many(2), "videos.csv")
    print_groups(many(2), None, noun="item")

    assert capsys.readouterr().out.splitlines() == [
        "2 records   `field_a` is bad   videos.csv:1, 90   fix it",
        "1 record   `field_b` is bad   videos.csv:2 (v2)   fix it",
        "2 items   `field_a` is bad   line 1, 90   fix it",
        "1 item   `field_b` is bad   line 2 (v2)   fix it",
    ]


def test_only_the_largest_are_shown(capsys):
    """The 20 largest groups are shown, with the number of the others; all on request."""
    print_groups(many(25), "videos.csv")
    shown = capsys.readouterr().out.splitlines()
    print_groups(many(25), "videos.csv", shows_all=True)

    assert len(shown) == 21
    assert shown[-1] == "… and 5 more groups (5 records); -v or --json shows all"
    assert len(capsys.readouterr().out.splitlines()) == 25


def test_text_of_a_manifest_cannot_act(capsys):
    """Control characters in a sentence, an id or a name are escaped, and secrets redacted."""
    finding = Finding(
        Level.WARNING, 3, "v\x1b[2J", "", "https://u:secret@h/\x07 \x1b]0;x\n is bad", "x\r"
    )

    print_groups(grouped([finding]).sorted(), "a\nb.csv")

    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "\x1b" not in out
    assert "secret" not in out
    assert out.startswith("1 record   warning: ")
