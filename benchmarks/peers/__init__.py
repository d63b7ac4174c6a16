"""Alternatives to the program. Each starts from the same records and ends when all are imported.

None of them keeps state per item. Each polls every job until it is finished.
"""
