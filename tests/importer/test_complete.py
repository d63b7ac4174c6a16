"""A ledger completed from the media library: real client, real ledger, emulated server."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import httpx
import pytest

from ld_import.api import LivingdocsClient
from ld_import.emulator import Fault
from ld_import.emulator.transport import EmulatorTransport
from ld_import.errors import LedgerLocked, ServerUnavailable, Unauthorized, UnexpectedAnswer
from ld_import.importer.complete import FOREIGN, NOT_FOUND, CompleteSpec, complete_media
from ld_import.importer.http import Connection
from ld_import.importer.server import Server
from ld_import.ledger import exclusive
from ld_import.ledger.incomplete_media import MediaNeed
from tests.emulator.server_client import ServerClient
from tests.harness.program import URL, Program
from tests.harness.records import videos

READ = "GET mediaLibrary"


@pytest.fixture
def imported(tmp_path, make_emulator, clock):
    """Return a maker of programs that have imported videos into an emulator."""

    def make(count=5, **settings):
        emulator = make_emulator(job_polls=0, **settings)
        program = Program(tmp_path, emulator, clock)
        program.write(videos(count))
        assert program.run(batch_size=100).exit_code == 0
        return program

    return make


def complete(program, *, on_progress=lambda progress: None, **options):
    """Complete the ledger of a program."""
    spec = CompleteSpec(
        server=Server(url=URL, token="demo-token"),
        kind="videos",
        ledger_path=program.ledger_path,
        **options,
    )
    http = httpx.AsyncClient(
        transport=EmulatorTransport(program.emulator),
        base_url=URL,
        headers={"Authorization": "Bearer demo-token"},
    )
    return complete_media(
        spec, clock=program.clock, connection=Connection(http), on_progress=on_progress
    )


def reads(program):
    """Return the number of requests that read entries so far."""
    return program.emulator.requests[READ]


def change(program, statement, *values):
    """Change a ledger as no program does."""
    with closing(sqlite3.connect(program.ledger_path)) as db:
        db.execute(statement, values)
        db.commit()


def archive(program, external_id):
    """Archive the entry of an item."""
    media_id = program.rows()[external_id]["mediaId"]
    body = {"patches": [{"operation": "archive"}]}
    answer = ServerClient(program.emulator).request("PATCH", f"mediaLibrary/{media_id}", json=body)
    assert answer.status_code == 200


def test_facts_of_the_entries(imported):
    """The ledger has the facts that an import does not return; a second call asks nothing."""
    program = imported()

    completion = complete(program)

    assert (completion.total, completion.completed, completion.missed) == (5, 5, {})
    for row in program.rows().values():
        asset = program.entries()[row["externalId"]]["asset"]
        facts = ("width", "height", "duration", "size", "key", "mimeType")
        assert {name: row[name] for name in facts} == {name: asset[name] for name in facts}
        assert row["originalUrl"] == asset["url"]
    assert reads(program) == 1
    assert complete(program).total == 0
    assert reads(program) == 1


def test_only_what_is_needed(imported):
    """A need of fewer facts, or of other states or systemNames, asks for fewer items."""
    program = imported()

    for need in (
        MediaNeed(facts=("original_url", "mime_type")),
        MediaNeed(states=("failed", "skipped")),
        MediaNeed(system_name="other"),
    ):
        assert complete(program, need=need).total == 0
    assert reads(program) == 0


def test_call_after_an_error_continues(imported):
    """Groups that were read are committed: after a refused token, only the rest is asked for."""
    program = imported()
    program.emulator.script(Fault(on=READ, nth=2, action="status", status=401))

    with pytest.raises(Unauthorized):
        complete(program, group=2)

    rows = program.rows()
    assert [name for name in rows if rows[name]["key"]] == ["v1", "v2"]
    assert complete(program, group=2).completed == 3
    assert reads(program) == 4


def test_server_that_is_away(imported):
    """A server without answers ends the completion after all retries; the next call continues."""
    program = imported()
    program.emulator.script(Fault(on=READ, nth=2, times=100, action="status", status=503))

    with pytest.raises(ServerUnavailable):
        complete(program, group=2)

    program.emulator.recover()
    assert complete(program).completed == 3


def test_progress_of_each_group(imported):
    """The progress is reported at the start, and when the items of a commit are committed."""
    program, seen = imported(), []

    complete(program, group=2, on_progress=lambda progress: seen.append(progress.completed))

    assert seen == [0, 2, 4, 5]


def test_fewer_ids_a_request(imported):
    """A server that accepts few ids a request gets as few."""
    program = imported(ids_at_once=2)

    assert complete(program).completed == 5


def test_rate(imported):
    """Requests keep to the rate."""
    program = imported()
    before = program.clock.elapsed

    complete(program, group=1, max_rate=2)

    assert program.clock.elapsed - before >= 2


def test_archived_entry(imported):
    """An entry that the server hides is counted as not found; the others are completed."""
    program = imported(show_archived=False)
    archive(program, "v2")

    completion = complete(program)

    assert (completion.completed, completion.not_found) == (4, 1)
    assert completion.missed == {NOT_FOUND: 1}
    assert completion.examples == {NOT_FOUND: ["v2"]}


def test_404_for_one_id(imported):
    """A server that answers 404 for a list with an unknown id is asked for smaller lists."""
    program = imported()
    program.emulator.script(Fault(on=READ, nth=1, action="status", status=404, times=2))

    completion = complete(program)

    # The list of five, and the first two of it; then v1, v2 and the other three.
    assert (completion.completed, reads(program)) == (5, 5)


def test_404_for_each_id(imported):
    """A server that answers 404 for an entry that does not exist has none."""
    program = imported(count=2)
    program.emulator.script(Fault(on=READ, action="status", status=404, times=3))

    completion = complete(program)

    assert (completion.missed, reads(program)) == ({NOT_FOUND: 2}, 3)


def answer_with(program, asset):
    """Let the server answer with an entry of the only item, with this asset."""
    (row,) = program.rows().values()
    pair = {"systemName": row["systemName"], "externalId": row["externalId"]}
    entry = {"id": row["mediaId"], **pair, "asset": asset}
    body = {"results": [entry]}
    program.emulator.script(Fault(on=READ, action="status", status=200, body=body))


def test_another_file(imported):
    """Facts of the file that the entry had before do not remain."""
    program = imported(count=1)
    complete(program)
    change(program, "UPDATE media SET key = NULL")
    answer_with(program, {"url": "https://cdn.example/new.mp4", "mimeType": "video/webm"})

    completion = complete(program)

    assert sum(completion.missed.values()) == 1
    (row,) = program.rows().values()
    assert (row["originalUrl"], row["mimeType"]) == ("https://cdn.example/new.mp4", "video/webm")
    assert {row[name] for name in ("width", "height", "duration", "size", "key")} == {None}


@pytest.mark.parametrize("asset", [None, {}, "text"])
def test_entry_without_a_file(imported, asset):
    """An entry without an asset changes nothing."""
    program = imported(count=1)
    before = program.rows()
    answer_with(program, asset)

    assert sum(complete(program).missed.values()) == 1

    assert program.rows() == before


def test_unknown_address(imported):
    """A server without this resource ends the completion."""
    program = imported()
    body = "<html><body>Not Found</body></html>"
    program.emulator.script(Fault(on=READ, action="html", status=404, body=body))

    with pytest.raises(UnexpectedAnswer):
        complete(program)


def test_entry_of_another_item(imported):
    """An entry with another externalId is not believed."""
    program = imported()
    others = program.rows()["v1"]["mediaId"]
    change(program, "UPDATE item SET media_id = ? WHERE external_id = 'v2'", others)

    completion = complete(program)

    assert (completion.missed, completion.examples) == ({FOREIGN: 1}, {FOREIGN: ["v2"]})
    assert program.rows()["v2"]["key"] is None


def test_entry_without_a_fact(imported):
    """A fact that the entry does not have is named, and the others are stored."""
    program = imported(count=1)
    (row,) = program.rows().values()
    answer_with(program, {"key": "1.mp4", "width": 7, "height": True})

    completion = complete(program)

    assert completion.missed == {"the entry has no height, duration, size": 1}
    (completed,) = program.rows().values()
    changed = {name: completed[name] for name in completed if completed[name] != row[name]}
    assert changed == {"key": "1.mp4", "width": 7}


def test_address_with_a_secret(imported):
    """An address with a signature is not stored; the one of the import remains."""
    program = imported(count=1)
    (row,) = program.rows().values()
    (entry,) = program.emulator.entries()
    url = f"{row['originalUrl']}?X-Amz-Signature=0123456789abcdef"
    answer_with(program, {**entry["asset"], "url": url})

    assert complete(program).completed == 1

    (completed,) = program.rows().values()
    assert (completed["originalUrl"], completed["width"]) == (row["originalUrl"], 1920)


def test_ledger_of_a_running_import(imported):
    """A running import keeps the ledger: nothing is asked."""
    program = imported()

    with exclusive(program.ledger_path), pytest.raises(LedgerLocked):
        complete(program)

    assert reads(program) == 0


def test_entry_without_a_pair(imported):
    """An entry that has an own id and no externalId is the one of its item."""
    program = imported(count=1)
    change(program, "UPDATE item SET external_id = media_id")
    change(program, "UPDATE system SET system_name = ''")
    program.emulator._store._execute("UPDATE entry SET external_id = NULL, system_name = NULL", ())

    completion = complete(program)

    assert (completion.missed, completion.completed) == ({}, 1)


def test_server_that_returns_fewer_entries_than_asked(imported, monkeypatch):
    """Entries that an answer omits are asked for again, as long as that finds some."""
    program = imported(count=25)
    entries = LivingdocsClient._entries

    async def ten(self, media_ids, within_seconds):
        found = await entries(self, media_ids, within_seconds)
        return dict(list(found.items())[:10])

    monkeypatch.setattr(LivingdocsClient, "_entries", ten)

    assert complete(program).completed == 25
    assert reads(program) == 3
