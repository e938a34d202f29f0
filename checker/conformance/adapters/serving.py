"""The loop of an adapter in Python: requests in, answers out, one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from checker.conformance.protocol import LINE_MAX
from checker.conformance.values import line_of, parse


class Refused(Exception):
    """A request that is answered with an error of some kind. Spec: ADP-5."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def serve(
    perform: Callable[[Mapping[str, Any]], dict[str, Any]], asked: BinaryIO, answered: BinaryIO
) -> None:
    """Answer line by line until the end or a bye; what raises broke inside.

    Spec: ADP-1, ADP-5, ADP-11.
    """
    while line := asked.readline(LINE_MAX + 1):
        request = parse(line)
        reply: dict[str, Any] = {"re": request["id"], "ok": True}
        try:
            reply |= perform(request)
        except Refused as no:
            reply |= {"ok": False, "error": {"kind": no.kind, "message": str(no)}}
        except Exception as fault:  # noqa: BLE001 - a foreign package may raise anything
            name, text = type(fault).__name__, str(fault)
            reply |= {"ok": False, "error": {"kind": "internal", "name": name, "message": text}}
        answered.write(line_of(reply))
        answered.flush()
        if request["op"] == "bye":
            return
