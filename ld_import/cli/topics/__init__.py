"""Pages of `ld-import help TOPIC`: sections of the documents, copied by `make docs`."""

# Each with its summary.
TOPICS = {
    "exit-codes": "The exit codes, and whether to run the same command again.",
    "states": "The states of items, batches and jobs in the ledger.",
    "manifest": "Formats, header, fields and values of a manifest.",
    "templates": "Templates, filters, and how to choose the externalId.",
}
