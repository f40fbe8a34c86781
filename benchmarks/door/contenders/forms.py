"""What values of a type look like, for contenders that know patterns and lists only."""

from __future__ import annotations

from ringwatch.model import Column

TEXT = ("text", "account", "email")
_PLAIN_TEXT = r"^[^\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]*$"
_BYTE = "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
FORMS = {
    "text": _PLAIN_TEXT,
    "account": _PLAIN_TEXT,
    "email": r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
    "phone": r"^\+[1-9][0-9]{6,14}$",
    "ip": rf"^(({_BYTE}\.){{3}}{_BYTE}|[0-9a-fA-F:]*:[0-9a-fA-F:]*)$",
}


def allowed(column: Column) -> list[str]:
    """Return the values a column may hold; none when it may hold any."""
    from babel import Locale

    english = Locale("en")
    countries = [str(code) for code in english.territories if len(str(code)) == 2]
    codes = {"country": countries, "currency": list(english.currencies)}
    return list(column.one_of or codes.get(column.type, ()))
