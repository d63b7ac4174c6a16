"""Switches of the emulator: their values from the command line, and their explanation."""

from __future__ import annotations

import dataclasses
import re

import pytest
from rich.console import Console

from ld_import.cli.commands.emulator import settings_from
from ld_import.cli.emulator_options.switches import NOT_SWITCHES, switch_rows, switch_table
from ld_import.cli.output.tables import LONGEST_CELL
from ld_import.emulator import Settings
from ld_import.errors import UsageError


def test_every_switch_is_listed(place):
    """`--switches` lists each setting with its type and default; tokens have their own flag."""
    ended = place.run("emulator", "--switches")

    rows = {row[0]: row[1:] for row in ended.lines if len(row) == 4}
    names = {one.name for one in dataclasses.fields(Settings)} - set(NOT_SWITCHES)
    assert ended.code == 0
    assert set(rows) == {"switch", *names}
    assert rows["vocabulary"][:2] == ["one of success, imported, status", "success"]
    assert rows["job_seconds"][:2] == ["number of seconds", "0"]
    assert rows["quota"][:2] == ["whole number of items, or none", "none"]
    assert rows["strict"][:2] == ["yes/no", "yes"]
    assert rows["fail_url"][:2] == ["JSON object of texts", "none"]


def test_words_of_switches():
    """Types and defaults are words and no names of Python; each meaning fits into a cell."""
    for row in switch_rows():
        words = set(re.findall(r"\w+", f"{row.type} {row.default}"))
        assert not words & {"str", "int", "float", "bool", "tuple", "dict", "None", "True", "False"}
        assert 20 < len(row.meaning) <= LONGEST_CELL, row.switch


@pytest.mark.parametrize("width", [60, 99, 100, 120])
def test_table_of_switches(width):
    """A terminal of any usual width shows every word of every switch, and no word is split."""
    terminal = Console(width=width)

    with terminal.capture() as captured:
        terminal.print(switch_table(width))

    shown = captured.get()
    assert max(map(len, shown.splitlines())) <= width
    for row in switch_rows():
        text = " ".join(dataclasses.astuple(row))
        assert set(text.split()) <= {*shown.split(), *re.split(r"[;\s]+", shown)}, row.switch


@pytest.mark.parametrize(
    ("switch", "name", "value"),
    [
        ("job_polls=3", "job_polls", 3),
        ("job-seconds=1.5", "job_seconds", 1.5),
        ("quota=100", "quota", 100),
        ("quota=none", "quota", None),
        ("retry_after=", "retry_after", None),
        ("lose_job_after=2.5", "lose_job_after", 2.5),
        ("strict=False", "strict", False),
        ("strict=no", "strict", False),
        ("download=true", "download", True),
        ("download=Yes", "download", True),
        ("vocabulary=imported", "vocabulary", "imported"),
        ("versions=v1,2026-05", "versions", ("v1", "2026-05")),
        ("warned-versions=2025-03", "warned_versions", ("2025-03",)),
        ("warned_versions=", "warned_versions", ()),
        ("clock_skew=-90", "clock_skew", -90.0),
        ("media_type_required=true", "media_type_required", True),
        ("title_shown=asset", "title_shown", "asset"),
        ('fail_url={"x": "a=b"}', "fail_url", {"x": "a=b"}),
    ],
)
def test_switch(switch, name, value):
    """A switch is NAME=VALUE; the name may have hyphens instead of underscores."""
    assert getattr(settings_from([switch], ["t"]), name) == value


def test_default_switches():
    """Without switches the server has its documented behaviour and the given tokens."""
    settings = settings_from([], ["one", "two"])

    assert set(settings.tokens) == {"one", "two"}
    assert dataclasses.replace(settings, tokens=Settings().tokens) == Settings()


def test_last_of_two_switches_counts():
    """If a switch is repeated, the last value counts."""
    assert settings_from(["quota=1", "quota=2"], ["t"]).quota == 2


@pytest.mark.parametrize(
    "switch",
    [
        "job_polls",
        "job_polls=",
        "job_polls=many",
        "job_seconds=soon",
        "job_seconds=nan",
        "lose_job_after=inf",
        "quota=lots",
        "strict=maybe",
        "vocabulary=Success",
        "fail_url=[1]",
        'fail_url={"a": 1}',
        "fail_url={",
        "tokens=a",
        "project_config={}",
        "speed=9",
        "=1",
        "",
    ],
)
def test_wrong_switch(switch):
    """An unknown switch is a usage error that points to the list."""
    with pytest.raises(UsageError) as caught:
        settings_from([switch], ["t"])

    assert "--switches" in caught.value.hint


def test_unknown_switch():
    """The hint names the switch that was probably meant."""
    with pytest.raises(UsageError) as caught:
        settings_from(["job_pols=1"], ["t"])

    assert "did you mean `job_polls`" in caught.value.hint
