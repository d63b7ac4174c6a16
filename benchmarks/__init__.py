"""Benchmarks: program, peers and a hand-written limit, alternating on the same work in one run.

Run `make bench`, `make bench-quick` (small sizes) or `python -m benchmarks --help`.
"""
