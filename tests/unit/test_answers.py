"""Answers of the graph, as people and programs get them."""

from neo4j.graph import Graph, Node, Path, Relationship
from neo4j.time import Date, DateTime

from ringwatch.cli import answers


def _path() -> Path:
    """Account A-1 used the device d1, which A-2 used, too."""
    graph = Graph()
    nodes = [
        Node(graph, "1", 1, {"Account"}, {"account_id": "A-1", "status": "a text that is longer than any key"}),
        Node(graph, "2", 2, {"Device"}, {"device": "d1", "platform": "a text that is longer than any key"}),
        Node(graph, "3", 3, {"Account"}, {"account_id": "A-2"}),
    ]
    used = graph.relationship_type("USED_DEVICE")
    steps = [used(graph, "4", 4, {}), used(graph, "5", 5, {})]
    for step, account in zip(steps, (nodes[0], nodes[2]), strict=True):
        step._start_node, step._end_node = account, nodes[1]
    return Path(nodes[0], *steps)


def _keys() -> dict[str, str]:
    return {"Device": "device"}


def test_a_path_is_read_by_keys_and_in_its_directions() -> None:
    assert answers.cell(_path(), _keys) == "A-1 -USED_DEVICE-> d1 <-USED_DEVICE- A-2"


def test_a_path_as_json_has_labels_and_types() -> None:
    first, used, device, _, last = answers.plain(_path())

    assert (first["label"], first["account_id"], last["account_id"]) == ("Account", "A-1", "A-2")
    assert (used, device["label"], device["device"]) == ("USED_DEVICE", "Device", "d1")


def test_times_are_read_as_in_feeds_and_nothing_stays_nothing() -> None:
    found = [answers.cell(value, _keys) for value in (DateTime(2026, 3, 2, 12, 6, 13.5), Date(2026, 3, 2), None, True)]

    assert found == ["2026-03-02 12:06:13", "2026-03-02", None, "yes"]


def test_what_has_no_key_is_called_what_it_is() -> None:
    assert answers.cell(Node(Graph(), "1", 1, {"Phone"}, {}), _keys) == "Phone"
    assert isinstance(_path().relationships[0], Relationship)
