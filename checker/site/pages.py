"""Pages that are made and not written: the commands, the programming interface, the profiles."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Mapping

import click

import scuttle_ref
from checker.differences import rule_at
from scuttle_ref.profile import Profile, decision_points, rule_of
from scuttle_ref.profiles import PROFILES


def command_page(root: click.Group) -> str:
    """Every command with its help, as the terminal shows it."""
    context = click.Context(root, info_name="scuttle", max_content_width=100)
    lines = ["# The command line\n", _help(root, context)]
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        if command is None:
            continue
        lines.extend(_command(command, name, context, f"## scuttle {name}"))
    return "\n".join(lines)


def _command(command: click.Command, name: str, parent: click.Context, title: str) -> list[str]:
    context = click.Context(command, info_name=name, parent=parent)
    lines = [f"{title}\n", _help(command, context)]
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found is not None:
                lines.extend(_command(found, inner, context, f"#{title} {inner}"))
    return lines


def _help(command: click.Command, context: click.Context) -> str:
    return f"```text\n{command.get_help(context)}\n```\n"


def core_modules() -> list[str]:
    """The modules of the core, sorted."""
    found = pkgutil.iter_modules(scuttle_ref.__path__, "scuttle_ref.")
    return sorted(module.name for module in found if not module.ispkg)


def interface_pages() -> dict[str, str]:
    """One page for each module of the core, and one that lists them."""
    names = core_modules()
    listed = "\n".join(names)
    head = "# The core as Python\n\nPure functions on frozen values: start with the reducer.\n"
    pages = {"index": f"{head}\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n"}
    for name in names:
        pages[name] = (
            f"# {name}\n\n```{{eval-rst}}\n.. automodule:: {name}\n"
            "   :members:\n   :undoc-members:\n   :member-order: bysource\n```\n"
        )
    return pages


def profiles_page() -> str:
    """Every decision point, with the rule of each profile, its words and its code."""
    lines = [
        "# The profiles, rule by rule\n",
        "One protocol, several readings. A rule that several profiles share is shown once.\n",
    ]
    for point in decision_points():
        lines.append(f"## {point}\n")
        for names, profile in _by_rule(point).items():
            rule = rule_at(profile, point)
            says = rule.says.replace("*", r"\*")
            lines.append(f"**{names}**: `{rule.name}`. {says} {' '.join(rule.clauses)}\n")
            lines.append(f"```python\n{inspect.getsource(rule_of(profile, point)).rstrip()}\n```\n")
    return "\n".join(lines)


def _by_rule(point: str) -> Mapping[str, Profile]:
    """The profiles, those with the same rule at `point` together under their names."""
    rules: dict[object, list[str]] = {}
    for name, profile in PROFILES.items():
        rules.setdefault(rule_of(profile, point), []).append(name)
    return {", ".join(names): PROFILES[names[0]] for names in rules.values()}
