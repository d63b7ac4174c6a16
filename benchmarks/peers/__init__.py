"""What people would use instead: each starts from the same records and ends when all are in.

None keeps a memory of single items; each asks for every job once, and a job that is not finished
again.
"""
