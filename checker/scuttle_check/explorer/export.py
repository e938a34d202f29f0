"""One file with the page and every world it can show: it works from disk, without a server."""

from __future__ import annotations

import base64
import html
import json
import re
from hashlib import sha256
from pathlib import Path

from scuttle_check.base.kept_files import write_new
from scuttle_check.explorer.explorable import WORLDS_TAG, Explorable, Modelled
from scuttle_check.explorer.fixed import Fixed
from scuttle_check.explorer.tables import NEIGHBOURS_MAX, WORLDS_MAX, chains, tabulated
from scuttle_check.explorer.views import Json

FRONT = Path(__file__).parent / "front"
MODULES = ("app", "backends", "diagram", "panels", "trace")

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src data:"
"""What a file of worlds may load: nothing but itself. Spec: EXPL-11."""

_INLINE = re.compile(r"<script(?![^>]*(?:src=|application/json))[^>]*>(.*?)</script>", re.DOTALL)


def front(name: str) -> str:
    """The text of a file of the page."""
    return (FRONT / name).read_text(encoding="utf-8")


def page(head: str, foot: str) -> str:
    """The page with these parts."""
    return front("page.html").replace("<!-- head -->", head).replace("<!-- foot -->", foot)


def allowing(policy: str, *parts: str) -> str:
    """A policy that ends with its `script-src`, and the scripts that stand in parts of a page.

    Each is named by its digest, so that no other script runs that got into the page.

    Spec: EXPL-13.
    """
    texts = [text for part in parts for text in _INLINE.findall(part)]
    sums = [base64.b64encode(sha256(text.encode()).digest()).decode("ascii") for text in texts]
    return " ".join([policy, *(f"'sha256-{each}'" for each in sums)])


def meta_policy(policy: str) -> str:
    """A policy as an element of a page, which holds for what stands behind it."""
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'


def import_map(addresses: dict[str, str]) -> str:
    """What the names of the modules stand for."""
    imports = {f"scuttle/{name}": address for name, address in addresses.items()}
    return f'<script type="importmap">{json.dumps({"imports": imports})}</script>'


def inlined(name: str) -> str:
    """A module as an address that holds it."""
    text = base64.b64encode(front(f"{name}.js").encode()).decode("ascii")
    return f"data:text/javascript;base64,{text}"


def document_of(
    one: Explorable, worlds_max: int = WORLDS_MAX, neighbours_max: int = NEIGHBOURS_MAX
) -> Json:
    """What a file of worlds holds of a model or of a recording."""
    if isinstance(one, Modelled):
        document = tabulated(one, worlds_max, neighbours_max)
    elif isinstance(one, Fixed):
        document = chains(one)
    else:
        raise TypeError(f"{type(one).__name__} has no worlds to write")
    spoken = json.dumps([document["texts"], document["properties"]])
    cited = set(re.findall(r"\b[A-Z]{2,}-\d+\b", spoken))
    clauses = {name: says for name, says in document["clauses"].items() if name in cited}
    return {**document, "clauses": clauses}


def page_of(one: Explorable) -> str:
    """The file of worlds of a model or of a recording. Spec: EXPL-9, EXPL-11."""
    return page_from(document_of(one))


def page_from(document: Json) -> str:
    """The file of worlds that holds `document`."""
    data = json.dumps(document, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    modules = import_map({name: inlined(name) for name in MODULES})
    foot = "\n".join(
        (
            f"<noscript><pre>{html.escape(told(document))}</pre></noscript>",
            f"{WORLDS_TAG}{data}</script>",
            '<script type="module">',
            'import { start } from "scuttle/app";',
            'import { embedded } from "scuttle/backends";',
            'start(embedded(JSON.parse(document.getElementById("worlds").textContent)));',
            "</script>",
        )
    )
    policy = meta_policy(allowing(POLICY, modules, foot))
    return page(f"{policy}\n<style>\n{front('style.css')}</style>\n{modules}", foot)


def told(document: Json) -> str:
    """The runs of a document as text, for readers without scripts."""
    lines = [str(document["title"]), str(document["note"])]
    for run in document["runs"]:
        lines.append(f"{run['name']}:")
        lines.extend(f"{number:>4}. {label}" for number, label in enumerate(run["labels"], 1))
    return "\n".join(lines)


def write_page(path: Path, text: str) -> None:
    """Write a new file. Raises a Fault if it exists or cannot be written. Spec: EXPL-12."""
    write_new(path, text)
