"""What the service is used for: people do many things, operators want one or two, and so do honest makers of tools."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ringwatch.simulate.habits import CAPABILITIES, NOBODY, Cast
from ringwatch.simulate.landscape import Landscape

SKILLS = (
    *CAPABILITIES,
    "software_engineering",
    "agentic_reasoning",
    "translation",
    "writing",
    "mathematics",
    "data_analysis",
    "speech",
    "images",
    "search",
)
# What is worth extracting, and most of what tools for coders ask.
_SOUGHT = np.array([SKILLS.index(name) for name in ("code", "agents", "software_engineering", "agentic_reasoning")])
_TOOL_FOCUS = (0.8, 1.0)
_OTHER_USES = 2.0


def concentrate(rng: np.random.Generator, landscape: Landscape, cast: Cast) -> Cast:
    """Return `cast` with a capability that each account asks most, and its `focus`: the share of its use that is so."""
    skills, people = landscape.world.climate.skills, cast.people
    if skills is None:
        return cast
    popular = rng.dirichlet(np.full(len(SKILLS), skills.evenness))
    capability = rng.choice(len(SKILLS), size=len(people), p=popular)
    focus = rng.uniform(*skills.focus, size=len(people))
    ring = _rings(people)
    of_ring = rng.uniform(*skills.operator_focus, size=ring.max(initial=0) + 1)
    sought = rng.choice(_SOUGHT, size=(len(of_ring), 2))
    one_of_two = sought[ring, rng.integers(2, size=len(people))]
    capability, focus = np.where(ring > 0, one_of_two, capability), np.where(ring > 0, of_ring[ring], focus)
    tools = (people["context"] == "toolmaker").to_numpy()
    capability = np.where(tools, rng.choice(_SOUGHT[[0, 2]], size=len(people)), capability)
    focus = np.where(tools, rng.uniform(*_TOOL_FOCUS, size=len(people)), focus)
    return replace(cast, people=people.assign(capability=capability, focus=focus))


def asked(
    rng: np.random.Generator, people: pd.DataFrame, visiting: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return account, capability, and whether it is a lesser one, for each that is asked on a day by `visiting`.

    Everybody asks the usual one, and now and then a second, any; or each as many others as the own focus leaves.
    """
    if "focus" in people:
        return _asked_by_focus(rng, people, visiting)
    second = visiting[rng.random(len(visiting)) < 0.15]
    account = np.concatenate([visiting, second])
    extra = np.arange(len(account)) >= len(visiting)
    other = extra * rng.integers(1, len(CAPABILITIES), len(account))
    return account, (people["capability"].to_numpy()[account] + other) % len(CAPABILITIES), extra


def _asked_by_focus(
    rng: np.random.Generator, people: pd.DataFrame, visiting: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is not the own favourite is anybody's."""
    spread = 1 - people["focus"].to_numpy()
    others = np.repeat(visiting, rng.poisson(_OTHER_USES * spread[visiting]))
    account = np.concatenate([visiting, others])
    favourite, anybody = people["capability"].to_numpy(), rng.integers(len(people), size=len(account))
    capability = favourite[np.where(rng.random(len(account)) < spread[account], anybody, account)]
    once = ~pd.DataFrame({"account": account, "capability": capability}).duplicated().to_numpy()
    extra = np.arange(len(account)) >= len(visiting)
    return account[once], capability[once], extra[once]


def _rings(people: pd.DataFrame) -> np.ndarray:
    """Return the number of each account's operator, from 1; 0 for the accounts of real people."""
    controlled = ((people["operator"] != NOBODY) & (people["kind"] == "operator")).to_numpy()
    number = people.groupby(["style", "operator"], dropna=False).ngroup().to_numpy() + 1
    return np.where(controlled, number, 0)
