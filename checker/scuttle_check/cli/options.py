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
from scuttle_check.gossip.model_files import WRITES_MAX, read_any_model
from scuttle_check.gossip.own_profiles import Named, OwnProfile, profile_called, profile_typed
from scuttle_check.gossip.script import generated_script, read_script
from scuttle_ref.profile import Profile

HEAD = "\b\nExamples:"


def examples(*lines: str) -> str:
    """The epilog of a command, from lines that can be typed as they stand."""
    return "\n".join([HEAD, *(f"  {line}" for line in lines)])


Command: TypeAlias = Callable[..., Any]


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


class ProfileType(click.ParamType):  # type: ignore[type-arg]
    """A profile: one of ours by its name, or a rule file. Spec: PROF-8."""

    name = "profile"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Named:
        """The name of ours, or what the file says. Raises a Fault."""
        del ctx
        flag = param.opts[0] if isinstance(param, click.Option) else "profile"
        return value if isinstance(value, OwnProfile) else profile_typed(str(value), flag)

    def get_metavar(self, *_context: Any, **_also: Any) -> str:
        """How the help of a command writes it."""
        return "NAME|FILE"


rules_option = click.option(
    "--profile",
    type=ProfileType(),
    default="documented",
    show_default=True,
    help="The rules of the nodes: a profile, or a rule file (.toml).",
)
"""The profile of nodes that are run, where there always is one."""


report_option: Callable[[Command], Command] = click.option(
    "--report",
    metavar="junit=FILE",
    help="Write the verdicts for a build server, as JUnit XML.",
)
"""The flag of whatever judges and has one kind of report."""


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


class Nodes(click.ParamType):  # type: ignore[type-arg]
    """Names of nodes, with commas between."""

    name = "nodes"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The names."""
        del param, ctx
        return value if isinstance(value, tuple) else _names(str(value))


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
    _budget("--stops", "Nodes that stop for good."),
    click.option(
        "--may-crash",
        type=Nodes(),
        metavar="A,B",
        help="The nodes that may crash or stop. Default: all.",
    ),
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
    click.option(
        "--profile",
        type=ProfileType(),
        help="The rules of the nodes: a profile, or a rule file (.toml). Default: documented.",
    ),
    click.option("--topology", "topology_name", metavar="FAMILY:N|FILE", help="Default: line:2."),
    click.option("--writers", metavar="all|A,C", help="Who sets values. Default: all."),
    click.option(
        "--writes", type=click.IntRange(0), metavar="N", help="Sets per writer. Default: 1."
    ),
    click.option(
        "--keys", type=click.IntRange(1), metavar="K", help="Keys cycled through. Default: 1."
    ),
    click.option(
        "--exchanges",
        type=click.IntRange(0),
        metavar="N",
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


model_argument: Callable[[Command], Command] = click.argument(
    "model", required=False, metavar="[MODEL]"
)
"""What a command is about: a model file, a case, or whatever else it opens. Spec: CHK-17."""

_NAMES = ("case_name", "model")
"""The parameters that name a model. The others describe one, or what differs from a named one."""


def model_options(command: Command) -> Command:
    """Give a command MODEL, and the flags that describe one. :func:`experiment_from` reads them."""
    for option in reversed((model_argument, *MODEL_OPTIONS)):
        command = option(command)
    return command


def model_flags() -> tuple[str, ...]:
    """The parameter names of the flags that describe a model, without those that name one."""
    probe = click.command()(model_options(lambda: None))
    names = [parameter.name or "" for parameter in probe.params]
    return tuple(name for name in names if name not in _NAMES)


def overridden(flags: Mapping[str, Any]) -> bool:
    """Whether some flag describes a model, or says what differs from a named one."""
    return any(flags[name] not in {None, ()} for name in model_flags())


def describes_model(flags: Mapping[str, Any]) -> bool:
    """Whether any flag says what to explore."""
    return named(flags) is not None or overridden(flags)


def named(flags: Mapping[str, Any]) -> str | None:
    """The file or the case that was named. Raises UsageFault."""
    names = [flags[each] for each in _NAMES if flags.get(each) is not None]
    if len(names) > 1:
        raise UsageFault("choose one model", where="--case", hint="leave out MODEL, or --case")
    return str(names[0]) if names else None


def case_named(flags: Mapping[str, Any]) -> str | None:
    """The case that was named, if it is one and no flag changes it."""
    name = named(flags)
    return None if name is None or looks_like_file(name) or overridden(flags) else name


def experiment_from(flags: Mapping[str, Any]) -> Experiment:
    """The model that was named, and what the flags say. Raises a Fault. Spec: CHK-17.

    A flag takes the place of what the file or the case says; a topology or a script that is given
    takes the place of its script, and of what nodes that are there no more had of their own.
    """
    name = named(flags)
    model = _described(flags) if name is None else _changed(model_named(name), flags)
    say_unread(profile_called(model.profile), flags)
    return model


def looks_like_file(name: str) -> bool:
    """Whether a model is named by a path, and not as a case."""
    return Path(name).suffix.lower() in FILE_SUFFIXES or Path(name).exists()


FILE_SUFFIXES = {".toml", ".json"}


def model_named(name: str) -> Experiment:
    """The model of a file of any of our formats, or a case. Raises UsageFault. Spec: CHK-17."""
    if not looks_like_file(name):
        try:
            return catalogue.find_case(catalogue.load_catalogue(), name).experiment
        except UsageFault as fault:
            problem = f"no model file and no case {name!r}"
            raise UsageFault(problem, where="MODEL", expected=fault.expected) from None
    return read_any_model(Path(name))


SAYS_SCRIPT = ("topology_name", "writers", "writes", "keys", "script")


def _changed(model: Experiment, flags: Mapping[str, Any]) -> Experiment:
    """The model with what flags say in its place."""
    told = _described({**flags, "topology_name": flags["topology_name"] or model.topology})
    fields: dict[str, Any] = {
        field: getattr(told, field)
        for field, name in FIELDS.items()
        if flags[name] not in {None, ()}
    }
    if any(flags[name] is not None for name in SAYS_SCRIPT):
        here = told.topology.node_index
        kept = tuple((node, own) for node, own in model.nodes if node in here)
        fields |= {"topology": told.topology, "script": told.script, "nodes": kept}
    budgets = [each.name for each in attrs.fields(Misfortune)]
    changes = {name: flags[name] for name in budgets if flags[name] is not None}
    return attrs.evolve(model, faults=attrs.evolve(model.faults, **changes), **fields)


FIELDS = {
    **{name: name for name in ("profile", "network", "exchanges", "max_history", "mtu")},
    **{name: name for name in ("resolver", "wiring", "processes")},
}
"""The fields of an experiment that a flag of the same name says, but for topology and faults."""


def _described(flags: Mapping[str, Any]) -> Experiment:
    for name in ("topology_name", "writers", "resolver"):
        if flags[name] == "":
            flag = f"--{name.removesuffix('_name')}"
            raise UsageFault("is empty", where=flag, hint="leave the flag out for its default")
    shape = flags["topology_name"] or "line:2"
    graph = topology(shape) if isinstance(shape, str) else shape
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
    return Experiment(
        topology=graph,
        script=script,
        profile=flags["profile"] or "documented",
        network=flags["network"] or "fifo",
        exchanges=1 if flags["exchanges"] is None else flags["exchanges"],
        **limits_given(flags),
        resolver=flags["resolver"] or "lww_total",
        faults=_faults(flags),
        wiring=flags["wiring"] or "addressed",
        processes=tuple(_names(text) for text in flags["processes"]),
    )


def _faults(flags: Mapping[str, Any]) -> Misfortune:
    names = [attribute.name for attribute in attrs.fields(Misfortune)]
    if flags["restart"] is not None and not flags["crashes"] and named(flags) is None:
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
