"""The documentation site: the specification as it stands, with what can be generated added."""
