"""One module for each way to reach a file; `ld_import.assets.source` chooses between them."""
