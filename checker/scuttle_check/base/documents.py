"""The pieces that JSON Schemas are made of: what a document must have, may have, and has not.

Laws of this file: data; an object has the members that are named and no others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Final, TypeAlias, get_args, get_origin, get_type_hints

import attrs

Schema: TypeAlias = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
SECONDS: Final[Schema] = {"type": "number", "minimum": 0}
YES_OR_NO: Final[Schema] = {"type": "boolean"}
ANY: Final[Schema] = {}
TEXTS: Final[Schema] = {"type": "array", "items": TEXT}
CLAUSE: Final[Schema] = {"type": "string", "pattern": "^([A-Z]{2,}-[1-9][0-9]*)?$"}
CLAUSES: Final[Schema] = {"type": "array", "items": CLAUSE}


def an_object(required: Schema, optional: Schema | None = None) -> Schema:
    """An object with these members and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }


def list_of(items: Schema) -> Schema:
    """An array of `items`."""
    return {"type": "array", "items": items}


def table_of(values: Schema, names: Iterable[str] | None = None) -> Schema:
    """An object with any names, or some of these, and `values`."""
    named = {} if names is None else {"propertyNames": one_of(names)}
    return {"type": "object", **named, "additionalProperties": values}


def one_of(names: Iterable[str]) -> Schema:
    """One of these texts."""
    return {"enum": list(names)}


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"oneOf": [schema, {"type": "null"}]}


def called(name: str, title: str, body: Schema, version: int = 1) -> Schema:
    """The schema of a whole document; its file in ``spec/schemas`` has this name."""
    dialect, own = "https://json-schema.org/draft/2020-12/schema", f"scuttle-{name}-{version}"
    return {"$schema": dialect, "$id": own, "title": title, **body}


def text_of(schema: Schema) -> str:
    """The text of the file that holds a schema."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


_PLAIN: Final[dict[Any, Schema]] = {
    str: TEXT,
    int: COUNT,
    float: {"type": "number"},
    bool: YES_OR_NO,
    NoneType: {"type": "null"},
    Any: ANY,
}


def of_class(kind: type[Any]) -> Schema:
    """What ``attrs.asdict`` makes of an object of `kind`; its numbers are counts."""
    hints = get_type_hints(kind)
    return an_object({each.name: _of_type(hints[each.name]) for each in attrs.fields(kind)})


def _of_type(kind: Any) -> Schema:
    inner = get_args(kind)
    if isinstance(kind, UnionType):
        some = [_of_type(each) for each in inner if each is not NoneType]
        one = some[0] if len(some) == 1 else {"anyOf": some}
        return or_null(one) if NoneType in inner else one
    if get_origin(kind) is tuple and inner[1:] == (...,):
        return list_of(_of_type(inner[0]))
    if get_origin(kind) is tuple:
        places = [_of_type(each) for each in inner]
        return {"type": "array", "prefixItems": places, "items": False, "minItems": len(places)}
    if get_origin(kind) is dict:
        return table_of(_of_type(inner[1]))
    if attrs.has(kind):
        return of_class(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return one_of(each.value for each in kind)
    return _PLAIN[kind]
