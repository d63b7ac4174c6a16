"""The comparison of a ledger with the server: what is found, its progress and its last result."""
