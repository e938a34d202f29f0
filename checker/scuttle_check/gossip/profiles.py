"""Where two profiles differ, in words: the rules' own docstrings, side by side."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from scuttle_check.gossip.citations import cited_in, first_sentence
from scuttle_check.gossip.foreign_rules import rules_for
from scuttle_ref.names import quoted
from scuttle_ref.profile import Profile, decision_points, deviations, rule_of


@frozen
class Rule:
    """A rule as a reader sees it: its name, what it says first, and the clauses it cites."""

    name: str
    says: str
    clauses: tuple[str, ...]


@frozen
class Difference:
    """A decision point at which two profiles choose different rules. Spec: PROF-2."""

    point: str
    one: Rule
    other: Rule


def rule_at(profile: Profile, point: str) -> Rule:
    """The rule of `profile` at a decision point, in words."""
    rule = rule_of(profile, point)
    docstring = rule.__doc__ or ""
    return Rule(rule.__name__, first_sentence(docstring), cited_in(docstring))


def rules_of(profile: Profile) -> dict[str, Rule]:
    """The rule of `profile` at every decision point. Spec: PROF-1."""
    return {point: rule_at(profile, point) for point in decision_points()}


def differences(one: Profile, other: Profile) -> tuple[Difference, ...]:
    """Every decision point at which the two differ, in the order of the protocol. Spec: PROF-2."""
    return tuple(
        Difference(each.point, rule_at(one, each.point), rule_at(other, each.point))
        for each in deviations(one, other)
    )


def rule_file(base: Profile) -> str:
    """A rule file with every rule of `base` as a comment, and what it says. Spec: PROF-8."""
    lines = [
        "# A profile of your own. Take the # from a rule and name another: one of ours, or a",
        '# function of yours as "module:function". Then: scuttle check --profile THIS_FILE',
        f"base = {quoted(base.name)}",
        "",
        "[rules]",
    ]
    for point, rule in rules_of(base).items():
        others = [name for name in rules_for(point) if name != rule.name]
        lines += ["", f"# {rule.says}", f"# {point} = {quoted(rule.name)}"]
        if others:
            lines.append(f"#   others: {', '.join(others)}")
    return "\n".join(lines)


def as_text(one: Profile, other: Profile) -> str:
    """The differences for a terminal."""
    found = differences(one, other)
    if not found:
        return f"{one.name} and {other.name} do not differ"
    width = max(len(one.name), len(other.name))
    lines = [f"{one.name} and {other.name} differ at {len(found)} decision points"]
    for each in found:
        lines.append(f"\n{each.point}: {each.one.name} -> {each.other.name}")
        for name, rule in ((one.name, each.one), (other.name, each.other)):
            lines.append(f"  {name:{width}}  {rule.says} [{', '.join(rule.clauses)}]")
    return "\n".join(lines)


def as_markdown(one: Profile, other: Profile) -> str:
    """The differences as a table of a specification page."""
    lines = [f"| decision point | {one.name} | {other.name} |", "|---|---|---|"]
    lines.extend(
        f"| {each.point} | {_cell(each.one)} | {_cell(each.other)} |"
        for each in differences(one, other)
    )
    return "\n".join(lines)


def _cell(rule: Rule) -> str:
    says = rule.says.replace("|", r"\|")
    return f"`{rule.name}`: {says} ({', '.join(rule.clauses)})"


def as_json(one: Profile, other: Profile) -> dict[str, Any]:
    """The differences as a JSON document."""
    return {
        "format": "scuttle-profiles-diff/2",
        "profiles": [one.name, other.name],
        "differences": [
            {
                "point": each.point,
                "rules": {one.name: rule_json(each.one), other.name: rule_json(each.other)},
            }
            for each in differences(one, other)
        ],
    }


def rule_json(rule: Rule) -> dict[str, Any]:
    """A rule as a JSON object."""
    return {"rule": rule.name, "says": rule.says, "clauses": list(rule.clauses)}
