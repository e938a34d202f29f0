"""Vectors: static conversations with one node, for implementations in any language."""
