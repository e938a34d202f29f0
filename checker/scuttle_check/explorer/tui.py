"""The explorer in a terminal."""

from __future__ import annotations

import sys
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Footer, Header, Input, OptionList, Static
from textual.widgets.option_list import Option

from scuttle_check.base.errors import UNFORESEEN
from scuttle_check.base.visible import shown as visible
from scuttle_check.explorer.explorable import Explorable
from scuttle_check.explorer.walk import Walk


class Explorer(App[None]):
    """A diagram, what the nodes know, what can happen next, and the properties.

    Texts of users may hold brackets, so nothing is read as markup, and what a terminal would obey,
    so that is escaped. Spec: NODE-10.
    """

    CSS = """
    #left { width: 3fr; border-right: solid $primary; }
    #right { width: 2fr; }
    #acts { height: auto; max-height: 14; }
    Static { padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,k", "go(-1)", "back"),
        Binding("right,j", "go(1)", "forward"),
        Binding("w", "wrong", "make it go wrong"),
        Binding("a", "beyond", "beyond the budgets"),
        Binding("slash", "say", "type a step"),
        Binding("q", "quit", "quit"),
    ]

    def __init__(self, walk: Walk) -> None:
        super().__init__()
        self.walk = walk
        self.title = visible(str(walk.document["title"]))
        self.beyond = False
        self.said = str(walk.document["note"])

    def compose(self) -> ComposeResult:
        """The panels."""
        yield Header()
        with Horizontal():
            with VerticalScroll(id="left"):
                yield Static(id="diagram", markup=False)
            with VerticalScroll(id="right"):
                yield Static(id="now", markup=False)
                yield Static(id="nodes", markup=False)
                yield OptionList(id="acts", markup=False)
                yield Static(id="properties", markup=False)
        yield Input(id="say", placeholder="a step: deliver A>B, A set k=2, crash B ...")
        yield Footer()

    def on_mount(self) -> None:
        """Show the start, the keys going to the list of steps."""
        self.show_all()
        self.query_one("#acts").focus()

    def show_all(self) -> None:
        """Fill every panel."""
        walk = self.walk
        self.query_one("#diagram", Static).update(self._diagram())
        now = Text().append(f"step {walk.at} of {len(walk.steps)}\n", style="dim")
        headline, *details = walk.why()
        now.append(visible(f"{headline}\n"), style="bold")
        now.append(visible("".join(f"{each}\n" for each in [*details, self.said] if each)))
        self.query_one("#now", Static).update(now)
        flight = [f"in flight {each}" for each in walk.flight()]
        nodes = Text(visible("\n".join([*walk.nodes(), *flight, ""])))
        nodes.highlight_regex(r"\S+\*(?=\s|$)", "bold yellow")
        self.query_one("#nodes", Static).update(nodes)
        properties = Text(visible("\n".join(["", *walk.properties()])))
        properties.highlight_regex(r"(?m)^BROKEN.*$", "bold red")
        properties.highlight_regex(r"(?m)^ok\b", "green")
        self.query_one("#properties", Static).update(properties)
        acts = self.query_one("#acts", OptionList)
        acts.clear_options()
        shown = [act for act in walk.acts() if self.beyond or not act.get("extra")]
        acts.add_options([Option(Text(visible(act["headline"])), id=act["label"]) for act in shown])
        if shown:
            acts.highlighted = 0

    def _diagram(self) -> Text:
        """All steps, the one that is shown in bold, and those after it dim."""
        lines = visible(self.walk.diagram(whole=True)).split("\n")
        shown = Text()
        for number, line in enumerate(lines):
            at = self.walk.at
            shown.append(f"{line}\n", "bold" if number in {0, at} else "dim" if number > at else "")
        return shown

    def take(self, label: str) -> None:
        """Take a step, or say why it cannot be taken."""
        self.said = self.walk.take(label) or ""
        self.show_all()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A step was chosen from the list."""
        self.take(str(event.option_id))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A step was typed."""
        event.input.value = ""
        self.query_one("#acts").focus()
        self.take(event.value.strip())

    def action_go(self, by: int) -> None:
        """One step back or forward."""
        self.walk.go(self.walk.at + by)
        self.said = ""
        self.show_all()

    def action_wrong(self) -> None:
        """Follow a shortest schedule that breaks a property."""
        self.said = self.walk.wrong()
        self.show_all()

    def action_beyond(self) -> None:
        """Show or hide what is beyond the budgets of the experiment."""
        self.beyond = not self.beyond
        self.show_all()

    def action_say(self) -> None:
        """Let a step be typed."""
        self.query_one("#say").focus()


def show(one: Explorable) -> None:
    """Run the explorer in this terminal until it is quit.

    Exits with 70 after a fault of its own, which the library has shown. Spec: END-2.
    """
    app = Explorer(Walk(one))
    app.run()
    if app.return_code:
        sys.exit(UNFORESEEN)
