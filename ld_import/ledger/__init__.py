"""Memory: what was sent, what the server said, and what it means for the next run.

`base` is the contract, `sqlite` the backend, `connect` the file, `upgrade` its schemas, `lock` the
one run a ledger may have, `damage` and `sense` what is told of a broken one, `blocks` and `digests`
how unchanged records are known again, `exports` which file replaces which, `known_urls` and
`url_forms` which items have the URLs of new ones, `seen` a run's scratch memory, `reader` the
questions of the `ledger` commands. `watch` notices that the files are lost under a run, `inode` and
`links` deal with hard links, `definitions` and `ownership` with ledgers from others, `texts` bounds
what is stored.
"""

from ld_import.ledger.base import Ledger, Seen
from ld_import.ledger.lock import exclusive
from ld_import.ledger.reader import LedgerReader
from ld_import.ledger.seen_keys import SeenKeys
from ld_import.ledger.sqlite import SqliteLedger

__all__ = ["Ledger", "LedgerReader", "Seen", "SeenKeys", "SqliteLedger", "exclusive"]
