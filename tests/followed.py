"""The schemas of the specification, and what is held against them."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema

from scuttle_check.cli.documents.book import names, read

SCHEMAS = {name: read(name) for name in names()}


def format_of(schema: dict[str, Any]) -> str | None:
    """The format that documents of a schema begin with, if they do."""
    shapes = [schema, *schema.get("oneOf", ()), schema.get("$defs", {}).get("header", {})]
    named = (each.get("properties", {}).get("format", {}).get("const") for each in shapes)
    return next(filter(None, named), None)


BY_FORMAT = {format_of(schema): name for name, schema in SCHEMAS.items() if format_of(schema)}


def faults(name: str, document: object) -> list[str]:
    """What a validator says against a document of that schema."""
    found = jsonschema.Draft202012Validator(SCHEMAS[name]).iter_errors(document)
    return [f"{each.json_path}: {each.message[:300]}" for each in found]


def told(document: dict[str, Any]) -> dict[str, Any]:
    """A document that a command said, which must follow the schema of its format."""
    form = document.get("format")
    assert form in BY_FORMAT, f"no schema of the format {form}"
    assert faults(BY_FORMAT[form], document) == [], form
    return document


def follows(name: str, document: object) -> None:
    """A document follows its schema, which takes no other member and none less."""
    assert faults(name, document) == []
    assert isinstance(document, dict)
    assert faults(name, {**document, "colour": "red"})
    for member in SCHEMAS[name].get("required", ()):
        spoilt = copy.deepcopy(document)
        del spoilt[member]
        assert faults(name, spoilt), member
    if "format" in document:
        assert faults(name, {**document, "format": "scuttle-other/1"})
