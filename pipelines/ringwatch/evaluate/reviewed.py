"""What verdicts would teach: simulated reviewers decide on groups of a judged source, the score is adjusted as
`ringwatch review calibrate` would, and everything is judged again.

Reviewers read the truth and err at a set rate. Most verdicts are on the surest groups, as in a queue, the others on a
random sample below. An adjustment that would be refused changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ringwatch.evaluate import Evaluation
from ringwatch.evaluate.run import as_judged
from ringwatch.night import Night
from ringwatch.review import calibrate
from ringwatch.review.adjustments import NO_FEATURES
from ringwatch.review.calibrate import Verdicts
from ringwatch.score.selection import HOPELESS, probability
from ringwatch.shares import MOST

# Share of the verdicts that are on the surest groups, and of those that are wrong.
SUREST, WRONG = 0.7, 0.05


@dataclass(frozen=True)
class Reviewed:
    """verdicts: how many there were; used: whether the adjustment judged unseen verdicts clearly better; found: what
    is flagged then, of all groups.
    """

    verdicts: int
    used: bool
    found: Evaluation

    def as_dict(self) -> dict[str, Any]:
        return {"verdicts": self.verdicts, "used": self.used, "found": self.found.as_dict()}


@dataclass(frozen=True)
class _Judged:
    rings: pd.DataFrame
    members: pd.DataFrame
    odds: pd.Series
    by_reason: pd.DataFrame
    truth: pd.Series


def reviewed(
    night: Night, labels: pd.Series, counts: Sequence[int], against: Callable[[pd.DataFrame], Evaluation]
) -> tuple[Reviewed, ...]:
    """Return what is found after each number of verdicts; labels: 1 or 0 by account_id; against: compares groups as
    `run.as_judged` returns them with the truth.
    """
    if not counts:
        return ()
    judged = _read(night, labels)
    return tuple(_after(judged, count, night.settings.flag_probability, against) for count in counts)


def _read(night: Night, labels: pd.Series) -> _Judged:
    tables = {name: pd.read_parquet(night.files.scored(night.day, name)) for name in ("rings", "members", "evidence")}
    rings, members, told = tables["rings"], tables["members"], tables["evidence"]
    known = members["account_id"].map(labels)
    share = known[known.notna()].astype(float).groupby(members["candidate"]).mean()
    odds = rings.set_index("candidate")["bits"].reindex(share.index)
    features = told[(told["direction"] != "check") & ~told["reason"].isin(NO_FEATURES)]
    bits = features.groupby(["candidate", "reason"])["bits"].sum().unstack().reindex(odds.index)
    return _Judged(rings, members, odds, bits.fillna(0.0), share >= MOST)


def _after(
    judged: _Judged, count: int, flag_probability: float, against: Callable[[pd.DataFrame], Evaluation]
) -> Reviewed:
    asked = _asked(judged.odds, count)
    decided = judged.truth[asked] ^ (np.random.default_rng(count).random(len(asked)) < WRONG)
    learnt = Verdicts.on_rings(judged.odds[asked], judged.by_reason.loc[asked], decided)
    used = len(asked) >= calibrate.FEWEST and decided.nunique() > 1 and calibrate.trial(learnt).better
    made = calibrate.fit(learnt) if used else calibrate.UNADJUSTED
    moved = judged.odds + made.bits(judged.odds, judged.by_reason)
    rings = judged.rings.copy()
    rings["probability"] = rings["candidate"].map(probability(moved)).fillna(rings["probability"])
    return Reviewed(len(asked), used, against(as_judged(rings, judged.members, flag_probability)))


def _asked(odds: pd.Series, count: int) -> pd.Index:
    """The surest groups, and a random sample of the others that are not hopeless by far; in no order."""
    random = np.random.default_rng(1)
    ordered = odds.rename_axis("candidate").reset_index().sort_values(["bits", "candidate"], ascending=[False, True])
    hopeful = ordered[ordered["bits"] >= HOPELESS]
    surest = hopeful["candidate"].head(round(count * SUREST))
    below = ordered.loc[~ordered["candidate"].isin(surest) & (ordered["bits"] >= 2 * HOPELESS), "candidate"]
    sample = random.choice(below.to_numpy(), min(count - len(surest), len(below)), replace=False)
    asked: pd.Index = pd.Index(random.permutation(np.concatenate([surest.to_numpy(), sample])))
    return asked
