"""The record of every attempt to import an item, in one SQLite file.

- The contract: `base`. The backend: `sqlite`, with `known_items`, `batch_reader`, `batch_writer`,
  `media_rows`, `runs`, `invalid_records`, `sql`.
- Recognising unchanged records: `known_blocks`, `digests`. Finding new items with the URL of a
  known one: `known_urls`. Dated exports that replace each other: `dated_exports`.
- The file: `connect`, `migrations`, `lock`, `inode_lock`, `hard_links`, `file_watch`.
- Distrust of its content: `corruption`, `row_validation`, `schema_check`, `ownership`,
  `stored_text`.
- Temporary data of one run: `seen_keys`. Queries: `reader`, `reader_sql`, `reason_reader`,
  `upload_reader`, `target_filter`, `incomplete_media`.
"""

from typing import TYPE_CHECKING

from ld_import.lazy_names import lazy_names

_HOMES = {
    "Ledger": "ld_import.ledger.base",
    "LedgerReader": "ld_import.ledger.reader",
    "Seen": "ld_import.ledger.base",
    "SeenKeys": "ld_import.ledger.seen_keys",
    "SqliteLedger": "ld_import.ledger.sqlite",
    "TargetFilter": "ld_import.ledger.target_filter",
    "exclusive": "ld_import.ledger.lock",
    "open_ledger": "ld_import.ledger.reader",
}

if TYPE_CHECKING:
    from ld_import.ledger.base import Ledger, Seen
    from ld_import.ledger.lock import exclusive
    from ld_import.ledger.reader import LedgerReader, open_ledger
    from ld_import.ledger.seen_keys import SeenKeys
    from ld_import.ledger.sqlite import SqliteLedger
    from ld_import.ledger.target_filter import TargetFilter

__all__ = [
    "Ledger",
    "LedgerReader",
    "Seen",
    "SeenKeys",
    "SqliteLedger",
    "TargetFilter",
    "exclusive",
    "open_ledger",
]

__getattr__ = lazy_names(__name__, _HOMES)
