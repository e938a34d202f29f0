"""Adapters: programs that put an implementation behind the adapter protocol."""
