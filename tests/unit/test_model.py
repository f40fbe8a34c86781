"""The model: what it says, and that a mistake in it is named with file and line."""

import shutil
from pathlib import Path

import pytest

from ringwatch.errors import UsageError
from ringwatch.model import load_model
from ringwatch.resources import SCHEMAS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SCHEMAS, tmp_path / "schemas"))


def change(path: Path, old: str, new: str) -> int:
    """Replace `old` in a file; return its line."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_personal_columns_are_replaced_by_what_they_become() -> None:
    kept = load_model(SCHEMAS).feeds["accounts"].kept

    assert {"mailbox", "email_domain", "phone"} <= set(kept)
    assert "email" not in kept


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("type: timestamp", "type: moment", "created_at.type"),
        ("hub_limit: 30", "hub_limit: 2", "hub_limit of HAS_MAILBOX must be at least 3"),
        ("key: [account_id]", "key: [account]", "key column account is not among the columns"),
        ("column: referred_by", "column: invited_by", "REFERRED_BY needs the column invited_by"),
        ("HAS_PHONE:\n", "has_phone:\n", "relationship type has_phone is not in UPPER_SNAKE letters"),
        ("label: Phone,", "label: phone,", "label phone is not in CamelCase letters"),
        ("properties: [created_at, ", "properties: [updated_on, ", "updated_on"),
        ("facet: phone,", "facet: mailbox,", "mailbox is declared twice"),
        ("{mailbox|mailboxes}", "{mailboxes}", "in braces stands what is shared, one of them and several"),
        ("feed: accounts", "feed: people", "feed people must be in people.yml"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_line(folder: Path, old: str, new: str, message: str) -> None:
    path = folder / "accounts.yml"
    change(path, old, new)

    with pytest.raises(UsageError) as refused:
        load_model(folder)

    assert str(refused.value).startswith(f"{path}:")
    assert message in str(refused.value)


def test_a_pattern_that_is_none_is_named(folder: Path) -> None:
    change(folder / "payments.yml", "'^[0-9]{6,8}$'", "'^[0-9{6,8}$('")

    with pytest.raises(UsageError, match=r"payments\.yml:\d+: pattern of bin: "):
        load_model(folder)


def test_the_line_is_that_of_the_mistake(folder: Path) -> None:
    line = change(folder / "accounts.yml", "type: email", "type: mail")

    with pytest.raises(UsageError, match=rf"accounts\.yml:{line}: "):
        load_model(folder)


def test_a_file_that_is_not_yaml_is_refused(folder: Path) -> None:
    (folder / "devices.yml").write_text("feed: [devices\n", encoding="utf-8")

    with pytest.raises(UsageError, match=r"devices\.yml:\d+: "):
        load_model(folder)


def test_a_model_needs_accounts(folder: Path) -> None:
    (folder / "accounts.yml").unlink()

    with pytest.raises(UsageError, match=r"the model needs accounts\.yml"):
        load_model(folder)
