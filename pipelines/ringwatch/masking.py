"""Passwords in addresses, which nobody needs to see: text in, the same text without them out."""

import re

MASK = "***"

# What `mask` looks for, and what is shown in its place. A password may hold : / ? # @ that nobody encoded, so it is
# taken to go up to the last @ before a space or quote. Repositories of packages take a token alone before the @.
_SHOWN = (
    (re.compile(r"(?<=://)([^\s:/@\"'<>]*):[^\s\"'<>]*@"), rf"\1:{MASK}@"),
    (re.compile(r"(https?://)[^\s:/@?#\"'<>]+@"), rf"\1{MASK}@"),
    (
        re.compile(r"(?i)([?&;][\w.-]*(?:password|passwd|pwd|secret|token|api_?key|credential)[\w.-]*=)[^&;\s\"'<>]*"),
        rf"\1{MASK}",
    ),
)


def mask(text: str) -> str:
    """Return `text` with *** in place of every password in an address, percent-encoded or not."""
    for pattern, shown in _SHOWN:
        text = pattern.sub(shown, text)
    return text
