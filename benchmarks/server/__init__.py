"""The servers imports are measured against: one that costs next to nothing, one with a schedule.

Neither checks anything; for a faithful server there is `ld-import emulator`.
"""
