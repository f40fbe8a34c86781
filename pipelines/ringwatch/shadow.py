"""Shadow nights: what a day would say by other settings or another scorecard, and whom that would accuse.

In: the clean files of a day that was validated, settings. Out: a comparison with what is published for the day; graph,
store and the feed of changes stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from ringwatch.days.durable import replacing
from ringwatch.edition import edition, scored
from ringwatch.elsewhere import night_beside, same_days
from ringwatch.errors import UsageError
from ringwatch.stages import detect, score

if TYPE_CHECKING:
    from datetime import date

    from ringwatch.night import Night
    from ringwatch.settings import Settings
    from ringwatch.store.records import Nightly


@dataclass(frozen=True)
class Comparison:
    """What a shadow night would change in what is published for its day.

    accounts: account_id, change (accused, or cleared: accused no longer), ring_id (in which it would be, or is), ring
    probability there; rings: ring_id, change (gained or lost), size, probability; sorted by change, ring_id.
    stay: accounts that are accused by both; warnings: of detect and score.
    """

    day: date
    settings: dict[str, Any]
    accounts: pd.DataFrame
    rings: pd.DataFrame
    stay: int
    warnings: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        accounts, rings = self.accounts["change"].value_counts(), self.rings["change"].value_counts()
        told = {name: int(accounts.get(name, 0)) for name in ("accused", "cleared")}
        return told | {f"rings {name}": int(rings.get(name, 0)) for name in ("gained", "lost")} | {"stay": self.stay}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        frames = {"accounts": self.accounts.to_dict("records"), "rings": self.rings.to_dict("records")}
        about = {"day": self.day.isoformat(), "settings": self.settings, "warnings": list(self.warnings)}
        return about | {"counts": self.counts} | frames


def judge(night: Night, settings: Settings) -> Comparison:
    """Judge the day of the night by `settings`, compare, and leave the comparison in the folder of the day.

    Raises UsageError when the day was not validated, or nothing is published for it to compare with.
    """
    if not night.files.clean(night.day, "accounts").is_file():
        raise UsageError(f"{night.day} has no clean files; run `ringwatch validate --day {night.day}` first")
    if night.day not in night.store.published.days():
        raise UsageError(f"nothing is published for {night.day} to compare with; run its night first")
    with night_beside(night, night.files.shadow(night.day) / "work", settings) as other:
        same_days(night, other)
        reports = [stage.run(other) for stage in (detect, score)]
        made = edition(other, scored(other)).rings
    warnings = tuple(warning for report in reports for warning in report.warnings)
    found = _compare(night, made, _unlike(night.settings, settings), warnings)
    for name, rows in (("accounts", found.accounts), ("rings", found.rings)):
        with replacing(night.files.shadow(night.day) / f"{name}.parquet") as new:
            rows.to_parquet(new, index=False)
    return found


def _compare(night: Night, made: Nightly, settings: dict[str, Any], warnings: tuple[str, ...]) -> Comparison:
    real = night.store.published.flagged(night.day)
    now = real[["account_id", "ring_id", "ring_probability"]].rename(columns={"ring_probability": "probability"})
    rings = made.flagged[["ring_id", "size", "probability"]]
    then = made.members[["account_id", "ring_id"]].merge(rings[["ring_id", "probability"]], on="ring_id")
    accounts = _sides(now, then, "account_id", ("cleared", "accused"))
    had = real.drop_duplicates("ring_id").rename(columns={"ring_probability": "probability"})
    changed = _sides(had[["ring_id", "size", "probability"]], rings, "ring_id", ("lost", "gained"))
    stay = len(set(now["account_id"]) & set(then["account_id"]))
    return Comparison(night.day, settings, accounts, changed, stay, warnings)


def _sides(now: pd.DataFrame, then: pd.DataFrame, key: str, words: tuple[str, str]) -> pd.DataFrame:
    """Return the rows that only one of both has by `key`, with a column `change`, the first word if it is `now`."""
    only = [one[~one[key].isin(other[key])] for one, other in ((now, then), (then, now))]
    found = pd.concat([rows.assign(change=word) for rows, word in zip(only, words, strict=True)])
    return found.sort_values(["change", "ring_id", key] if key != "ring_id" else ["change", key], ignore_index=True)


def _unlike(real: Settings, settings: Settings) -> dict[str, Any]:
    """Settings that are other than in real nights, as text."""
    other = settings.model_dump(mode="json")
    return {name: value for name, value in other.items() if value != real.model_dump(mode="json")[name]}
