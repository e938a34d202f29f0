"""The vectors as scenes: the shortest conversations that tell each wrong rule, tried first.

The acceptor judges them, not the expectations that are written beside them: those know one answer
where a profile may leave a choice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from scuttle_check.base.errors import Fault
from scuttle_check.base.files import read_members
from scuttle_check.base.resources import spec_folder
from scuttle_check.oracle.live.scene import NODES, News, Operation, Put, Scene, Setting, Start, Tell
from scuttle_check.oracle.wire import decoded

FORMAT: Final = "scuttle-vectors/1"
SETTINGS: Final = frozenset({"mtu", "max_history", "resolve", "sort"})


def vector_scenes(profile: str, levels: Collection[str] = ("step",)) -> tuple[Scene, ...]:
    """The scenes of the vectors of a profile, each once; none when it has no vectors.

    Spec: ORA-14.
    """
    file = spec_folder() / "vectors" / f"{profile}.json"
    if not file.is_file():
        return ()
    try:
        document = read_members(file, FORMAT, {"vectors": list})
    except Fault:
        return ()
    found = [_scene(each) for each in document["vectors"] if each.get("level") in levels]
    unique: list[Scene] = []
    for scene in found:
        if scene is not None and scene not in unique:
            unique.append(scene)
    return tuple(unique)


def _scene(vector: Mapping[str, Any]) -> Scene | None:
    """The scene of a vector, or None when it is about something that scenes do not have."""
    nodes = vector["nodes"]
    if any(each["id"] not in NODES or set(each) - {"node", "id", "config"} for each in nodes):
        return None
    config = decoded(nodes[0]["config"])
    if set(config) - SETTINGS or any(each["config"] != nodes[0]["config"] for each in nodes):
        return None
    ids = {each["node"]: each["id"] for each in nodes}
    steps = [_operation(step["do"], ids) for step in vector["steps"]]
    return Scene(Setting(**config), tuple(step for step in steps if step is not None))


def _operation(asked: Mapping[str, Any], ids: Mapping[str, str]) -> Operation | None:
    """What a request does; nodes are looked at anyway, so asking for that does nothing."""
    request = decoded(dict(asked))
    node = ids.get(request.get("node", ""), "")
    match request["op"]:
        case "set":
            return Put(node, request["key"], request["value"])
        case "write":
            return Tell(request.get("from", "P"), node, (request["message"],))
        case "gossip":
            return Start(node, request.get("peer", "P"))
        case "news":
            return News(node, request["source_id"], request["version"])
        case _:
            return None
