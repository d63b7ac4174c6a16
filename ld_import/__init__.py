"""ld-import moves legacy media into the Livingdocs CMS and remembers what arrived.

The rooms, in the order a manifest record walks through them:

- `manifest`  reading: a file becomes records, templates make entries of them
- `kinds`     meaning: an entry becomes a checked item, items a request, an answer a job
- `pipeline`  the way: plan, cut, submit, poll, settle, and `run`, which knows their order
- `api`       wire: one client, one opinion on retries, answers turned into errors
- `ledger`    memory: every batch and attempt, in one SQLite file
- `receiver`  beside the run: hears the server's notifications, and decides nothing
- `cli`       the door: flags in, text and exit code out; the only room that prints
- `emulator`  a small Livingdocs server for rehearsals and tests; shares no code with the rest

`model`, `errors`, `events` and `clock` are the words all rooms have in common. `secrets` knows what
nobody may be told: whoever prints, logs or records asks it.
`tests/test_layers.py` holds the table of who may import whom.
"""

__version__ = "0.1.0"
