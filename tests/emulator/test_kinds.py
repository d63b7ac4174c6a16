"""Types that each kind accepts, judged by the suffix of the URL."""

from __future__ import annotations

import pytest

from ld_import.emulator import Emulator, Settings
from tests.emulator.server_client import ServerClient, video

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def outcome(kind, name, settings):
    """Import one item with this file name, and return its state and reason."""
    server = ServerClient(Emulator(settings))
    item = video("a", url=f"https://media.example/{name}", mediaType=kind[:-1])
    (result,) = server.finish(server.submit(item, kind=kind), kind)[kind]
    return result["state"], result.get("reason")


@pytest.mark.parametrize(
    ("kind", "name", "is_accepted"),
    [
        *(
            ("images", f"a.{suffix}", True)
            for suffix in ("png", "JPG", "jpeg", "gif", "svg", "webp")
        ),
        ("images", "a.tiff", False),
        ("images", "a.avif?as=.png", False),
        ("images", "a.mp4", False),
        ("images", "picture", True),
        ("images", "picture.php", True),
        ("videos", "a.mov", True),
        ("videos", "a.jpg", False),
        ("files", "a.pdf", True),
        ("files", "a.xlsx", False),
        ("files", "a.jpg", False),
    ],
)
def test_checked_types(kind, name, is_accepted):
    """The suffix of a type that is not allowed fails the item; an unknown suffix does not."""
    result = outcome(kind, name, Settings(check_types=True))

    failed = ("failed", f"Could not upload {kind[:-1]}")
    assert result == (("success", None) if is_accepted else failed)


def test_unchecked_types():
    """Without `check_types`, no item fails because of its suffix."""
    assert outcome("images", "a.tiff", Settings())[0] == "success"
    assert outcome("files", "a.xlsx", Settings())[0] == "success"


def test_types_of_files():
    """`file_types` configures the accepted files."""
    settings = Settings(check_types=True, file_types=(SHEET, "text/"))

    assert outcome("files", "a.xlsx", settings)[0] == "success"
    assert outcome("files", "a.csv", settings)[0] == "success"
    assert outcome("files", "a.pdf", settings)[0] == "failed"
