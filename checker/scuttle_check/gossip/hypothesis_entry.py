"""What Hypothesis calls when it starts: the types of Scuttlebutt can be drawn by their annotation.

Laws of this file: light, because everybody who imports Hypothesis here waits for it.
"""

from __future__ import annotations


def register() -> None:
    """Register the strategies, without importing what draws them until one is drawn."""
    from hypothesis import strategies as st  # noqa: PLC0415 - Hypothesis is just being imported

    from scuttle_ref.messages import Digest, DigestDone, Put, Update  # noqa: PLC0415

    def later(name: str) -> st.SearchStrategy[object]:
        def make() -> st.SearchStrategy[object]:
            from scuttle_check.gossip import strategies  # noqa: PLC0415 - see above

            made: st.SearchStrategy[object] = getattr(strategies, name)()
            return made

        return st.deferred(make)

    st.register_type_strategy(Update, later("updates"))
    st.register_type_strategy(Digest, later("digests"))
    st.register_type_strategy(DigestDone, st.builds(DigestDone, st.booleans()))
    st.register_type_strategy(Put, later("commands"))
