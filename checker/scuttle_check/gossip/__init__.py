"""The bridge: the only room that knows both the protocol and the engine."""
