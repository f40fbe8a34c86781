"""How well judged groups agree with a truth. Frames in, figures out; nothing is read here.

judged: ring_id, account_id, kind, ring_probability, flagged; one row per member of a group that was judged.
flagged: those rows of judged that were flagged; a published ring always is.
members: account_id, operator_id, style, kind; one row per account of an operator or of a reseller pool; operator_id
and style are missing where they are not known.
contexts: account_id, context; one row per honest account. Members and contexts together are all accounts.
victims: account_id, operator_id, how (address, device); honest accounts among whose traffic an operator hides.

An account is *controlled* when it is a member with kind `operator`, *accused* when it is in a flagged ring of kind
`operator`: rings of kind `reseller` or `context` are shown to people but accuse nobody. So an honest account, or one
of a reseller pool, in a ring of kind `operator` is a false positive. A case is *true* when operators control at least
half of its members; it need not be the whole of one operator's ring for that.
"""

from dataclasses import dataclass

import pandas as pd

OPERATOR = "operator"
RESELLER = "reseller"
SAME_RING_JACCARD = 0.5
TRUE_CASE_SHARE = 0.5


@dataclass(frozen=True)
class Agreement:
    """`right` of `flagged` are among the `actual` ones. A share of nothing is None."""

    flagged: int
    actual: int
    right: int

    @property
    def precision(self) -> float | None:
        return _share(self.right, self.flagged)

    @property
    def recall(self) -> float | None:
        return _share(self.right, self.actual)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall."""
        return _share(2 * self.right, self.flagged + self.actual)

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(self.flagged + other.flagged, self.actual + other.actual, self.right + other.right)


def account_agreement(flagged: pd.DataFrame, members: pd.DataFrame) -> Agreement:
    """Compare flagged accounts with controlled ones."""
    accused, controlled = _accused(flagged), _controlled(members)["account_id"]
    return Agreement(len(accused), len(controlled), int(accused.isin(controlled).sum()))


def ring_agreement(flagged: pd.DataFrame, members: pd.DataFrame, min_size: int) -> Agreement:
    """Compare flagged rings with operators of at least `min_size` accounts; see `match_rings` for when one is right."""
    rings = flagged.loc[flagged["kind"] == OPERATOR, "ring_id"].nunique()
    operators = _operators(members, min_size)
    return Agreement(rings, operators["operator_id"].nunique(), len(match_rings(flagged, operators)))


def pair_agreement(flagged: pd.DataFrame, members: pd.DataFrame) -> Agreement:
    """Compare pairs of accounts in one flagged ring with pairs of one operator: large rings count most."""
    rings = flagged.loc[flagged["kind"] == OPERATOR, ["ring_id", "account_id"]]
    operators = _controlled(members)[["operator_id", "account_id"]]
    both = rings.merge(operators, on="account_id").groupby(["ring_id", "operator_id"]).size()
    sizes = rings.groupby("ring_id").size(), operators.groupby("operator_id").size()
    return Agreement(*(int((n * (n - 1) // 2).sum()) for n in (*sizes, both)))


def judge_cases(judged: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Return ring_id, probability, flagged, size, controlled, true: one row per case, the surest first.

    Groups of kind reseller are no cases: their probability says that they are a pool. `flagged` holds for rings of kind
    operator alone.
    """
    rows = judged[judged["kind"] != RESELLER]
    rows = rows.assign(
        controlled=rows["account_id"].isin(_controlled(members)["account_id"]),
        flagged=rows["flagged"] & (rows["kind"] == OPERATOR),
    )
    cases = rows.groupby("ring_id").agg(
        probability=("ring_probability", "first"),
        flagged=("flagged", "first"),
        size=("account_id", "size"),
        controlled=("controlled", "sum"),
    )
    cases["true"] = cases["controlled"] >= TRUE_CASE_SHARE * cases["size"]
    return cases.reset_index().sort_values(["probability", "ring_id"], ascending=[False, True], ignore_index=True)


def largest_operator(flagged: pd.DataFrame, members: pd.DataFrame, cases: int) -> Agreement:
    """Compare the `cases` rings that hold most of the largest operator with that operator."""
    controlled = _controlled(members)
    sizes = controlled["operator_id"].value_counts().sort_index()
    name = sizes.idxmax() if len(sizes) else None
    theirs = controlled.loc[controlled["operator_id"] == name, "account_id"]
    rings = flagged[flagged["kind"] == OPERATOR]
    inside = rings["account_id"].isin(theirs).groupby(rings["ring_id"]).agg(["sum", "size"])
    most = inside[inside["sum"] > 0].sort_values("sum", ascending=False).head(cases)
    return Agreement(int(most["size"].sum()), len(theirs), int(most["sum"].sum()))


def match_rings(flagged: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Return ring_id, operator_id, jaccard: the pairs with a Jaccard index of at least one half, one to one.

    Rings have no account in common, nor have operators. So a ring that reaches one half with two operators holds both
    of them whole, and neither reaches it with another ring (nor the other way round): the best pair of each operator,
    and of these the best of each ring, are as many pairs as there can be.
    """
    rings = flagged.loc[flagged["kind"] == OPERATOR, ["ring_id", "account_id"]]
    same = nearly_same(rings, _controlled(members)[["operator_id", "account_id"]])
    best = same.sort_values(["jaccard", "ring_id", "operator_id"], ascending=[False, True, True])
    pairs = best.drop_duplicates("operator_id").drop_duplicates("ring_id")
    return pairs.sort_values("ring_id", ignore_index=True)[["ring_id", "operator_id", "jaccard"]]


def nearly_same(groups: pd.DataFrame, operators: pd.DataFrame) -> pd.DataFrame:
    """Return ring_id, operator_id, jaccard: the pairs of a group and an operator with an index of at least one half.

    groups: ring_id, account_id, which may overlap; operators: operator_id, account_id.
    """
    common = (
        groups.merge(operators, on="account_id").groupby(["ring_id", "operator_id"]).size().reset_index(name="both")
    )
    size = groups.groupby("ring_id").size().reindex(common["ring_id"]).to_numpy()
    operator_size = operators.groupby("operator_id").size().reindex(common["operator_id"]).to_numpy()
    common["jaccard"] = common["both"] / (size + operator_size - common["both"])
    return common.loc[common["jaccard"] >= SAME_RING_JACCARD, ["ring_id", "operator_id", "jaccard"]]


def false_positives(flagged: pd.DataFrame, members: pd.DataFrame, contexts: pd.DataFrame) -> pd.DataFrame:
    """Return context, accounts, flagged, per_100k: accused accounts by how honest people live; pools as `reseller`."""
    pooled = members.loc[members["kind"] == RESELLER, ["account_id"]].assign(context=RESELLER)
    return harm(pd.concat([contexts[["account_id", "context"]], pooled], ignore_index=True), flagged)


def victims_flagged(flagged: pd.DataFrame, victims: pd.DataFrame) -> pd.DataFrame:
    """Return how, accounts, flagged, per_100k: accused victims, by the strongest thing of theirs that a ring uses."""
    strongest = victims.sort_values("how", ascending=False).drop_duplicates("account_id")
    return harm(strongest.rename(columns={"how": "context"}), flagged).rename(columns={"context": "how"})


def harm(people: pd.DataFrame, flagged: pd.DataFrame) -> pd.DataFrame:
    """Return context, accounts, flagged, per_100k of `people` (account_id, context)."""
    accused = people["account_id"].isin(_accused(flagged))
    table = accused.groupby(people["context"]).agg(["size", "sum"]).reset_index()
    table.columns = pd.Index(["context", "accounts", "flagged"])
    return table.assign(per_100k=table["flagged"] / table["accounts"] * 100_000)


def recall_by_style(flagged: pd.DataFrame, members: pd.DataFrame, min_size: int) -> pd.DataFrame:
    """Return style, accounts, accounts_found, rings, rings_found for each style of operator."""
    controlled, operators = _controlled(members), _operators(members, min_size)
    found = controlled.assign(found=controlled["account_id"].isin(_accused(flagged)))
    rings = operators[["style", "operator_id"]].drop_duplicates()
    rings["found"] = rings["operator_id"].isin(match_rings(flagged, operators)["operator_id"])
    counts = [frame.groupby("style")["found"].agg(["size", "sum"]) for frame in (found, rings)]
    table = pd.concat(counts, axis=1).fillna(0).astype(int).reset_index()
    table.columns = pd.Index(["style", "accounts", "accounts_found", "rings", "rings_found"])
    return table


def _accused(flagged: pd.DataFrame) -> pd.Series:
    return flagged.loc[flagged["kind"] == OPERATOR, "account_id"].drop_duplicates()


def _controlled(members: pd.DataFrame) -> pd.DataFrame:
    return members[members["kind"] == OPERATOR]


def _operators(members: pd.DataFrame, min_size: int) -> pd.DataFrame:
    """Members of the operators that have at least `min_size` accounts."""
    controlled = _controlled(members)
    return controlled[controlled.groupby("operator_id")["account_id"].transform("size") >= min_size]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
