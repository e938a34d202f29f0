"""What a valid message is. Each function returns the refusal, or None when all is well.

Laws of this file: total on any Python object whatever. So a type is asked for with ``type(x) is``
and never with ``isinstance`` or a set, because an object may lie about its class, and its
metaclass may raise.
"""

from __future__ import annotations

from scuttle_ref.errors import Refusal
from scuttle_ref.flow import Rates
from scuttle_ref.messages import Digest, DigestDone, Update
from scuttle_ref.names import NAME_MAX, NEVER, PROTOTYPE_NAMES, UNBOUNDED, VERSION_MAX
from scuttle_ref.values import kind_of, text_problem, value_refusal


def name_refusal(path: str, name: object, *, empty: bool = False) -> Refusal | None:
    """Refuse what cannot name a key or a source: no text, too long a text, a prototype name.

    An empty string names a key when `empty` is true, and never a source.

    Spec: MOD-1, MOD-4, MOD-8, MOD-9.
    """
    if type(name) is not str:
        return Refusal(path, f"is {kind_of(name)}", "a string", "MOD-1")
    if not name and not empty:
        return Refusal(path, "is empty", "a non-empty string", "MOD-1")
    if name in PROTOTYPE_NAMES:
        problem = f"is {name!r}, a property of every JavaScript object"
        return Refusal(path, problem, "any other name", "MOD-4")
    if len(name) > NAME_MAX:
        problem = f"is {len(name)} characters long"
        return Refusal(path, problem, f"at most {NAME_MAX} characters", "MOD-9")
    broken = text_problem(name)
    if broken is not None:
        return Refusal(path, broken, "a text of Unicode characters", "MOD-8")
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


def put_refusal(key: object, value: object) -> Refusal | None:
    """Refuse a local write with a bad key or value.

    Spec: MOD-3, MOD-4.
    """
    return name_refusal("key", key, empty=True) or value_refusal(value)


def reading_refusal(reading: object) -> Refusal | None:
    """Refuse what no wall clock can show: anything but a version, or None.

    Spec: NPM-1.
    """
    if reading is None or version_refusal(reading) is None:
        return None
    return Refusal(
        "reading", f"is {_shown(reading)}", "None or an integer from 1 to 2**53", "NPM-1"
    )


def message_refusal(message: object) -> Refusal | None:
    """Refuse what is no valid message of the protocol.

    Spec: ERR-1.
    """
    if type(message) is Update:
        return update_refusal(message)
    if type(message) is Digest:
        return line_refusal(message)
    match message if type(message) is DigestDone else None:
        case DigestDone(returned=returned) if type(returned) is bool:
            return None
        case _:
            return _no_message(message)


def update_refusal(update: Update) -> Refusal | None:
    """Refuse an update with a field that is wrong or missing.

    Spec: MOD-3, MOD-4, VERS-1.
    """
    match update:
        case Update(source_id=source, key=key, value=value, version=version):
            return (
                name_refusal("source_id", source)
                or version_refusal(version)
                or put_refusal(key, value)
            )
        case _:  # its fields were never set
            return _no_message(update)


def line_refusal(line: Digest) -> Refusal | None:
    """Refuse a digest line with a field that is wrong or missing.

    Spec: EXCH-1.
    """
    match line:
        case Digest(source_id=source, version=mark):
            return name_refusal("source_id", source) or mark_refusal(mark)
        case _:
            return _no_message(line)


def _no_message(message: object) -> Refusal:
    problem = f"is {kind_of(message)}"
    return Refusal("message", problem, "an update, a digest line or done", "ERR-1")


def rate_refusal(path: str, rate: object, *, most: float = VERSION_MAX) -> Refusal | None:
    """Refuse what is no rate: anything but a number from 0 to `most`. Unit: updates per second.

    Spec: FLOW-7.
    """
    if (type(rate) is float or type(rate) is int) and 0 <= rate <= most:
        return None
    return Refusal(path, f"is {_shown(rate)}", f"a number from 0 to {most:g}", "FLOW-7")


def rates_refusal(rates: Rates) -> Refusal | None:
    """Refuse rates of another that no participant can have.

    Spec: FLOW-7.
    """
    match rates:
        case Rates(desired=desired, allowed=allowed, given=given, asks=asks):
            if type(asks) is not bool:
                return Refusal("asks", f"is {kind_of(asks)}", "a bool", "FLOW-7")
            return (
                rate_refusal("desired", desired, most=UNBOUNDED)
                or rate_refusal("allowed", allowed)
                or rate_refusal("given", given)
            )
        case _:  # its fields were never set
            return Refusal("rates", "are unfinished", "rates with all their fields", "FLOW-7")


def order_refusal(order: object) -> Refusal | None:
    """Refuse an order of digest lines that is no tuple of strings.

    Spec: EXCH-7.
    """
    if type(order) is tuple and all(type(source) is str for source in order):
        return None
    return Refusal("order", f"is {kind_of(order)}", "a tuple of node ids", "EXCH-7")


def _shown(value: object) -> str:
    """A short, safe picture of any object, for an error text."""
    if type(value) is int and abs(value) > VERSION_MAX:
        return "an integer beyond 2**53"
    if any(type(value) is plain for plain in (bool, int, float, str, type(None))):
        return repr(value)[:40]
    return kind_of(value)
