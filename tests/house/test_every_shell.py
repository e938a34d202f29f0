"""What the core calls valid, every shell can hold: each key, name and value comes back."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from generated import finite_json_values
from hypothesis import given, settings
from hypothesis import strategies as st

from scuttle_check.cli.safe_output import SafeText, shown
from scuttle_check.engine.topology import topology
from scuttle_check.explorer.explorable import WORLDS_TAG, Source
from scuttle_check.explorer.export import document_of, page_from
from scuttle_check.explorer.sources import explorable, of_experiment, open_document
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.model_files import experiment_from_json
from scuttle_check.gossip.script import command_text, parse_command, without_comment
from scuttle_check.laws.evidence import update_to_json
from scuttle_check.oracle.wire import decoded, encoded, line_of, parse, update_object
from scuttle_ref import Put, Update
from scuttle_ref.names import NAME_MAX, VALUE_MAX, Value, frozen_value, thawed_value
from scuttle_ref.node import Node, SqliteStore
from scuttle_ref.validity import message_refusal
from scuttle_ref.wire import (
    DOCUMENTED_DIALECT,
    SHIPPED_DIALECT,
    line_from_message,
    message_from_line,
)

ODD = [
    *("", " ", "a=b", "#", "a # b", '"', "'", "\\", "k\n", "\x00", "\x1b[31m", "\x7f", "\x85"),
    *("\u2028", "\u202e", "\ufeff", "\U0001f600", "<script>", "]]>", "{}", "null", "1", "1e999"),
    *("NaN", "-Infinity", "a,b", "A>B", "$num", "$set", "true", '"a"', "k" * NAME_MAX),
]
texts = st.sampled_from(ODD) | st.text(max_size=20)
words = st.sampled_from(["$num", "$int", "$undef", "$object", "$set"])
values = (
    texts
    | finite_json_values.map(frozen_value)
    | st.sampled_from([-0.0, 5e-324, 1.7976931348623157e308, 2**53, -(2**53), 1.0, 0.1, True])
    | st.dictionaries(words | texts, texts | st.booleans(), max_size=2).map(frozen_value)
)


def over_the_wire(update: Update) -> Update:
    lines = [
        message_from_line(line_from_message(update, dialect), dialect)
        for dialect in (DOCUMENTED_DIALECT, SHIPPED_DIALECT)
    ]
    assert lines[0] == lines[1]
    assert isinstance(lines[0], Update)
    return lines[0]


def through_a_store(update: Update) -> Update:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "n.db"
        node = Node("N", store=SqliteStore(file))
        node.write(update)
        before = node.snapshot
        node.close()
        again = Node("N", store=SqliteStore(file))
        after = again.snapshot
        again.close()
    assert after == before
    return after.history.updates[0]


def past_an_adapter(update: Update) -> Update:
    told = parse(line_of({"update": update_object(update)}))["update"]
    return Update(told["source_id"], told["key"], frozen_value(told["value"]), told["version"])


def in_a_script(update: Update) -> Update:
    line = without_comment(f"A {command_text(Put(update.key, update.value))}")
    assert len(line.splitlines()) == 1
    _, put = parse_command(line, "here")
    assert isinstance(put, Put)
    return Update(update.source_id, put.key, put.value, update.version)


def in_a_counterexample(update: Update) -> Update:
    pair = topology("line:2")
    experiment = Experiment(pair, ((Put(update.key, update.value),), ()))
    document = json.loads(json.dumps(experiment.to_json(), ensure_ascii=False).encode().decode())
    again = experiment_from_json(document, "here")
    assert again == experiment
    [put] = again.script[0]
    assert isinstance(put, Put)
    return Update(update.source_id, put.key, put.value, update.version)


def on_a_page(update: Update) -> Update:
    experiment = Experiment(topology("line:2"), ((Put(update.key, update.value),), ()), exchanges=0)
    page = page_from(document_of(explorable(of_experiment(experiment)), 3, 3))
    _, _, rest = page.encode().decode().partition(WORLDS_TAG)
    opened = open_document(json.loads(rest.partition("</script>")[0]), "here: $")
    assert isinstance(opened, Source)
    assert opened.experiment == experiment
    [put] = opened.experiment.script[0]
    assert isinstance(put, Put)
    return Update(update.source_id, put.key, put.value, update.version)


def in_a_regression_file(update: Update) -> Update:
    told = json.loads(json.dumps(update_to_json(update)))
    value = frozen_value(told["value"])
    return Update(told["source_id"], told["key"], value, told["version"])


SHELLS: list[Callable[[Update], Update]] = [
    over_the_wire,
    through_a_store,
    past_an_adapter,
    in_a_script,
    in_a_counterexample,
    on_a_page,
    in_a_regression_file,
]


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell.__name__)
@settings(deadline=None, max_examples=60)
@given(source=texts, key=texts, value=values)
def test_every_valid_update_comes_back_from_every_shell(
    shell: Callable[[Update], Update], source: str, key: str, value: Value
) -> None:
    """Spec: MOD-3, MOD-8, MOD-9."""
    update = Update(source, key, value, 1)
    if message_refusal(update) is None:
        assert shell(update) == update


@given(texts | values.map(str))
def test_a_terminal_is_shown_every_text_and_obeys_none(text: str) -> None:
    """Spec: NODE-10."""
    raw = io.BytesIO()
    stream = SafeText(raw, encoding="ascii", errors="backslashreplace")
    stream.write(text)
    stream.flush()

    written = raw.getvalue()
    assert not set(written) - {0x09, 0x0A, 0x1B, *range(0x20, 0x7F)}
    assert b"\x1b[2J" not in written
    assert shown('"\\ud800\x85"') == '"\\ud800\\u0085"'


def test_the_longest_value_goes_through_too() -> None:
    """Spec: MOD-9."""
    update = Update("s" * NAME_MAX, "\U0001f600" * NAME_MAX, "\x00" * (VALUE_MAX // 6 - 1), 1)

    assert message_refusal(update) is None
    for shell in SHELLS:
        assert shell(update) == update


@given(values)
def test_values_of_the_adapter_protocol_are_read_back(value: Value) -> None:
    """Also objects that look like its own words. Spec: ADP-7."""
    told = thawed_value(value)

    assert decoded(json.loads(json.dumps(encoded(told)))) == told
