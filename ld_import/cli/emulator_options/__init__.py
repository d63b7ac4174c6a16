"""Options of `ld-import emulator` that need reading: switches, and files."""
