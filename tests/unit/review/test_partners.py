"""Two providers that share no account and one salt: what one confirmed, the other finds."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st
from judged import judged
from typer.testing import CliRunner

from ringwatch import outside
from ringwatch.cli import app
from ringwatch.days.history import clean_schema
from ringwatch.errors import DataRefused, UsageError
from ringwatch.night import Night, open_night
from ringwatch.review import stix_in, stix_out
from ringwatch.review.nightly import nightly
from ringwatch.review.signature import STRONG, hashed, in_common, signature
from ringwatch.review.stix_out import Shareable
from ringwatch.settings import Settings, load_settings
from ringwatch.store.records import Thresholds

DAY = date(2026, 3, 6)
NOON = datetime(2026, 3, 6, 12)
AS_OF = datetime(2026, 3, 7)
SALT, OTHER_SALT = b"a salt that both know", b"a salt of somebody else"
SIGNATURE = {"device": ["d-1"], "mail_domain": ["shady.example"]}
RING = Shareable("R-000001", NOON, NOON, signature=SIGNATURE)


def bundle_of(*rings: Shareable, salt: bytes = SALT) -> str:
    return stix_out.bundle(rings, salt, "Lab A", "amber", 90, AS_OF)


def test_a_bundle_is_strict_stix_with_marking_expiry_and_the_same_bytes_each_time() -> None:
    text = bundle_of(RING)

    objects = stix2.parse(text, allow_custom=False, version="2.1").objects
    indicators = [one for one in objects if one.type == "indicator"]
    assert sorted(one.labels[0] for one in indicators if not one.revoked) == ["device", "mail_domain"]
    assert all(one.object_marking_refs == [stix2.TLP_AMBER.id] for one in indicators)
    assert {one.valid_until.replace(tzinfo=None) for one in indicators} == {AS_OF + timedelta(days=90)}
    assert text == bundle_of(RING)
    assert bundle_of(RING) != bundle_of(RING, salt=OTHER_SALT)


def test_nothing_of_what_accounts_used_and_no_ring_is_named_in_a_bundle() -> None:
    text = bundle_of(RING)

    assert not [word for word in ("d-1", "shady.example", "R-000001") if word in text]


def test_what_is_sent_arrives_and_means_something_only_under_the_same_salt() -> None:
    sent = stix_in.indicators(bundle_of(RING), SALT, "labs")

    theirs = {one.kind: one.hashes for one in sent if not one.revoked}
    assert in_common(hashed(SIGNATURE, SALT), theirs) == {"device": 1, "mail_domain": 1}
    assert in_common(hashed(SIGNATURE, OTHER_SALT), theirs) == {}
    assert {one.partner for one in sent} == {"Lab A"}
    with pytest.raises(DataRefused, match="another salt"):
        stix_in.indicators(bundle_of(RING), OTHER_SALT, "labs")


def test_a_withdrawn_ring_revokes_its_indicators_under_their_ids() -> None:
    before = stix_in.indicators(bundle_of(RING), SALT, "labs")
    gone = Shareable(RING.ring_id, NOON, NOON + timedelta(hours=1), withdrawn=True)

    after = {one.indicator_id: one for one in stix_in.indicators(bundle_of(gone), SALT, "labs")}

    assert all(after[one.indicator_id].revoked for one in before)
    assert all(after[one.indicator_id].ring == one.ring for one in before)


def test_a_kind_by_which_a_ring_is_known_no_longer_is_revoked_under_its_id() -> None:
    before = {one.kind: one for one in stix_in.indicators(bundle_of(RING), SALT, "labs") if not one.revoked}
    later = replace(RING, signature={"device": ["d-1"]})
    text = stix_out.bundle([later], SALT, "Lab A", "amber", 90, AS_OF + timedelta(days=1))

    after = {one.indicator_id: one for one in stix_in.indicators(text, SALT, "labs")}

    assert not after[before["device"].indicator_id].revoked
    assert after[before["mail_domain"].indicator_id].revoked
    assert after[before["mail_domain"].indicator_id].modified > before["mail_domain"].modified
    assert not after[before["mail_domain"].indicator_id].hashes


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"type": "bundle"}', '{"type": "indicator"}', "[1]", "null"])
def test_what_is_no_bundle_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(DataRefused, match=r"no STIX 2\.1 bundle|another salt"):
        stix_in.indicators(text, SALT, "labs")


def test_a_field_that_stix_does_not_know_is_refused() -> None:
    bundle = json.loads(bundle_of(RING))
    bundle["objects"][1]["x_extra"] = "?"

    with pytest.raises(DataRefused, match=r"no STIX 2\.1 bundle"):
        stix_in.indicators(json.dumps(bundle), SALT, "labs")


VALUES = st.dictionaries(st.sampled_from(["device", "network", "template"]), st.lists(st.text(min_size=1), min_size=1))


@given(VALUES, VALUES)
def test_hashes_have_in_common_exactly_what_values_have(
    ours: dict[str, list[str]], theirs: dict[str, list[str]]
) -> None:
    expected = {kind: len(set(ours.get(kind, [])) & set(theirs[kind])) for kind in theirs}
    expected = {kind: count for kind, count in expected.items() if count}
    enough = len(expected) > 1 or STRONG & set(expected)

    assert in_common(hashed(ours, SALT), hashed(theirs, SALT)) == (expected if enough else {})


def test_a_mark_that_many_others_have_is_no_part_of_a_signature(tmp_path: Path) -> None:
    import pandas as pd

    rows = [(f"A{n}", kind, value, accounts) for n in range(5) for kind, value, accounts in
            (("device", "d-1", 5), ("network", "198.51.100", 800))]  # fmt: skip
    marks = pd.DataFrame(
        [*rows, ("A0", "address", "192.0.2.1", 1)], columns=["account_id", "kind", "value", "accounts"]
    )

    assert signature(marks, {}, 1000, {f"A{n}" for n in range(5)}) == {"device": ["d-1"]}


def test_a_rhythm_is_the_hours_of_most_members(tmp_path: Path) -> None:
    import pandas as pd

    nothing = pd.DataFrame(columns=["account_id", "kind", "value", "accounts"])
    hours = {"A": 0b1110, "B": 0b0110, "C": 0b0010, "D": 0}

    assert signature(nothing, hours, 1000, {"A", "B", "C"}) == {"cadence": ["1,2"]}
    assert signature(nothing, {"A": 0b1110, "B": 0b0110}, 1000, {"A", "B"}) == {}


def test_what_one_home_confirmed_the_other_finds_although_they_share_no_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    salt = tmp_path / "salt"
    assert ran("export", "salt", "--out", str(salt)).exit_code == 0
    ours, theirs = home(tmp_path / "ours", salt), home(tmp_path / "theirs", salt)
    ring_id = published(ours, "A")
    in_home(monkeypatch, ours, salt)
    assert ran("review", "confirm", ring_id).exit_code == 0
    out = tmp_path / "bundle.json"
    assert told("export", "stix", "--out", str(out), "--group", "labs", "--as", "Lab A")["rings"] == 1

    in_home(monkeypatch, theirs, salt)
    assert told("import", "stix", str(out), "--group", "labs")["taken"] > 0
    assert told("import", "stix", str(out), "--group", "labs")["taken"] == 0
    found = published(theirs, "B")

    (row,) = [row for row in evidence(theirs, found) if row["facet"] == "partner"]
    assert (row["direction"], row["bits"]) == ("check", 0)
    assert row["text"].startswith("Lab A confirmed a ring that has ")
    assert "1 device" in row["text"]

    in_home(monkeypatch, ours, salt)
    assert ran("review", "undo", "1").exit_code == 0
    assert told("export", "stix", "--out", str(out), "--group", "labs", "--as", "Lab A")["withdrawn"] == 1
    in_home(monkeypatch, theirs, salt)
    assert told("import", "stix", str(out), "--group", "labs")["withdrawn"] > 0
    assert [row for row in evidence(theirs, published(theirs, "B")) if row["facet"] == "partner"] == []


def test_a_salt_that_others_can_read_is_refused(tmp_path: Path) -> None:
    salt = tmp_path / "salt"
    salt.write_text("long enough to be a salt")
    salt.chmod(0o644)

    with pytest.raises(UsageError, match="can be read by others"):
        outside.salt_of(load_settings(partner_salts={"labs": salt}), "labs")


def ran(*command: str) -> Any:
    return CliRunner().invoke(app, list(command))


def told(*command: str) -> Any:
    ended = ran(*command, "--json")
    assert ended.exit_code == 0, ended.output
    return json.loads(ended.stdout)


def in_home(monkeypatch: pytest.MonkeyPatch, settings: Settings, salt: Path) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(settings.home))
    monkeypatch.setenv("RINGWATCH_PARTNER_SALTS", json.dumps({"labs": str(salt)}))


def home(folder: Path, salt: Path) -> Settings:
    """A home in which six accounts of one operator (its name before each) and ninety others were seen."""
    settings = load_settings(home=folder, partner_salts={"labs": salt})
    name = "A" if folder.name == "ours" else "B"
    own = [f"{name}{n:03}" for n in range(6)]
    everybody = [*own, *(f"{name}-else-{n:03}" for n in range(90))]
    opened = {"created_at": NOON, "status": "active", "day": DAY}
    seen = {"first_seen": NOON, "last_seen": NOON, "day": DAY}
    rows = {
        "accounts": [{"account_id": account, **opened} for account in everybody],
        "devices": [{"account_id": account, "device": "the operator's", **seen} for account in own],
        "ips": [{"account_id": account, "ip": "198.51.100.7", **seen} for account in everybody],
    }
    with open_night(settings, DAY) as night:
        for feed, each in rows.items():
            _write(night, feed, each)
    return settings


def _write(night: Night, feed: str, rows: list[dict[str, Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = night.files.clean(night.day, feed)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=clean_schema(night.model.feeds[feed])), path)


def published(settings: Settings, name: str) -> str:
    """Publish the operator's accounts as a ring, with what partners sent, and return its id."""
    with open_night(settings, DAY) as night:
        candidates = outside.seen_by_partners(night, judged({"c": [f"{name}{n:03}" for n in range(6)]}))
        history = night.store.published.history(DAY)
        rings = nightly(DAY, candidates, history, Thresholds(flag=0.5, keep=0.3, min_size=4))
        night.store.published.publish(DAY, rings, 96, history.last_run)
        return str(night.store.published.rings(DAY)[0]["ring_id"])


def evidence(settings: Settings, ring_id: str) -> list[dict[str, Any]]:
    with open_night(settings, DAY) as night:
        return night.store.published.evidence(ring_id, DAY)
