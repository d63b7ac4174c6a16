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

    def __init__(self, kind: str) -> None:
        """Begin without known hosts. For the media library, which has all kinds, no URL passes."""
        self._endings = USUAL.get(kind, frozenset())
        self._origins: set[str] = set()

    def __contains__(self, url: str) -> bool:
        """Return whether a URL passes all checks."""
        return (
            url.rpartition(".")[2] in self._endings
            and url[: url.find("/", SCHEME_LENGTH)] in self._origins
            and "?" not in url
        )

    def add(self, url: str, address: Address) -> None:
        """Note the host of a URL that has passed the checks."""
        # Of some hosts, not all paths pass.
        if len(self._origins) < MOST_HOSTS and site_of(address.host) not in PAGES:
            self._origins.add(url[: url.find("/", SCHEME_LENGTH)])
