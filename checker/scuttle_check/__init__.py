"""The checker: a generic engine, a bridge to Scuttlebutt, and the edges people use."""
