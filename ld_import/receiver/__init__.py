"""Receives the server's notifications of finished jobs during a run; it makes no decisions."""
