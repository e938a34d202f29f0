"""Scuttlebutt as a model: experiments, properties, sentences, scenarios, the catalogue.

The lowest room that knows the protocol.
"""
