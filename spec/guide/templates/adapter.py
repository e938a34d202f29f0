"""An adapter in Python. Put your implementation in the place of Node; the rest can stay."""

import json
import sys


class Node:
    """A small Scuttlebutt (the textbook profile), so that this template runs as it is."""

    def __init__(self, name, config):
        limit = config.get("max_history") or 10
        self.limit = float("inf") if isinstance(limit, dict) else limit
        self.name, self.clock, self.store, self.history, self.named = name, {}, {}, [], {}

    def set(self, key, value):
        named_well(key, empty=True)
        version = self.clock.get(self.name, 0) + 1
        if version > 2**53:
            raise ValueError("no version is left: take a new id")
        self.take({"key": key, "value": value, "source_id": self.name, "version": version})

    def take(self, update):
        source, version, key = update["source_id"], update["version"], update["key"]
        if version <= self.clock.get(source, 0):
            return
        self.clock[source] = version
        held = self.store.get(key)
        if held is None or (version, source) > (held["version"], held["source_id"]):
            self.store[key] = update
        self.history.append(update)
        self.history.sort(key=lambda each: (each["version"], each["source_id"]))
        while len(self.history) > self.limit:
            self.history.pop(0)

    def gossip(self):
        lines = [{"digest": True, "source_id": s, "version": v} for s, v in self.clock.items()]
        return [*lines, {"digest": True, "done": True}]

    def hear(self, peer, message):
        message = checked(message)
        named = self.named.setdefault(peer, set())
        if message.get("digest") and message.get("done"):
            del self.named[peer]
            return [each for each in self.history if each["source_id"] not in named]
        if message.get("digest"):
            source, above = message["source_id"], message["version"]
            named.add(source)
            news = [each for each in self.history if each["source_id"] == source]
            return [each for each in news if each["version"] > above]
        self.take(message)
        return []


RESERVED = {
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
}


def named_well(name, empty=False):
    """A key or an id: a text that is no property of every JavaScript object."""
    if not isinstance(name, str) or name in RESERVED or not (name or empty):
        raise ValueError(f"no name: {name!r}")
    return name


def checked(message):
    """A message with the members that it has, and no others. What a peer sends may be anything."""
    if not isinstance(message, dict):
        raise TypeError("no message")
    if message.get("digest") is True and message.get("done") is True:
        return {"digest": True, "done": True}
    version = message["version"]
    if "digest" in message:
        if isinstance(version, dict):  # {"$num": "-Infinity"}: nothing is known
            version = -1
        if message["digest"] is not True or type(version) is not int or version > 2**53:
            raise ValueError("no digest line")
        return {"digest": True, "source_id": named_well(message["source_id"]), "version": version}
    if type(version) is not int or not 1 <= version <= 2**53:
        raise ValueError("no version")
    key, source = named_well(message["key"], empty=True), named_well(message["source_id"])
    return {"key": key, "value": message["value"], "source_id": source, "version": version}


# ---- the adapter: requests on standard input, answers on standard output ---------------------------

CAPABILITIES = ["set", "get", "write", "gossip", "inspect"]
nodes = {}


def answer(q):
    op, node = q["op"], nodes.get(q.get("node"))
    if op == "hello":
        sut = {"name": "template", "version": "1", "language": "python"}
        return {"version": 1, "sut": sut, "capabilities": CAPABILITIES}
    if op == "init":
        nodes.clear()
        nodes.update({each["node"]: Node(each["id"], each["config"]) for each in q["nodes"]})
        return {}
    if op == "bye":
        return {}
    if op == "set":
        node.set(q["key"], q["value"])
        return {"out": []}
    if op == "write":
        return {"out": node.hear(q.get("from", "peer"), q["message"])}
    if op == "gossip":
        return {"out": node.gossip()}
    if op == "get":
        held = node.store.get(q["key"])
        return {"result": {"value": held and held["value"], "version": held and held["version"]}}
    if op == "inspect":
        return {"state": node.store, "clock": node.clock, "history": node.history}
    return None


for line in sys.stdin:
    request = json.loads(line)
    try:
        told = answer(request)
        reply = {"ok": True, **told} if told is not None else None
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        reply = {"ok": False, "error": {"kind": "rejected", "message": str(fault)}}
    if reply is None:
        reply = {"ok": False, "error": {"kind": "unsupported"}}
    print(json.dumps({"re": request["id"], **reply}), flush=True)
    if request["op"] == "bye":
        break
