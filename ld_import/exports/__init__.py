"""Exports of a ledger: from rows of items to lines and files for the systems that come next.

Rows are those of `LedgerReader.items`. The package opens no ledger and prints nothing.

- `documents`: the JSON object for an image or video directive of a Livingdocs document.
- `redirects`: the redirect of an item; `redirect_maps` writes them for nginx and Apache, from the
  temporary database `redirect_store`.
- `database`: a SQLite file with documented tables and views.
- `left_out`: items that an export cannot contain, grouped by reason.
"""
