"""The least that has to be done: each a script in a process of its own, written by hand."""
