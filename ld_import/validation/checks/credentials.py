"""User names and passwords in URLs: the server stores the URL, and editors see it."""

from __future__ import annotations

from collections.abc import Iterable

from ld_import.validation.address import Address
from ld_import.validation.finding import Finding
from ld_import.validation.subject import Subject

USER_RULE = "user-in-url"
BOTH_RULE = "credentials-in-url"
ADVICE = "use an address that needs none: the server stores the URL with the entry"


def check_credentials(subject: Subject, address: Address) -> Iterable[Finding]:
    """Report a URL with `user:password@` or `user@`; the finding repeats none of it.

    The server does not get the address of a file to upload.
    """
    if not address.user or subject.item.file:
        return ()
    if ":" in address.user:
        rule, text = BOTH_RULE, "the URL contains a user name and a password"
    else:
        rule, text = USER_RULE, "the URL contains a user name"
    return (subject.warning(rule, subject.url_field, text, ADVICE),)
