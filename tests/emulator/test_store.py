"""The store: persistence and constraints."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from typing import Any

import pytest

from ld_import.emulator import Emulator, Fault, Settings
from ld_import.emulator.records import Entry
from ld_import.emulator.store import Store, StoreUnusable
from tests.emulator.server_client import Clock, ServerClient, library_entry, video


def test_restart(tmp_path):
    """Entries, jobs and their faults survive a restart."""
    path = tmp_path / "emulator.sqlite"
    clock = Clock()
    first = Emulator(store_path=path, now=clock)
    first.script(Fault(on="POST import/videos", action="fail_item", external_id="b"))
    open_job = ServerClient(first).submit(video("a"), video("b"))
    first.close()

    second = Emulator(store_path=path, now=clock)
    body = ServerClient(second).finish(open_job)
    second.close()
    third = Emulator(store_path=path, now=clock)

    assert [item["state"] for item in body["videos"]] == ["success", "failed"]
    assert ServerClient(third).status(open_job) == body
    assert [entry["externalId"] for entry in third.entries()] == ["a"]
    third.close()


def test_new_ids_after_a_restart(tmp_path):
    """The same seed never repeats an id in one store."""
    path = tmp_path / "emulator.sqlite"
    job_ids, clock = [], Clock()
    for n in range(3):
        emulator = Emulator(Settings(job_polls=0), store_path=path, now=clock)
        job_ids.append(ServerClient(emulator).submit(video(f"v-{n}")))
        last = emulator.entries()
        emulator.close()

    assert len(set(job_ids)) == 3
    assert len({entry["id"] for entry in last}) == 3


def test_form_of_job_ids():
    """Job ids are short, lower-case, alphanumeric, and determined by the seed."""
    ids = {ServerClient(Emulator(now=Clock(), seed=seed)).submit(video()) for seed in (1, 1, 2)}

    assert len(ids) == 2
    assert all(len(name) == 7 and name.isalnum() and name == name.lower() for name in ids)


def entry(**members):
    """Return an entry with the required members."""
    values: dict[str, Any] = {
        "media_id": "m",
        "system_name": "s",
        "external_id": "e",
        "kind": "videos",
        "media_type": "video",
        "url": "https://media.example/e.mp4",
        "file_name": "E",
        "metadata": {},
        "mime_type": "video/mp4",
        "asset": {},
        "content": {},
        "created_at": 0.0,
        "updated_at": 0.0,
    }
    return Entry(**(values | members))


def test_pair_is_unique():
    """The database refuses a second entry with the same pair."""
    store = Store()
    store.put_entry(entry())

    with pytest.raises(sqlite3.IntegrityError):
        store.put_entry(entry(media_id="other"))

    store.put_entry(replace(entry(), version=2))
    assert [stored.version for stored in store.entries()] == [2]


def test_version_is_unique():
    """The database refuses a second revision with the same version."""
    store = Store()
    store.keep_version(entry(), "import")

    with pytest.raises(sqlite3.IntegrityError):
        store.keep_version(entry(), "edit")


def test_entries_without_a_pair():
    """Any number of entries may have no pair; half a pair counts as none."""
    store = Store()
    for n in range(2):
        store.put_entry(entry(media_id=f"bare-{n}", system_name=None, external_id=None))
        store.put_entry(entry(media_id=f"half-{n}", external_id=None))

    assert len(store.entries()) == 4


def test_file_of_another_version(tmp_path):
    """A file of another schema version is refused with its name."""
    path = tmp_path / "emulator.sqlite"
    Store(path).close()
    Store(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 1")
    connection.close()

    with pytest.raises(StoreUnusable, match=r"emulator\.sqlite was made by another"):
        Store(path)


def test_library_after_a_restart(tmp_path):
    """Registered entries, their state and their history survive a restart."""
    path = tmp_path / "emulator.sqlite"
    first = Emulator(store_path=path)
    ServerClient(first).import_entries(
        library_entry("a", translations=[{"locale": "fr", "metadata": {}}])
    )
    ServerClient(first).patch(
        "a", {"operation": "revokeAsset", "note": "n"}, {"operation": "archive"}
    )
    before = first.entries(), first.history("a")
    first.close()

    second = Emulator(store_path=path)
    assert (second.entries(), second.history("a")) == before
    second.close()


def test_transaction_is_all_or_nothing():
    """A failed transaction is rolled back."""
    store = Store()

    with pytest.raises(RuntimeError), store.transaction():
        store.put_entry(entry())
        raise RuntimeError("stop")

    assert store.entries() == []


def test_other_threads_may_read():
    """An emulator served by another thread can be inspected."""
    emulator = Emulator(Settings(job_polls=0))
    worker = threading.Thread(target=lambda: ServerClient(emulator).submit(video()))
    worker.start()
    worker.join()

    assert len(emulator.entries()) == 1


def test_closing_twice():
    """Closing an emulator twice is safe."""
    emulator = Emulator()
    emulator.close()
    emulator.close()
