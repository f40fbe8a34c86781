"""Who may open the page and what they may do there: sign-in links, sessions, roles, and tokens of forms.

On its own, the page is opened by a link that works once and makes a session; behind a proxy, a header that the proxy
sets says who it is. Nothing of this is kept when the page ends.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import Request

from ringwatch.errors import UsageError

ROLES = ("reader", "reviewer", "admin")
COOKIE = "ringwatch-session"
EVERYBODY = "*"
# Header in which a proxy shows that it is one.
PROXY_HEADER = "x-ringwatch-proxy-secret"


@dataclass(frozen=True)
class Person:
    """Who asks; key: what tokens of forms are bound to."""

    author: str
    role: str
    key: str

    def may(self, role: str) -> bool:
        """Whether this role is theirs, or one below it."""
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass
class Access:
    """author: who a link is for; header: the name of the proxy's header; roles: by name, `*` for everybody else;
    proxy: the secret by which the proxy is known, None where everybody who reaches the page is believed.
    """

    author: str
    header: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    proxy: bytes | None = field(default=None, repr=False)
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _links: set[str] = field(default_factory=set, repr=False)
    _sessions: dict[str, Person] = field(default_factory=dict, repr=False)
    _revealed: set[tuple[str, str]] = field(default_factory=set, repr=False)

    def __post_init__(self) -> None:
        for name, role in self.roles.items():
            if role not in ROLES:
                raise UsageError(f"setting review_roles: {name} is {role!r}, and roles are {', '.join(ROLES)}")

    def new_link(self) -> str:
        """Return a token that signs in once."""
        token = secrets.token_urlsafe(32)
        self._links.add(token)
        return token

    def redeem(self, token: str) -> str | None:
        """Return a new session for a token that was not used yet."""
        found = next((link for link in self._links if hmac.compare_digest(link.encode(), token.encode())), None)
        if found is None:
            return None
        self._links.discard(found)
        session = secrets.token_urlsafe(32)
        self._sessions[session] = Person(self.author, self.roles.get(self.author, "admin"), session)
        return session

    def end(self, person: Person) -> None:
        self._sessions.pop(person.key, None)

    def person(self, request: Request) -> Person | None:
        """Return who asks, None for a stranger."""
        if self.header is None:
            return self._sessions.get(request.cookies.get(COOKIE, ""))
        name = request.headers.get(self.header, "").strip()
        if not name or not self._is_proxy(request):
            return None
        role = self.roles.get(name, self.roles.get(EVERYBODY, "reader"))
        return Person(name, role, f"header:{name}")

    def _is_proxy(self, request: Request) -> bool:
        """Whether the proxy sent this, in a time that does not depend on how much of the secret is right."""
        sent = request.headers.get(PROXY_HEADER, "").encode()
        return self.proxy is None or hmac.compare_digest(sent, self.proxy)

    def token(self, person: Person) -> str:
        """Return what the person's forms carry, so that no other site can send them."""
        return hmac.new(self._secret, person.key.encode(), hashlib.sha256).hexdigest()

    def alias(self, text: str) -> str:
        """Return what stands for a text in forms of those who may not read it."""
        return hmac.new(self._secret, f"alias {text}".encode(), hashlib.sha256).hexdigest()[:32]

    def is_own(self, person: Person, token: str) -> bool:
        return hmac.compare_digest(self.token(person).encode(), token.encode())

    def reveal(self, person: Person, what: str) -> None:
        """Let the person see the identifiers of `what` in clear until they sign out."""
        self._revealed.add((person.key, what))

    def sees(self, person: Person, what: str) -> bool:
        return person.may("reviewer") and (person.key, what) in self._revealed
