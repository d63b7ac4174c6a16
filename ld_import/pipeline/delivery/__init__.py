"""Delivery: batches are sent, followed and settled, in stages that wrap each other."""
