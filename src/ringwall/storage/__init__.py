"""Durable tables, blobs, counters, leases and compare-and-swap; the only room that opens a database."""
