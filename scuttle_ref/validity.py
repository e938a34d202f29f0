"""What a valid message is. Each function returns the refusal, or None when all is well.

Laws of this file: total on any Python object whatever.
"""

from __future__ import annotations

from scuttle_ref.errors import Refusal
from scuttle_ref.messages import Digest, DigestDone, Update
from scuttle_ref.names import NEVER, PROTOTYPE_NAMES, VERSION_MAX


def name_refusal(path: str, name: object, *, empty: bool = False) -> Refusal | None:
    """Refuse what cannot name a key or a source: non-strings and prototype names.

    An empty string names a key when `empty` is true, and never a source.

    Spec: MOD-1, MOD-4.
    """
    if type(name) is not str:
        return Refusal(path, f"is a {type(name).__name__}", "a string", "MOD-1")
    if not name and not empty:
        return Refusal(path, "is empty", "a non-empty string", "MOD-1")
    if name in PROTOTYPE_NAMES:
        problem = f"is {name!r}, a property of every JavaScript object"
        return Refusal(path, problem, "any other name", "MOD-4")
    return None


def version_refusal(version: object) -> Refusal | None:
    """Refuse what is no version: anything but an integer from 1 to 2**53.

    Spec: VERS-1.
    """
    if type(version) is int and 1 <= version <= VERSION_MAX:
        return None
    return Refusal("version", f"is {_shown(version)}", "an integer from 1 to 2**53", "VERS-1")


def mark_refusal(mark: object) -> Refusal | None:
    """Refuse what no digest line can carry: anything but 0, a version, or bottom.

    Spec: EXCH-1.
    """
    if type(mark) is float and mark == NEVER:
        return None
    if type(mark) is int and 0 <= mark <= VERSION_MAX:
        return None
    expected = "an integer from 0 to 2**53, or -Infinity"
    return Refusal("version", f"is {_shown(mark)}", expected, "EXCH-1")


def value_refusal(value: object) -> Refusal | None:
    """Refuse a value that cannot be compared with itself or hashed.

    Spec: MOD-3.
    """
    try:
        if hash(value) is not None and bool(value == value):  # noqa: PLR0124
            return None
    except Exception:  # noqa: BLE001 - a foreign __hash__ or __eq__ may raise anything
        pass
    return Refusal(
        "value",
        f"is a {type(value).__name__} that is not hashable and equal to itself",
        "an immutable value (lists become tuples)",
        "MOD-3",
    )


def put_refusal(key: object, value: object) -> Refusal | None:
    """Refuse a local write with a bad key or value.

    Spec: MOD-3, MOD-4.
    """
    return name_refusal("key", key, empty=True) or value_refusal(value)


def message_refusal(message: object) -> Refusal | None:
    """Refuse what is no valid message of the protocol.

    Spec: ERR-1.
    """
    match message:
        case Update(source_id=source, key=key, value=value, version=version):
            return (
                name_refusal("source_id", source)
                or version_refusal(version)
                or put_refusal(key, value)
            )
        case Digest(source_id=source, version=mark):
            return name_refusal("source_id", source) or mark_refusal(mark)
        case DigestDone(returned=returned) if isinstance(returned, bool):
            return None
        case _:
            problem = f"is a {type(message).__name__}"
            return Refusal("message", problem, "an update, a digest line or done", "ERR-1")


def _shown(value: object) -> str:
    """A short, safe picture of any object, for an error text."""
    if type(value) is int and abs(value) > VERSION_MAX:
        return "an integer beyond 2**53"
    if type(value) in {bool, int, float, str, type(None)}:
        return repr(value)[:40]
    return f"a {type(value).__name__}"
