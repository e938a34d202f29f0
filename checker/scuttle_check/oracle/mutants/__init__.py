"""Implementations that are wrong on purpose: what the vectors and the oracle must tell apart."""
