"""What the source of a function of JavaScript mentions: constants, and the names it speaks of.

No parser: words, numbers, texts and patterns are told apart, and of a file those statements are
looked at that the function names, or that they name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from attrs import field, frozen

from scuttle_check.gossip.javascript.naming import Script

FILES_MAX = 20
SIZE_MAX = 1 << 20

_TOKEN = re.compile(
    r"""
    (?P<comment> //[^\n]* | /\*.*?\*/ )
  | (?P<text> "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
  | (?P<template> `(?:\\.|[^`\\])*` )
  | (?P<number> (?<![\w$.]) (?: 0[xX][\da-fA-F_]+ | 0[bB][01_]+ | 0[oO][0-7_]+
      | (?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)? ) n? )
  | (?P<word> [A-Za-z_$][\w$]* )
  | (?P<space> \s+ )
  | (?P<sign> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_PATTERN = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*")
_BEFORE_PATTERN = frozenset("(,=:[!&|?{};+-*%<>~^\n")
_STARTS = frozenset({"export", "function", "const", "let", "var", "class", "import"})
_OPEN, _CLOSE = "([{", ")]}"


@frozen
class Token:
    """A piece of source: its kind and its text."""

    kind: str
    text: str


@frozen
class Source:
    """The source of one function, of which no more is known."""

    text: str


@frozen
class Mentioned:
    """What a function and all that it names mention. `members` are read of something."""

    constants: tuple[object, ...] = ()
    names: frozenset[str] = field(factory=frozenset[str])
    members: tuple[str, ...] = ()


def tokens_of(source: str) -> Iterator[Token]:
    """The tokens of a source, without comments and blanks."""
    at, before = 0, "\n"
    while at < len(source):
        pattern = _PATTERN.match(source, at) if source[at] == "/" else None
        if pattern and source[at + 1 : at + 2] not in {"/", "*"} and before in _BEFORE_PATTERN:
            yield Token("pattern", pattern[0])
            at, before = pattern.end(), "/"
            continue
        found = _TOKEN.match(source, at)
        assert found is not None and found.lastgroup is not None  # noqa: PT018, S101 - "." takes all
        if found.lastgroup not in {"comment", "space"}:
            yield Token(found.lastgroup, found[0])
            before = "\n" if found[0] == "return" else found[0][-1]
        at = found.end()


def mentioned_in(script: Script | Source) -> Mentioned:
    """What the function of a script mentions, with the helpers beside it and in files it imports.

    Where the function cannot be found in its file, the whole file counts.
    """
    if isinstance(script, Source):
        return _mentioned(list(tokens_of(script.text)))
    statements: list[tuple[set[str], list[Token]]] = []
    for source in _sources(script.path):
        statements += _statements(source)
    wanted = {script.member.split(".")[0]}
    declared = {name for names, _ in statements for name in names}
    if not wanted & declared:
        wanted = declared
    taken: list[list[Token]] = []
    rest = list(statements)
    while True:
        near = [each for each in rest if each[0] & wanted]
        if not near:
            break
        rest = [each for each in rest if each not in near]
        taken += [tokens for _, tokens in near]
        wanted = {token.text for _, tokens in near for token in tokens if token.kind == "word"}
    return _mentioned([token for each in taken or map(_tokens, statements) for token in each])


def _tokens(statement: tuple[set[str], list[Token]]) -> list[Token]:
    return statement[1]


def _mentioned(tokens: list[Token]) -> Mentioned:
    constants = dict.fromkeys((type(each), each) for token in tokens for each in _values(token))
    names = frozenset(token.text for token in tokens if token.kind == "word")
    members = dict.fromkeys(
        word.text
        for before, word, then in zip(tokens, tokens[1:], [*tokens[2:], None], strict=False)
        if before.text == "." and word.kind == "word" and (then is None or then.text != "(")
    )
    return Mentioned(tuple(each for _, each in constants), names, tuple(members))


def _sources(path: Path) -> Iterator[str]:
    """The text of a file and of those that it imports by a relative path."""
    waiting, known = [path], set[Path]()
    for each in waiting:
        if each in known or len(known) == FILES_MAX or not each.is_file():
            continue
        known.add(each)
        text = each.read_text(encoding="utf-8", errors="replace")[:SIZE_MAX]
        yield text
        for found in re.findall(r"""(?:from|import|require\()\s*["'](\.[^"']+)["']""", text):
            beside = (each.parent / found).resolve()
            endings = ("", ".js", ".mjs", ".cjs", ".ts", ".mts", "/index.js")
            waiting += [Path(f"{beside}{ending}") for ending in endings]


def _statements(source: str) -> Iterator[tuple[set[str], list[Token]]]:
    """The statements on the outermost level, each with the names that it declares or exports."""
    depth, part = 0, list[Token]()
    for token in tokens_of(source):
        before = part[-1].text if part else ""
        starts = token.text in _STARTS and before not in {"export", "default", "async"}
        starts = starts or (token.text in {"module", "exports"} and before not in {".", "="})
        if depth == 0 and starts:
            if part:
                yield _declared(part), part
            part = []
        part.append(token)
        if token.kind == "sign":
            depth += (token.text in _OPEN) - (token.text in _CLOSE)
    if part:
        yield _declared(part), part


def _declared(tokens: list[Token]) -> set[str]:
    words = [token.text for token in tokens]
    found = set[str]()
    if "default" in words[:2]:
        found.add("default")
    for word, then in pairwise(words):
        if word in {"function", "const", "let", "var", "class", "exports", "*"}:
            found.add(then)
        if word == ".":
            found.add(then)
        if word in {"function", "const", "let", "var", "class"} and then != "{":
            break
    if words[:2] in (["const", "{"], ["export", "{"]) or words[:3] == ["export", "const", "{"]:
        found |= {token.text for token in tokens if token.kind == "word"}
    return found


def _values(token: Token) -> Iterator[object]:
    """The constants in a token."""
    if token.kind == "text":
        body = token.text[1:-1]
        with suppress(ValueError):
            escaped = body.replace("\\'", "'").replace('"', '\\"').replace('\\\\"', '\\"')
            yield json.loads(f'"{escaped}"')
    elif token.kind == "template":
        yield from re.findall(r"[\w.:/-]+", re.sub(r"\$\{.*?\}", " ", token.text[1:-1]))
    elif token.kind == "pattern":
        yield from re.findall(r"\w[\w.:/-]*", token.text.rpartition("/")[0])
    elif token.kind == "number":
        with suppress(ValueError):
            yield _number(token.text.rstrip("n").replace("_", ""))
    elif token.text in {"true", "false"}:
        yield token.text == "true"


def _number(text: str) -> int | float:
    if text[:2].lower() in {"0x", "0b", "0o"}:
        return int(text, 0)
    found = float(text)
    return int(found) if found.is_integer() and abs(found) < 2**53 else found
