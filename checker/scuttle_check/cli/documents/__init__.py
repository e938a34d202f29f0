"""What the commands say as JSON and the files they write, described by JSON Schemas.

Whoever changes what a command says changes its schema with it. Tests hold what is really said
against these, and ``spec/schemas`` against both.
"""
