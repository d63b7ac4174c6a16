"""User names and passwords in URLs: the server stores the URL, and editors see it."""

from __future__ import annotations

from collections.abc import Iterable

from ld_import.validation.address import Address
from ld_import.validation.finding import Finding
from ld_import.validation.subject import Subject

RULE = "credentials-in-url"
ADVICE = "use an address that needs none: the server stores the URL with the entry"


def check_credentials(subject: Subject, address: Address) -> Iterable[Finding]:
    """Report a URL with `user:password@` or `user@`; the finding repeats none of it."""
    if not address.user:
        return ()
    what = "a user name and a password" if ":" in address.user else "a user name"
    return (subject.warning(RULE, subject.url_field, f"the URL contains {what}", ADVICE),)
