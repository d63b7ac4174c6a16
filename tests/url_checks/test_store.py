"""Results in a file: valid for a time, private, without secrets, and checked before use."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from ld_import.errors import LedgerError
from ld_import.redaction import redact
from ld_import.url_checks.expected import IMAGES, VIDEOS
from ld_import.url_checks.queue import UrlQueue
from ld_import.url_checks.results import Reason, Remark, UrlResult
from ld_import.url_checks.store import UrlStore

GOOD = UrlResult(Reason.OK, 200, media_type="video/mp4", byte_count=7)
BAD = UrlResult(Reason.GONE, 404, detail="404 Not Found")
DAY = 86_400


@pytest.fixture
def path(tmp_path):
    return tmp_path / ".ld-import" / "url-checks.sqlite3"


@pytest.fixture
def check(path, clock):
    """Return a function that collects URLs, and stores results for those that wait for one."""

    def check(urls, results=None, *, sample=None, recheck=False, expected=VIDEOS):
        with closing(UrlStore(path, redact)) as store:
            queue = UrlQueue(store)
            for line, url in enumerate(urls, 1):
                queue.add(line, f"v{line}", url, expected)
            choice = queue.choose(sample, is_recheck=recheck, now=clock.now())
            waiting = [one for host in queue.hosts() for one in queue.waiting_of(host)]
            for wanted in waiting:
                if results is not None and wanted.url in results:
                    store.put(wanted, results[wanted.url], clock.now())
            return choice, [wanted.url for wanted in waiting], list(store.found())

    return check


def test_each_url_is_asked_once(check):
    """Several records with one URL are one request, and each of them has the finding."""
    urls = ["http://a/1", "http://a/2", "http://a/1"]

    choice, waiting, found = check(urls, {"http://a/1": BAD})

    assert (choice.url_count, waiting) == (2, ["http://a/1", "http://a/2"])
    assert [(record.line, record.external_id) for record in found] == [(1, "v1"), (3, "v3")]
    assert found[0].result == BAD


@pytest.mark.parametrize(
    ("result", "seconds", "is_asked"),
    [
        (GOOD, 7 * DAY - 60, False),
        (GOOD, 7 * DAY, True),
        (BAD, DAY * 19 / 24, False),
        (BAD, DAY * 20 / 24, True),
        (BAD, DAY, True),
        # A clock that was set back must not keep a result for ever.
        (GOOD, -60, True),
    ],
)
def test_validity(check, clock, result, seconds, is_asked):
    """A good result is valid for seven days, a bad one for 20 hours."""
    check(["http://a/1"], {"http://a/1": result})
    clock.jump(seconds)

    _, waiting, _ = check(["http://a/1"])

    assert bool(waiting) is is_asked


def test_recheck(check):
    """`--recheck` asks for URLs with a valid result as well."""
    check(["http://a/1"], {"http://a/1": GOOD})

    assert check(["http://a/1"], recheck=True)[1] == ["http://a/1"]


def test_age_of_known_results(check, clock):
    """The oldest result that is used again is known."""
    check(["http://a/1"], {"http://a/1": GOOD})
    first = clock.now()
    clock.jump(DAY)
    check(["http://a/1", "http://a/2"], {"http://a/2": GOOD})

    choice, _, _ = check(["http://a/1", "http://a/2"])

    assert (choice.known_count, choice.oldest) == (2, first)


def test_kinds_have_results_of_their_own(check):
    """A URL that is a good video is not a good image."""
    check(["http://a/1"], {"http://a/1": GOOD})

    assert check(["http://a/1"], expected=IMAGES)[1] == ["http://a/1"]


def test_signature_ends_validity(check, clock):
    """A good result of a signed URL is not used after the signature has expired."""
    expiry = int(clock.now().timestamp()) + 3_600
    url = f"http://a/1?Expires={expiry}&Signature=abcdefgh"
    check([url], {url: GOOD})

    assert check([url])[1] == []
    clock.jump(3_600)
    assert check([url])[1] == [url]


def test_no_secret_is_stored(check, path):
    """The file has no password or signature, not even of a final URL."""
    url = "http://user:hunter2hunter2@a/1?token=supersecret"
    moved = UrlResult(
        Reason.OK, final_url="http://b/?sig=supersecret", remarks=(Remark.OTHER_HOST,)
    )

    _, _, found = check([url], {url: moved})

    assert (found[0].url, found[0].result.final_url) == (
        "http://***@a/1?token=***",
        "http://b/?sig=***",
    )
    content = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"supersecret" not in content
    assert b"hunter2" not in content


def test_private_file(check, path):
    """Other users cannot read the file."""
    check(["http://a/1"])

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_rest_of_a_host(path, clock):
    """All URLs of a host that wait get one result; others are not changed."""
    with closing(UrlStore(path, redact)) as store:
        queue = UrlQueue(store)
        for number in range(5):
            queue.add(number, f"v{number}", f"http://a/{number}?token=secretsecret", VIDEOS)
        queue.add(9, "v9", "http://b/9", VIDEOS)
        queue.choose(None, is_recheck=False, now=clock.now())
        store.put(next(queue.waiting_of("a")), GOOD, clock.now())

        assert store.put_rest("a", BAD, clock.now()) == 4
        assert [record.line for record in store.found()] == [1, 2, 3, 4]
        assert "secretsecret" not in str(list(store.found()))
        assert list(queue.waiting_of("a")) == []
        assert store.bad_count() == 4


def test_write_ahead_log_stays_small(path, clock):
    """A run with many results does not fill the disk: SQLite can shorten its log meanwhile."""
    log = path.with_name(f"{path.name}-wal")
    with closing(UrlStore(path, redact)) as store:
        queue = UrlQueue(store)
        for number in range(2_000):
            queue.add(number, f"v{number}", f"http://host-{number % 150}/{number}", VIDEOS)
        queue.choose(None, is_recheck=False, now=clock.now())
        for host in queue.hosts():
            for wanted in queue.waiting_of(host):
                store.put(wanted, BAD, clock.now())

        assert store.bad_count() == 2_000
        assert log.stat().st_size < 6_000_000


@pytest.mark.parametrize("sample", [1, 2, 3, 4, 10, 55, 110, 111, 500])
def test_sample(check, sample):
    """A sample has the requested size, is the same each time, and spreads over hosts."""
    urls = [f"http://big/{number}" for number in range(100)]
    urls += [f"http://small-{number % 3}/{number}" for number in range(11)]

    choice, waiting, _ = check(urls, sample=sample)

    assert choice.chosen_count == len(waiting) == min(sample, 111)
    assert check(urls, sample=sample)[1] == waiting
    hosts = {url.split("/")[2] for url in waiting}
    assert len(hosts) == min(sample, 4)
    numbers = sorted(int(url.rpartition("/")[2]) for url in waiting if "big" in url)
    if sample == 10:
        gaps = [later - sooner for sooner, later in zip(numbers, numbers[1:], strict=False)]
        assert max(gaps) - min(gaps) <= 1


def test_sample_does_not_report_others(check):
    """Findings about URLs outside the sample are not repeated from earlier checks."""
    urls = [f"http://a/{number}" for number in range(10)]
    check(urls, dict.fromkeys(urls, BAD))

    _, waiting, found = check(urls, sample=2)

    assert (waiting, len(found)) == ([], 2)


def damage(path):
    content = bytearray(path.read_bytes())
    content[100:] = b"x" * (len(content) - 100)
    path.write_bytes(content)


def foreign(path):
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE photos (id)")


def changed(statement):
    def change(path):
        with closing(sqlite3.connect(path)) as db:
            db.execute(statement)
            db.commit()

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (damage, "is damaged"),
        (lambda path: path.write_text("not a database, but a long text" * 50), "is damaged"),
        (foreign, "was not written by ld-import"),
        (lambda path: path.write_bytes(b""), "was not written by ld-import"),
        (changed("PRAGMA user_version = 9"), "newer ld-import"),
        (
            changed("CREATE TRIGGER x AFTER INSERT ON url_check BEGIN SELECT 1; END"),
            "are not those of this program",
        ),
        (changed("UPDATE url_check SET reason = 'nonsense'"), "is damaged"),
        (changed("UPDATE url_check SET checked_at = -1e300"), "is damaged"),
        (lambda path: (path.unlink(), path.mkdir()), "is a folder"),
    ],
)
def test_unusable_files(check, path, change, message):
    """A file that is damaged, foreign or newer is one sentence that names it."""
    check(["http://a/1"], {"http://a/1": BAD})
    change(path)

    with pytest.raises(LedgerError, match=message) as raised:
        check(["http://a/1"])

    assert str(path) in str(raised.value)
    assert raised.value.hint
