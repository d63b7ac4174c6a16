"""Known media under new ids: the run stops before it creates entries twice."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

import pytest

from tests.flow.new_ids import TOLD, renamed, stopped
from tests.harness.program import Program
from tests.harness.records import video, videos


@pytest.fixture
def program(make_program):
    """Return a program whose jobs finish at once."""
    return make_program(job_polls=0)


def table(folder, name, ids, **changes):
    """Write a table of videos with these ids, whose URLs do not depend on them."""
    lines = ["id,url,fileName,metadata.title"]
    for number, one in enumerate(ids):
        lines.append(f"{one},https://films.example/{number}.mp4,Film {number},Film")
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def renamed_manifest(program):
    """Rename the manifest and change its template; keep its source."""
    program.manifest = program.folder / "second.yaml"
    program.write(videos(5), externalId="x-{{ id }}")


def copied_manifest(program):
    """Copy manifest and source to another directory, and change the template."""
    folder = program.folder / "copy"
    folder.mkdir()
    elsewhere = Program(folder, program.emulator, program.clock)
    elsewhere.write(videos(5), externalId="x-{{ id }}")
    program.manifest = elsewhere.manifest


def other_system(program):
    """Copy the manifest with another systemName."""
    program.manifest = program.folder / "second.yaml"
    program.write(videos(5), systemName="archive-2")


def other_ids(program):
    """Change only the ids in the export."""
    program.write(renamed(videos(5)))


def moved_urls(program):
    """Change name, template and URLs; keep only the source."""
    program.manifest = program.folder / "second.yaml"
    moved = [{**one, "url": one["url"].replace("films", "cdn")} for one in videos(5)]
    program.write(moved, externalId="x-{{ id }}")


WAYS = [renamed_manifest, copied_manifest, other_system, other_ids, moved_urls]


@pytest.mark.parametrize("change", WAYS, ids=lambda way: way.__name__)
def test_new_ids_stop_the_run(program, change):
    """New ids stop the run, whatever made them and whatever the manifest is called."""
    program.write(videos(5))
    program.run()
    change(program)

    assert f"5 {TOLD}" in stopped(program)
    assert len(program.emulator.entries()) == 5
    assert program.run(accept_new_ids=True).tally.sent == 5


@pytest.mark.parametrize(
    "forms",
    [
        (["00101", "00102", "00103"], ["101", "102", "103"]),
        (["101", "102", "103"], ["101.0", "102.0", "103.0"]),
        (["00101", "00102", "00103"], ["101.0", "102.0", "103.0"]),
        [[unicodedata.normalize(form, f"Zürich-{n}") for n in range(3)] for form in ("NFC", "NFD")],
    ],
    ids=["zeros", "float", "zeros-float", "unicode"],
)
@pytest.mark.parametrize("name", ["videos.csv", "night-2.csv"])
def test_ids_changed_by_another_program(program, forms, name):
    """Ids changed by a spreadsheet or by Unicode normalization stop the run."""
    before, after = forms
    program.manifest = table(program.folder, "videos.csv", before)
    program.run(system_name="old")
    program.manifest = table(program.folder, name, after)

    told = stopped(program, system_name="old")

    assert f"3 {TOLD}" in told
    assert f"{after[0]!a}" in told


def test_dated_exports_behind_a_link(program):
    """A link to a new export every night is one manifest."""
    program.manifest = program.folder / "latest.csv"
    nights = [
        ["00101", "00102", "00103"],
        ["00101", "00102", "00103", "00104"],
        ["101", "102", "103"],
    ]
    for number, ids in enumerate(nights):
        program.manifest.unlink(missing_ok=True)
        program.manifest.symlink_to(table(program.folder, f"export-{number}.csv", ids))
        if number < 2:
            assert program.run(system_name="old").exit_code == 0

    assert f"3 {TOLD}" in stopped(program, system_name="old")


def test_moved_folder_and_changed_template(program):
    """A changed template is noticed after directory and ledger have moved, too."""
    program.write(videos(5))
    program.run()
    moved = program.folder.with_name("moved")
    program.folder.rename(moved)
    later = Program(moved, program.emulator, program.clock)
    later.write(videos(5), externalId="x-{{ id }}")

    assert f"5 {TOLD}" in stopped(later)


def test_example_is_shown(program):
    """The error shows an old id, its new one, and the URL without its secret."""
    signed = [{**one, "url": f"{one['url']}?sig=hush{at}"} for at, one in enumerate(videos(3))]
    program.write(signed)
    program.run()
    program.write(
        [{**one, "id": f"n{at}", "url": f"{one['url']}0"} for at, one in enumerate(signed)]
    )

    told = stopped(program)

    assert "https://films.example/1.mp4?sig=*** was imported as 'v1', and is 'n0' now" in told
    assert "hush" not in told


def test_same_letters_in_another_form(program):
    """Ids and URLs in different Unicode forms are different."""
    for form in ("NFC", "NFD"):
        program.write([zurich(form, number) for number in range(3)])
        if form == "NFC":
            program.run()

    told = stopped(program)

    assert f"3 {TOLD}" in told
    assert r"'Z\xfcrich 0', and is 'Zu\u0308rich 0' now (the same letters" in told


def zurich(form, number):
    name = unicodedata.normalize(form, f"Zürich {number}")
    return video(number, id=name, url=f"https://films.example/{quote(name)}.mp4")
