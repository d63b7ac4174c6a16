"""Servers for measuring imports: one of minimal cost, and one that models job durations.

Neither validates requests; `ld-import emulator` is the faithful server.
"""
