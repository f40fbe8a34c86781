"""An order of accounts and identifiers that follows from who uses what, and not from how they are called.

The temporary tables of `sharing` in (person, thing, use); two more, account_place (account, place) and identifier_place
(identifier, place), out: what every choice between equals goes by, from the order in which Leiden visits accounts to
which of two cards is a member's main one. Names are opaque: a deployment that renames its accounts one to one must
find the same rings. Of two accounts that are connected, what comes first depends on what they are connected with alone.

Everything starts with a colour, the digest of what is known of it: when an account was opened, how it uses things that
nobody else uses. It then takes up the colours of its neighbours until that tells nothing apart any more (colour
refinement; Weisfeiler and Leman, 1968). Times of opening tell nearly all accounts apart at once. What is left are
mirror images, of which either may come first, as long as everything around them follows: `mirrored` puts them in order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ringwatch.window.making import Maker

# Choices between mirror images, in each part of the graph, after which names decide.
MOST_CHOICES = 64

_TOLD_APART = "SELECT count(DISTINCT colour) AS apart, count(*) AS accounts FROM account_colour"


def add(maker: Maker) -> None:
    """Add account_place and identifier_place, numbers from 1 on, to what `maker` has.

    person: account, account_id, active_days, opened; thing: identifier, facet, name, accounts, owner (the account that
    it is, if it is one); use: account, identifier, days. The numbers in them may come in any order.
    """
    maker.do(("edge", "base", "first_colour", "identifier_colour"))
    _refine(maker)
    _add_mirrored(maker)
    maker.do(("account_place", "alone", "identifier_place"))
    maker.drop(("edge", "base", "account_colour", "identifier_colour", "alone"))
    maker.drop(("mirrored_account", "mirrored_identifier", "mirrored_edge", "account_mirror", "identifier_mirror"))


def _refine(maker: Maker) -> None:
    """Let accounts and identifiers take up each other's colours as long as that tells more accounts apart."""
    apart, accounts = _told_apart(maker)
    while apart < accounts:
        maker.do(("account_colour", "identifier_colour"))
        before, (apart, accounts) = apart, _told_apart(maker)
        if apart == before:
            break


def _told_apart(maker: Maker) -> tuple[int, int]:
    """Return the number of colours, and of accounts, that share anything."""
    colours, accounts = maker.ask(_TOLD_APART).iloc[0]
    return int(colours), int(accounts)


def _add_mirrored(maker: Maker) -> None:
    """Add account_mirror and identifier_mirror: what tells those apart that colours do not (colour, part)."""
    maker.do(("mirrored_account", "mirrored_identifier", "mirrored_edge"))
    found = maker.ask("SELECT * FROM mirrored_edge")
    found = found.assign(
        account_name=_ranked(found, "account_id"), identifier_name=_ranked(found, "facet", "name")
    ).sort_values(["account_name", "identifier_name"], ignore_index=True)
    accounts, identifiers = (
        found[[end, f"{end}_colour", f"{end}_name"]].drop_duplicates(end).set_axis(["number", "colour", "name"], axis=1)
        for end in ("account", "identifier")
    )
    colour, part = mirrored(
        Mirrors(
            np.concatenate([accounts["colour"], identifiers["colour"]]),
            np.concatenate([accounts["name"], identifiers["name"] + len(found)]),
            pd.Index(accounts["number"]).get_indexer(pd.Index(found["account"])),
            pd.Index(identifiers["number"]).get_indexer(pd.Index(found["identifier"])) + len(accounts),
            found["kind"].to_numpy(),
        )
    )
    told = pa.table({"number": pd.concat([accounts, identifiers])["number"], "colour": colour, "part": part})
    for end, rows in (("account", told[: len(accounts)]), ("identifier", told[len(accounts) :])):
        maker.give(f"{end}_mirror", rows.rename_columns([end, "colour", "part"]))


def _ranked(rows: pd.DataFrame, *columns: str) -> pd.Series:
    """Return the place of each row's names among all that there are, from 0 on."""
    return rows.groupby(list(columns), sort=True).ngroup()


@dataclass(frozen=True)
class Mirrors:
    """A graph whose nodes colours do not tell apart: of each node its colour and the place of its name; of each edge
    its ends (numbers of nodes; no two of one colour) and its kind.
    """

    colour: np.ndarray
    name: np.ndarray
    source: np.ndarray
    target: np.ndarray
    kind: np.ndarray


def mirrored(graph: Mirrors) -> tuple[np.ndarray, np.ndarray]:
    """Return colour and part of each node: in this order, after their first colour, nodes have the same neighbours
    whatever they are called.

    A node that is alone with its colour in its part has told its neighbours all it can, and so have two colours of
    which everybody knows everybody: their edges go. What still hangs together is a part, to be ordered by itself. Where
    a part has equals left, one of them, the first by its name, gets a colour of its own, and its neighbours follow
    (individualisation and refinement; McKay and Piperno, 2014).
    """
    colour, part = graph.colour, np.zeros(len(graph.colour), dtype=np.int64)
    left = np.arange(len(graph.source))
    choices = 0
    while True:
        group, size = _groups(part, colour)
        left = left[_open(graph, left, group, size)]
        parts = _parts(graph, left, part)
        if (size[group] == 1).all() or choices > MOST_CHOICES:
            return colour, parts
        if parts.max() == part.max():
            colour = _refined(graph, left, _chosen(graph, colour, parts))
            choices += 1
        part = parts


def _groups(part: np.ndarray, colour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of each node's group, those of its colour in its part, and the size of each group."""
    group = _numbered(part, colour)
    return group, np.bincount(group)


def _open(graph: Mirrors, edges: np.ndarray, group: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return which of the edges still tell something: they join groups of several, and not all of one with all of the
    other.
    """
    source, target = group[graph.source[edges]], group[graph.target[edges]]
    bundle = _numbered(source, target, graph.kind[edges])
    count = np.bincount(bundle)[bundle]
    several: np.ndarray = (size[source] > 1) & (size[target] > 1) & (count < size[source] * size[target])
    return several


def _parts(graph: Mirrors, edges: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Return the part of each node that the edges connect: numbers, by the first name in it inside the part it was."""
    ends = graph.source[edges], graph.target[edges]
    shape = (len(graph.colour),) * 2
    label = connected_components(coo_array((np.ones(len(edges)), ends), shape=shape), directed=False)[1]
    first = np.full(int(label.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, label, graph.name)
    return _numbered(part, first[label])


def _numbered(*columns: np.ndarray) -> np.ndarray:
    """Return for each row the number of its values among all that there are, in their order."""
    rows = pd.DataFrame(dict(enumerate(columns)))
    return rows.groupby(list(rows), sort=True).ngroup().to_numpy()


def _chosen(graph: Mirrors, colour: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Return the colours after one node of each part, of its first colour that several have, got one of its own."""
    group, size = _groups(part, colour)
    several = np.flatnonzero(size[group] > 1)
    order = several[np.lexsort((graph.name[several], colour[several], part[several]))]
    _, first = np.unique(part[order], return_index=True)
    found = colour.copy()
    found[order[first]] = _mixed(found[order[first]] ^ np.uint64(1))
    return found


def _refined(graph: Mirrors, edges: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Return the colours after all nodes took up those of their neighbours while that tells more of them apart."""
    source, target, kind = graph.source[edges], graph.target[edges], graph.kind[edges].astype(np.uint64)
    apart = len(np.unique(colour))
    while True:
        heard = np.zeros(len(colour), dtype=np.uint64)
        np.add.at(heard, source, _mixed(colour[target] ^ _mixed(kind)))
        np.add.at(heard, target, _mixed(colour[source] ^ _mixed(kind)))
        colour = _mixed(colour ^ _mixed(heard))
        before, apart = apart, len(np.unique(colour))
        if apart == before:
            return colour


def _mixed(values: np.ndarray) -> np.ndarray:
    """Return 64 bits that look like chance and follow from those of each value (SplitMix64; Steele et al. 2014)."""
    found = values + np.uint64(0x9E3779B97F4A7C15)
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))
