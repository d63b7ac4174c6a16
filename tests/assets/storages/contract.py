"""The suite every storage must pass: the guarantees of `storages/base.py`.

A subclass tests one storage; its fixture `storage` is an empty one, and `names` returns the names
of all its objects without the prefix.
"""

from __future__ import annotations

import pytest

from ld_import.assets.base import FileProblem, SourceChanged
from ld_import.assets.storage import store_file
from ld_import.assets.storages.base import Body
from tests.assets.storages.makers import make_body, make_large, sha256_of


class FailingBody:
    """A body whose source fails after some pieces, and remembers that it was closed."""

    def __init__(self, *pieces, error):
        self.pieces = pieces
        self.error = error
        self.is_closed = False

    def open(self):
        try:
            yield from self.pieces
            raise self.error
        finally:
            self.is_closed = True


class StorageContract:
    """The guarantees that callers rely on."""

    def test_object_has_the_bytes(self, storage, names):
        """The object has all bytes in order, and its size and digest are known."""
        stored = storage.put("a/b.jpg", make_body(b"one", b"", b"two"))

        assert b"".join(storage.read("a/b.jpg")) == b"onetwo"
        assert stored.size == stored.sent_bytes == storage.head("a/b.jpg").size == 6
        assert stored.sha256 == sha256_of(b"onetwo")
        assert stored.is_own
        assert names() == ["a/b.jpg"]

    def test_empty_file(self, storage):
        """A file without bytes is stored as well."""
        stored = store_file(storage, "empty.txt", make_body(), verify="get")

        assert stored.size == storage.head("empty.txt").size == 0

    def test_same_content_is_not_sent_again(self, storage):
        """A second put of the same content sends nothing, and uses the object."""
        storage.put("a.jpg", make_body(b"one"))

        again = storage.put("a.jpg", make_body(b"o", b"ne"))

        assert (again.sent_bytes, again.is_own, again.size) == (0, False, 3)
        assert again.sha256 == sha256_of(b"one")

    @pytest.mark.parametrize("other", [b"two", b"three"])
    def test_nothing_of_others_is_overwritten(self, storage, names, other):
        """Another content under the key, of the same size or not, stays as it is."""
        storage.put("a.jpg", make_body(b"one"))

        with pytest.raises(FileProblem, match=r"another object under the key `a\.jpg`; nothing is"):
            storage.put("a.jpg", make_body(other))

        assert b"".join(storage.read("a.jpg")) == b"one"
        assert names() == ["a.jpg"]

    def test_own_object_is_replaced(self, storage, names):
        """With permission another content takes the place of the object."""
        storage.put("a.jpg", make_body(b"one"))

        stored = storage.put("a.jpg", make_body(b"other"), may_replace=True)

        assert stored.is_own
        assert b"".join(storage.read("a.jpg")) == b"other"
        assert names() == ["a.jpg"]

    def test_same_content_is_not_replaced(self, storage):
        """Permission to replace does not send the same content again."""
        storage.put("a.jpg", make_body(b"one"))

        assert storage.put("a.jpg", make_body(b"one"), may_replace=True).sent_bytes == 0

    @pytest.mark.parametrize("pieces", [[b"one"], make_large()], ids=["small", "large"])
    @pytest.mark.parametrize("owner", ["", "other"])
    def test_object_of_another_item(self, storage, pieces, owner):
        """Permission to replace is for objects of the same owner only."""
        storage.put("x.mp4", make_body(b"1", owner="mine"))
        if storage.head("x.mp4").owner != "mine":
            pytest.skip("the file system has no attributes for owners")
        body = make_body(*pieces, size=sum(map(len, pieces)), owner="mine")
        storage.put("a.mp4", make_body(b"theirs", owner=owner))

        with pytest.raises(FileProblem, match="another object"):
            storage.put("a.mp4", body, may_replace=True)
        storage.put("b.mp4", body)
        storage.put("b.mp4", make_body(b"new", owner="mine"), may_replace=True)

        assert b"".join(storage.read("a.mp4")) == b"theirs"
        assert b"".join(storage.read("b.mp4")) == b"new"

    @pytest.mark.parametrize("error", [SourceChanged("changed"), FileNotFoundError("gone")])
    @pytest.mark.parametrize("pieces", [[b"one"], make_large()], ids=["small", "large"])
    def test_broken_source_leaves_no_object(self, storage, names, pieces, error):
        """The error of the source is raised as it is; no object appears, and it is closed."""
        broken = FailingBody(*pieces, error=error)

        with pytest.raises(type(error)) as raised:
            storage.put("a/b.jpg", Body(open_pieces=broken.open, mime_type="image/jpeg"))

        assert raised.value is error
        assert broken.is_closed
        assert storage.head("a/b.jpg") is None
        assert names() == []

    def test_missing_object(self, storage):
        """A missing object has no state, and cannot be read."""
        assert storage.head("a.jpg") is None
        with pytest.raises(FileProblem, match="has no"):
            list(storage.read("a.jpg"))

    @pytest.mark.parametrize("key", ["../a.jpg", "a/../../b.jpg", "/etc/a", "v/a.jpg", "ä.jpg", ""])
    def test_keys_follow_the_rules(self, storage, names, key):
        """A key that the CMS does not accept, or that leaves the folder, stores nothing."""
        with pytest.raises(FileProblem, match="is not usable"):
            storage.put(key, make_body(b"one"))

        assert names() == []

    @pytest.mark.parametrize("how", ["etag", "get", "none"])
    def test_right_object(self, storage, how):
        """Each way of verification accepts what was sent."""
        stored = storage.put("a.jpg", make_body(b"one"))

        assert storage.verify("a.jpg", stored, how)

    @pytest.mark.parametrize("how", ["etag", "get"])
    def test_missing_object_is_noticed(self, storage, how):
        """An object that is missing afterwards is wrong."""
        stored = storage.put("a.jpg", make_body(b"one"))

        assert not storage.verify("b.jpg", stored, how)

    @pytest.mark.parametrize("how", ["etag", "get"])
    def test_other_size_is_noticed(self, storage, how):
        """An object of another size is wrong."""
        stored = storage.put("a.jpg", make_body(b"one"))
        storage.put("a.jpg", make_body(b"three"), may_replace=True)

        assert not storage.verify("a.jpg", stored, how)

    def test_other_bytes_are_noticed(self, storage):
        """Reading back finds other bytes of the same size."""
        stored = storage.put("a.jpg", make_body(b"one"))
        storage.put("a.jpg", make_body(b"two"), may_replace=True)

        assert not storage.verify("a.jpg", stored, "get")

    def test_check_of_what_exists(self, storage, names):
        """A check leaves nothing."""
        storage.check()

        assert names() == []
