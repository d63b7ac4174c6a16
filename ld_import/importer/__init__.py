"""One import as a value and a call: `run_import` executes an `ImportSpec`.

It reads no flags and no configuration, and prints nothing. The command line and Python programs
use it in the same way.
"""
