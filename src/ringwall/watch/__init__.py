"""Learned detectors: models loaded, batched, calibrated."""
