"""The checks in the order of the report. A new check is a function and a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ld_import.cli.doctor.api import check_api
from ld_import.cli.doctor.check import Check
from ld_import.cli.doctor.configuration import check_configuration, check_profile
from ld_import.cli.doctor.environment import check_extras, check_program, check_temporary
from ld_import.cli.doctor.facts import Facts
from ld_import.cli.doctor.ledger import check_ledger
from ld_import.cli.doctor.network import check_connection, check_proxy
from ld_import.cli.doctor.server import check_server, check_token, check_version
from ld_import.cli.doctor.storage import check_storages

# With the text to show while it works, if that can take a while.
CHECKS: tuple[tuple[Callable[[Facts], Iterator[Check]], str], ...] = (
    (check_program, ""),
    (check_configuration, ""),
    (check_profile, ""),
    (check_server, ""),
    (check_version, ""),
    # A token command may ask for a passphrase on the terminal.
    (check_token, ""),
    (check_proxy, ""),
    (check_connection, "connecting to the server"),
    (check_api, "waiting for the answers of the server"),
    (check_ledger, "reading the ledger"),
    (check_storages, "waiting for the answers of the storages"),
    (check_temporary, ""),
    (check_extras, ""),
)
