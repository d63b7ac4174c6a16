"""URLs that pass all checks, since an earlier one with the same host did."""

from __future__ import annotations

from ld_import.validation.address import Address
from ld_import.validation.checks.file_endings import USUAL
from ld_import.validation.checks.media_pages import PAGES, site_of

# A manifest with more hosts has each URL of the others parsed.
MOST_HOSTS = 1000
# The first characters of a URL, which may contain `://`: `https://`.
SCHEME_LENGTH = 8


class PassingUrls:
    """Recognizes usual URLs without parsing them: of a known host, with an ending of the kind."""

    def __init__(self) -> None:
        """Begin without known hosts."""
        self._origins: set[str] = set()

    def has(self, url: str, kind: str) -> bool:
        """Return whether a URL passes all checks for this kind of media."""
        return (
            _origin(url) in self._origins
            and url.rpartition(".")[2] in USUAL.get(kind, ())
            and "?" not in url
        )

    def add(self, url: str, address: Address) -> None:
        """Note the host of a URL that has passed the checks."""
        # Of some hosts, not all paths pass.
        if len(self._origins) < MOST_HOSTS and site_of(address.host) not in PAGES:
            self._origins.add(_origin(url))


def _origin(url: str) -> str:
    return url[: url.find("/", SCHEME_LENGTH)]
