"""One import as a value and a call: `ImportSpec` says what to do, `run_import` does it.

No flags, no configuration, no printing; the command line and a Python program use it alike.
"""
