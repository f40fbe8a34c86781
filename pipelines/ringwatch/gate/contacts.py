"""The mailbox behind an e-mail address and the number behind a phone number: Arrow text in, text or null out.

Reading one address or number takes the libraries 20 to 50 microseconds, so that ordinary ones are recognised in one go
by regular expressions that are narrower than the libraries' rules. Both ways give the same
(`tests/unit/gate/test_contacts.py` holds them to each other).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ringwatch.gate import mailboxes
from ringwatch.gate.canonical import unless

_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN_MAIL = rf"(?i)\A[a-z0-9_-]+(?:\.[a-z0-9_-]+)*(?:\+[a-z0-9._-]*[a-z0-9_-])?@(?:{_LABEL}\.)+[a-z]{{2,63}}\z"
_ODD_MAIL = r"(?i)--|\+\.|\.\.|[.@](?:arpa|invalid|local|localhost|onion|test)\z|\A.{200}"

_DIGITS = 15  # most in a phone number (E.164, 6.1)


def mailbox(values: Any) -> Any:
    """The mailbox an address is delivered to: lower case, ASCII domain, as its provider tells mailboxes apart."""
    plain = pc.and_not(pc.match_substring_regex(values, _PLAIN_MAIL), pc.match_substring_regex(values, _ODD_MAIL))
    return mailboxes.delivered(unless(plain, pc.utf8_lower(values), values, valid_address))


def phone(values: Any) -> Any:
    """Numbers in E.164. A number without country code is none."""
    bare = pc.replace_substring_regex(values, "[ -]", "")
    return unless(_is_plain_number(values, bare), bare, values, canonical_phone)


def valid_address(address: str) -> str | None:
    """An address in small letters with an ASCII domain; None when it is none."""
    from email_validator import EmailNotValidError, validate_email

    try:
        parts = validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return None
    return f"{parts.local_part.lower()}@{parts.ascii_domain.lower()}"


def canonical_phone(number: str) -> str | None:
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _is_plain_number(values: Any, bare: Any) -> Any:
    """Whether a number is its own E.164: a country code, no zero or trunk prefix behind it, a length that exists."""
    written = pc.match_substring_regex(values, r"\A\+[0-9]+(?:[ -][0-9]+)*\z")
    codes, lengths, trunks = _plans()
    parts = pc.extract_regex(bare, rf"\A\+(?P<code>{'|'.join(codes)})(?P<rest>[1-9][0-9]*)\z")
    code, rest = pc.struct_field(parts, "code"), pc.struct_field(parts, "rest")
    place = pc.index_in(code, pa.array(codes)).fill_null(0).to_numpy(zero_copy_only=False)
    digits = pc.utf8_length(rest).fill_null(0).to_numpy(zero_copy_only=False)
    exists = lengths[place, np.minimum(digits, _DIGITS + 1)]
    return pc.and_(
        pc.and_(written, parts.is_valid()), pc.and_(pa.array(exists), pc.invert(_behind_trunk(code, rest, trunks)))
    )


def _behind_trunk(code: Any, rest: Any, trunks: dict[str, list[str]]) -> Any:
    """Whether a number begins as if with what is dialled within its country; codes are grouped by that prefix."""
    found = pa.array(np.zeros(len(code), dtype=bool))
    for prefix, codes in trunks.items():
        here = pc.fill_null(pc.is_in(code, pa.array(codes)), False)
        if pc.any(here).as_py():
            found = pc.or_(
                found, pc.and_(here, pc.fill_null(pc.match_substring_regex(rest, rf"\A(?:{prefix})"), False))
            )
    return found


@cache
def _plans() -> tuple[list[str], np.ndarray, dict[str, list[str]]]:
    """Numbering plans: calling codes, which lengths of the number behind each exist, and the codes by trunk prefix."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    lengths = np.zeros((len(COUNTRY_CODE_TO_REGION_CODE), _DIGITS + 2), dtype=bool)
    trunks: dict[str, list[str]] = {}
    for row, (code, regions) in enumerate(COUNTRY_CODE_TO_REGION_CODE.items()):
        plan: Any = PhoneMetadata.metadata_for_region_or_calling_code(code, regions[0])
        lengths[row, [length for length in plan.general_desc.possible_length if 2 <= length <= _DIGITS]] = True
        if plan.national_prefix_for_parsing:
            trunks.setdefault(plan.national_prefix_for_parsing, []).append(str(code))
    return [str(code) for code in COUNTRY_CODE_TO_REGION_CODE], lengths, trunks
