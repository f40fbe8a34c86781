"""Rules on one account's own columns: what each can tell about who is controlled."""

from pathlib import Path

import numpy as np
import pandas as pd

FEEDS = ("payments", "devices", "ips", "usage")


def read(world: Path, feed: str) -> pd.DataFrame:
    """Rows of a feed on all days."""
    return pd.concat([pd.read_parquet(path) for path in sorted((world / "feeds").glob(f"*/{feed}.parquet"))])


def own_columns(world: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return numbers and categories per account, each made from the account's own rows alone."""
    accounts = read(world, "accounts").drop_duplicates("account_id", keep="last").set_index("account_id")
    numbers, categories = [_of_accounts(accounts)], [accounts[["status", "country", "organisation"]]]
    categories.append(accounts["email"].str.split("@").str[1].rename("email_domain").to_frame())
    for feed in FEEDS:
        rows = read(world, feed)
        if feed == "usage":
            bits = np.unpackbits(rows["active_hours"].astype("<u4").to_numpy().view(np.uint8).reshape(-1, 4), axis=1)
            rows["active_hours"] = bits.sum(axis=1)
            rows["tokens_per_exchange"] = rows["tokens"] / rows["exchanges"]
        for name in ("country", "billing_country"):
            if name in rows:
                rows[f"other_{name}"] = rows[name].to_numpy() != accounts["country"].loc[rows["account_id"]].to_numpy()
        numbers.append(_numbers(rows).add_prefix(f"{feed}."))
        categories.append(_categories(rows).add_prefix(f"{feed}."))
    return pd.concat(numbers, axis=1), pd.concat(categories, axis=1)


def auc(feature: pd.Series, controlled: pd.Series) -> float:
    """Chance that a controlled account ranks above another (Mann-Whitney); accounts without a value rank lowest."""
    ranks = feature.fillna(-np.inf).rank()
    ours, others = int(controlled.sum()), int((~controlled).sum())
    return float((ranks[controlled].sum() - ours * (ours + 1) / 2) / (ours * others))


def best_threshold_f1(feature: pd.Series, controlled: pd.Series) -> float:
    """Best F1 of any rule `feature > x` or `feature < x`."""
    per_value = controlled.groupby(feature.fillna(feature.min() - 1)).agg(["sum", "size"])
    return max(_f1_of_prefixes(per_value, controlled), _f1_of_prefixes(per_value[::-1], controlled))


def best_category_f1(feature: pd.Series, controlled: pd.Series) -> float:
    """Best F1 of any rule `feature = value`."""
    per_value = controlled.groupby(feature.astype(object).fillna("")).agg(["sum", "size"])
    return float((2 * per_value["sum"] / (per_value["size"] + controlled.sum())).max())


def _of_accounts(accounts: pd.DataFrame) -> pd.DataFrame:
    given = accounts[["email", "phone", "referred_by", "organisation"]].notna().astype(float).add_prefix("has_")
    return given.assign(
        created_at=accounts["created_at"].astype("int64").astype(float),
        created_hour=accounts["created_at"].dt.hour,
        email_length=accounts["email"].str.len(),
        email_tag=accounts["email"].str.contains("+", regex=False).astype(float),
    )


def _numbers(rows: pd.DataFrame) -> pd.DataFrame:
    by_account = rows.groupby("account_id")
    measured = [by_account.size().rename("rows")]
    for name in rows.columns.drop("account_id"):
        column = rows[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            measured.append(column.dt.hour.groupby(rows["account_id"]).mean().rename(f"{name}.hour"))
        elif pd.api.types.is_numeric_dtype(column):
            measured += [
                by_account[name].agg(how).astype(float).rename(f"{name}.{how}") for how in ("mean", "max", "sum")
            ]
        else:
            kinds = by_account[name].nunique()
            measured += [kinds.rename(f"{name}.kinds"), (kinds / by_account.size()).rename(f"{name}.kinds_per_row")]
            few = column.dropna().unique() if column.nunique() <= 15 else []
            measured += [(column == v).groupby(rows["account_id"]).mean().rename(f"{name}={v}") for v in few]
    return pd.concat(measured, axis=1)


def _categories(rows: pd.DataFrame) -> pd.DataFrame:
    names = {"instrument_kind", "bin", "billing_country", "platform", "asn", "network_kind", "country", "capability"}
    return rows.groupby("account_id")[sorted(names & set(rows.columns))].first()


def _f1_of_prefixes(per_value: pd.DataFrame, controlled: pd.Series) -> float:
    caught = per_value.cumsum()
    return float((2 * caught["sum"] / (caught["size"] + controlled.sum())).max())
