"""The flags that describe one model, shared by the commands that explore models.

Examples at the end of a command's help.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isnan
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import click

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.network import NETWORKS, UNLIMITED, WIRINGS
from scuttle_check.engine.topology import Topology, topology
from scuttle_check.gossip import catalogue
from scuttle_check.gossip.bounds import DIGITS_MAX, LEAST, WORDS, limit_text, limit_typed
from scuttle_check.gossip.experiment import ANY, RESTARTS, Experiment, Misfortune
from scuttle_check.gossip.in_force import unread, unread_note
from scuttle_check.gossip.script import generated_script, read_script
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import PROFILES

HEAD = "\b\nExamples:"


def examples(*lines: str) -> str:
    """The epilog of a command, from lines that can be typed as they stand."""
    return "\n".join([HEAD, *(f"  {line}" for line in lines)])


Command: TypeAlias = Callable[..., Any]

WRITES_MAX = 100_000
"""The most writes of a model whose script is made from flags: each is kept, for each writer."""


class Amount(click.FloatRange):
    """A number in a range, where any comparison with what is no number would let that pass."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number. Raises BadParameter."""
        number: float = super().convert(value, param, ctx)
        if isnan(number):
            self.fail(f"{value!r} is no number.", param, ctx)
        return number


rules_option = click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    default="documented",
    show_default=True,
    help="The rules of the nodes.",
)
"""The profile of nodes that are run, where there always is one."""


def limit_option(flag: str, says: str) -> Callable[[Command], Command]:
    """A flag that takes a limit, and gives what was typed if it can be one, else None."""
    name = flag.removeprefix("--").replace("-", "_")

    def typed(text: str) -> str:
        try:
            return limit_text(limit_typed(text, name))
        except ValueError as problem:
            raise click.BadParameter(f"{text!r} is not {problem}") from None

    return click.option(flag, type=typed, metavar=f"N|{'|'.join(WORDS)}", help=says)


def losses(text: str | int) -> int:
    """A number from 0; UNLIMITED for the word ``any``. Raises BadParameter."""
    if text in {ANY, UNLIMITED}:
        return UNLIMITED
    typed = str(text)
    if not (typed.isascii() and typed.isdigit() and len(typed) <= DIGITS_MAX):
        raise click.BadParameter(f"{text!r} is neither an integer from 0 nor 'any'")
    return int(typed)


def _budget(flag: str, says: str) -> Callable[[Command], Command]:
    return click.option(flag, type=click.IntRange(0), metavar="N", help=f"{says} Default: 0.")


FAULT_OPTIONS: tuple[Callable[[Command], Command], ...] = (
    click.option(
        "--losses",
        type=losses,
        metavar="N|any",
        help="Messages lost in a run. Default: the network's.",
    ),
    click.option(
        "--duplicates",
        type=click.IntRange(0),
        metavar="N",
        help="Messages that arrive twice. Default: the network's.",
    ),
    _budget("--overtakings", "Messages that overtake those sent before."),
    _budget("--cuts", "Connections that break; each may heal."),
    _budget("--crashes", "Crashes of nodes; each may come back."),
    click.option(
        "--restart",
        type=click.Choice(RESTARTS),
        help="With what crashed nodes come back. Default: persisted.",
    ),
    _budget("--pauses", "Pauses of nodes; each may end."),
    click.option(
        "--wiring",
        type=click.Choice(WIRINGS),
        help="Who hears a message: its addressee, or every neighbour. Default: addressed.",
    ),
    click.option(
        "--process",
        "processes",
        multiple=True,
        metavar="A,B",
        help="Nodes that live in one process. May be repeated.",
    ),
)
"""What may go wrong in a run, as budgets, and how nodes are wired and housed."""


MODEL_OPTIONS: tuple[Callable[[Command], Command], ...] = (
    click.option("--profile", type=click.Choice(list(PROFILES)), help="Default: documented."),
    click.option("--topology", "topology_name", metavar="FAMILY:N|FILE", help="Default: line:2."),
    click.option("--writers", metavar="all|A,C", help="Who sets values. Default: all."),
    click.option(
        "--writes", type=click.IntRange(0), metavar="N", help="Sets per writer. Default: 1."
    ),
    click.option(
        "--keys", type=click.IntRange(1), metavar="K", help="Keys cycled through. Default: 1."
    ),
    click.option(
        "--gossips",
        type=click.IntRange(0),
        metavar="G",
        help="Exchanges per directed link. Default: 1.",
    ),
    click.option("--network", type=click.Choice(list(NETWORKS)), help="Default: fifo."),
    limit_option("--max-history", "How many updates a node remembers. Default: unlimited."),
    limit_option("--mtu", "How many updates an answer carries. Default: unlimited."),
    click.option("--resolver", metavar="NAME|pkg.mod:fn", help="Default: lww_total."),
    click.option(
        "--script", type=click.Path(path_type=Path), help="A script file instead of writers."
    ),
    *FAULT_OPTIONS,
    click.option("--case", "case_name", metavar="ROW:PROFILE", help="One model of the catalogue."),
)
"""Every flag that says what to explore.

Defaults are None, or () for flags that may be repeated, so that a command sees what was given.

A new flag is added here and in :func:`experiment_from`, and every command has it.
"""


def model_options(command: Command) -> Command:
    """Give a command the flags that describe a model. :func:`experiment_from` reads them."""
    for option in reversed(MODEL_OPTIONS):
        command = option(command)
    return command


def model_flags() -> tuple[str, ...]:
    """The parameter names of the flags that describe a model, without ``case_name``."""
    probe = click.command()(model_options(lambda: None))
    names = [parameter.name or "" for parameter in probe.params]
    return tuple(name for name in names if name != "case_name")


def describes_model(flags: Mapping[str, Any]) -> bool:
    """Whether any flag says what to explore."""
    return _any_given(flags, (*model_flags(), "case_name"))


def _any_given(flags: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    return any(flags[name] not in {None, ()} for name in names)


def experiment_from(flags: Mapping[str, Any]) -> Experiment:
    """The experiment that the flags describe, or the case they name. Raises UsageFault."""
    if flags["case_name"] is None:
        return _described(flags)
    if _any_given(flags, model_flags()):
        raise UsageFault("choose a case or describe a model, not both", where="--case")
    return catalogue.find_case(catalogue.load_catalogue(), flags["case_name"]).experiment


def _described(flags: Mapping[str, Any]) -> Experiment:
    for name in ("topology_name", "writers", "resolver"):
        if flags[name] == "":
            flag = f"--{name.removesuffix('_name')}"
            raise UsageFault("is empty", where=flag, hint="leave the flag out for its default")
    graph = topology(flags["topology_name"] or "line:2")
    script_file = flags["script"]
    if script_file is not None:
        for name in ("writers", "writes", "keys"):
            if flags[name] is not None:
                raise UsageFault("the script says who writes what", where=f"--{name}")
        script = read_script(script_file, graph)
    else:
        chosen = _writers(flags["writers"] or "all", graph)
        writes = 1 if flags["writes"] is None else flags["writes"]
        if writes * len(chosen) > WRITES_MAX:
            problem = f"asks for {writes * len(chosen):,} writes"
            raise UsageFault(problem, where="--writes", expected=f"{WRITES_MAX:,} at most in all")
        script = generated_script(graph, chosen, writes, flags["keys"] or 1)
    profile = flags["profile"] or "documented"
    say_unread(PROFILES[profile], flags)
    return Experiment(
        topology=graph,
        script=script,
        profile=profile,
        network=flags["network"] or "fifo",
        exchanges=1 if flags["gossips"] is None else flags["gossips"],
        **limits_given(flags),
        resolver=flags["resolver"] or "lww_total",
        faults=_faults(flags),
        wiring=flags["wiring"] or "addressed",
        processes=tuple(_names(text) for text in flags["processes"]),
    )


def _faults(flags: Mapping[str, Any]) -> Misfortune:
    names = [attribute.name for attribute in attrs.fields(Misfortune)]
    if flags["restart"] is not None and not flags["crashes"]:
        raise UsageFault("nothing comes back without --crashes", where="--restart")
    return Misfortune(**{name: flags[name] for name in names if flags[name] is not None})


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


READ_FROM = {"resolve": "resolver", "max_history": "max_history", "mtu": "mtu"}
"""The settings of a node that flags give, and the parameters of the commands."""


def limits_given(flags: Mapping[str, Any]) -> dict[str, Any]:
    """The limits that were typed; who types none gets what the receiver takes for its default."""
    typed = {name: flags[name] for name in LEAST if flags[name] is not None}
    return {name: limit_typed(text, name) for name, text in typed.items()}


def say_unread(profile: Profile, flags: Mapping[str, Any]) -> None:
    """A note for each setting that was typed and that no rule of the profile reads."""
    given = tuple(setting for setting, name in READ_FROM.items() if flags.get(name) is not None)
    for setting in unread(profile, given):
        flag = f"--{READ_FROM[setting].replace('_', '-')}"
        click.echo(f"note: {unread_note(profile, setting)}: {flag} changes nothing", err=True)


def _writers(text: str, graph: Topology) -> tuple[str, ...]:
    if text == "all":
        return graph.nodes
    names = _names(text)
    for name in names:
        if name not in graph.node_index:
            known = ", ".join(graph.nodes)
            raise UsageFault(f"no node {name!r}", where="--writers", expected=f"all, or of {known}")
    return names
