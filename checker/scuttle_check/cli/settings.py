"""Settings: defaults of options that stand in the environment or in a project's pyproject.toml.

What is typed wins over a variable ``SCUTTLE_VERB_OPTION``, that over ``[tool.scuttle.VERB]``, and
that over the default of the option. A setting that no option has is told of: a default that is
silently not in force is worse than none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from attrs import field, frozen
from click.core import ParameterSource

from scuttle_check.base.errors import UsageFault

ORIGINS = "scuttle.origins"
"""In the ``meta`` of a click context: where each default that is a setting stands."""

NOT_OPTIONS = {
    "SCUTTLE_TRACEBACK": "shows what nobody foresaw with its traceback",
    "SCUTTLE_STATE": "where scuttle learn remembers progress",
    "SCUTTLE_TLA2TOOLS": "a tla2tools.jar, for scuttle twin",
    "SCUTTLE_CONFORM_PROCESS": "marks what the oracle has started",
    "SCUTTLE_ELSEWHERE": "marks a process that answers for a resolver",
    "SCUTTLE_BROWSER": "a Chromium, for the tests of the explorer",
    "SCUTTLE_PYODIDE": "a Pyodide, for the tests of the explorer",
    "SCUTTLE_SIMPLE_SCUTTLE": "a checkout of simple-scuttle, for the tests of a node beside it",
    "SCUTTLE_KILLS": "how often the tests kill a node or a search",
}
"""Variables that begin like settings and are none, with what they are for."""


@frozen
class Settings:
    """The table ``[tool.scuttle]`` of the file `path`; without a path there is none."""

    path: Path | None = None
    table: Mapping[str, Any] = field(factory=dict)

    def defaults(
        self, command: click.Command, words: tuple[str, ...], rest: list[str], ctx: click.Context
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Click's map of defaults for the command ``scuttle WORDS``, and where each one stands.

        Of a group also those of the command that `rest` calls; no other is loaded for it.
        Raises UsageFault. Spec: SET-1, SET-2.
        """
        where = ".".join(("tool.scuttle", *words))
        table = self._table(words)
        options = options_of(command)
        inner = command.list_commands(ctx) if isinstance(command, click.Group) else []
        self._refuse_unknown(table, [*options, *inner], where, words)
        found: dict[str, Any] = {}
        origins = {}
        for name, option in options.items():
            variable, key = variable_of(words, name), str(option.name)
            if os.environ.get(variable):
                found[key] = _from_text(option, os.environ[variable])
                origins[" ".join((*words, key))] = f"the variable {variable}"
            elif name in table:
                place = f"{where}.{name} in {self.path}"
                found[key] = _from_toml(option, table[name], place)
                origins[" ".join((*words, key))] = place
        called = next((word for word in rest if word in inner), None)
        below = (
            command.get_command(ctx, called)
            if isinstance(command, click.Group) and called
            else None
        )
        if below is not None and called is not None:
            found[called], more = self.defaults(
                below, (*words, called), rest[rest.index(called) + 1 :], ctx
            )
            origins |= more
        return found, origins

    def refuse_unknown(self, known: list[str]) -> None:
        """Raise UsageFault if the table names what is no command. Spec: SET-2."""
        self._refuse_unknown(self.table, known, "tool.scuttle", ())

    def _refuse_unknown(
        self, table: Mapping[str, Any], known: list[str], where: str, words: tuple[str, ...]
    ) -> None:
        for name in table:
            if name not in known:
                kind = f"option of scuttle {' '.join(words)}" if words else "command"
                raise UsageFault(
                    f"{name!r} is no {kind}",
                    where=f"[{where}] in {self.path}",
                    expected=f"one of {', '.join(known)}",
                    clause="SET-2",
                )

    def _table(self, words: tuple[str, ...]) -> Mapping[str, Any]:
        table: Any = self.table
        for at, word in enumerate(words):
            table = table.get(word, {})
            if not isinstance(table, dict):
                name = ".".join(("tool.scuttle", *words[: at + 1]))
                raise UsageFault(
                    f"is {table!r}", where=f"{name} in {self.path}", expected=f"a table, [{name}]"
                )
        found: Mapping[str, Any] = table
        return found


def options_of(command: click.Command) -> dict[str, click.Option]:
    """The options of a command by the name that a setting has: the long flag without dashes."""
    return {
        max(option.opts, key=len).lstrip("-"): option
        for option in command.params
        if isinstance(option, click.Option) and not option.is_eager
    }


def variable_of(words: tuple[str, ...], option: str) -> str:
    """The variable that sets an option of the command ``scuttle WORDS``."""
    return "_".join(("scuttle", *words, option)).upper().replace("-", "_")


def _from_text(option: click.Option, text: str) -> Any:
    """What a variable says, as click takes it; words are values of an option that repeats."""
    return text.split() if option.multiple else text


def _from_toml(option: click.Option, value: Any, where: str) -> Any:
    """What a file says, as click takes it: what is no flag as text, as if it had been typed."""
    if option.is_flag:
        expected, good = "true or false", isinstance(value, bool)
    elif option.multiple:
        value = [value] if _plain(value) else value
        expected = "a list of texts and numbers"
        good = isinstance(value, list) and all(map(_plain, value))
    else:
        expected, good = "a text or a number", _plain(value)
    if not good:
        raise UsageFault(f"is {value!r}", where=where, expected=expected)
    if option.is_flag:
        return value
    return [str(each) for each in value] if option.multiple else str(value)


def _plain(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def read_settings(folder: Path) -> Settings:
    """The settings of the project that `folder` lies in: of the nearest pyproject.toml above it.

    Raises UsageFault for a file that speaks of us and is no TOML. Spec: SET-1.
    """
    for above in (folder, *folder.parents):
        path = above / "pyproject.toml"
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if "scuttle" not in text:
            return Settings()
        import tomllib  # noqa: PLC0415 - most folders do without

        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as fault:
            problem = f"cannot be read ({fault})"
            raise UsageFault(problem, where=str(path), expected="a file in TOML") from None
        tool = document.get("tool", {})
        table = tool.get("scuttle", {}) if isinstance(tool, dict) else {}
        if not isinstance(table, dict):
            raise UsageFault("is no table", where=f"tool.scuttle in {path}")
        return Settings(path, table) if table else Settings()
    return Settings()


def origin(usage: click.ClickException) -> str:
    """Where a refused value stands, if nobody typed it; else an empty text. Spec: SET-3."""
    if not isinstance(usage, click.BadParameter) or usage.ctx is None or usage.param is None:
        return ""
    name = str(usage.param.name)
    if usage.ctx.get_parameter_source(name) is not ParameterSource.DEFAULT_MAP:
        return ""
    words, context = [name], usage.ctx
    while context.parent is not None:
        words.insert(0, str(context.info_name))
        context = context.parent
    found: str = usage.ctx.meta.get(ORIGINS, {}).get(" ".join(words), "")
    return found


def stray_variables(command: click.Command, words: tuple[str, ...]) -> Iterator[str]:
    """Variables that look like settings of the command ``scuttle WORDS`` and are none.

    Spec: SET-2.
    """
    if isinstance(command, click.Group):
        return
    known = {variable_of(words, option) for option in options_of(command)}
    for name in sorted(os.environ):
        mine = name.startswith(variable_of(words, ""))
        if mine and name not in known and name not in NOT_OPTIONS:
            yield name
