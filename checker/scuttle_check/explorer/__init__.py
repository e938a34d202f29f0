"""The explorer: one page over a model that is played, a file of worlds, or a recording.

`play` and `views` compute, `sources` reads what can be opened, `explorable` answers the page,
`tables` and `export` put a model into one file, `server` answers over HTTP. ``front/`` is the
page, written by hand.
"""
