"""Who is calling: every service verifies the access token itself and trusts no position.

Tokens are JWTs signed with EdDSA (RFC 8037, RFC 8725: the algorithm is fixed, never read from
the token). A verified token is remembered by its hash until it expires.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import jwt
from jwt.types import Options

from common.clock import Clock
from common.errors import DomainError, Unauthenticated, Unavailable

ISSUER = "kith"
AUDIENCE = "kith"
ALGORITHM = "EdDSA"
LEEWAY_SECONDS = 5
_REFETCH_SECONDS = 5.0
_OPTIONS: Options = {
    "require": ["exp", "sub", "net", "roles"],
    "verify_exp": False,  # checked here, against the clock we are given
    "verify_iat": False,
}


@dataclass(frozen=True, slots=True)
class Caller:
    """The account behind a call, and the token to hand on in its name."""

    subject: UUID
    network_id: UUID
    roles: frozenset[str]
    token: str
    expires_at: float
    session_id: UUID | None = None  # the sign-in the token goes back to, where its issuer says so
    epoch: int = 0  # of the account's sessions, as its issuer says: raised when it ends all of them
    owes: tuple[tuple[str, int], ...] = ()  # decisions that are open, as its issuer says
    terms: int = 0  # version of the terms the account agreed to, as its issuer says; 0: none
    auth_time: float = 0.0  # when she proved who she is, in seconds since 1970; 0: not told
    amr: frozenset[str] = frozenset()  # and how (RFC 8176)


@dataclass(frozen=True, slots=True)
class Service:
    """The service behind a call (`common.service_tokens`), and what it may be believed in."""

    name: str
    scopes: frozenset[str]
    expires_at: float


Authorize = Callable[[Caller | None, str, Any], bool]
"""What a policy answers: whether it is decided that this caller (None: nobody signed in) may call
this method, given facts about what the call is about (None: they are not known yet). It says False
only without facts, when it depends on them; who may not is refused by a DomainError."""


class Access:
    """A call being served: whose, and whether it was decided that she may make it."""

    __slots__ = ("_authorize", "_caller", "facts", "listed", "method", "service", "settled")

    def __init__(
        self, authorize: Authorize, caller: Caller | None, method: str,
        service: Service | None = None,
    ) -> None:  # fmt: skip
        """Ask at the door. Raises what `authorize` refuses with."""
        self.service = service
        self._authorize = authorize
        self._caller = caller
        self.method = method
        self.facts: object = None  # what it was decided with
        self.listed: Sequence[UUID] = ()
        self.settled = authorize(caller, method, None)

    @property
    def caller(self) -> Caller:
        """Who calls. Raises Unauthenticated for who has not signed in."""
        if self._caller is None:
            raise Unauthenticated("an access token is needed")
        return self._caller

    def lists(self, member_ids: Sequence[UUID]) -> None:
        """Note whose data the answer holds, where it is about many: for the audit."""
        self.listed = member_ids

    def require(self, facts: object, *instead: DomainError) -> None:
        """Decide with facts, before anything of what they are about is shown or changed.

        Raises what `authorize` refuses with, or of `instead` the first of the same kind: how this
        service says that, to the letter as it says it of what does not exist.
        """
        self.settled, self.facts = False, facts
        try:
            self.settled = self._authorize(self._caller, self.method, facts)
        except DomainError as refusal:
            raise next((own for own in instead if own.kind is refusal.kind), refusal) from None


_access: ContextVar[Access] = ContextVar("access")


def access() -> Access:
    """The access of the request being served. Raises Unauthenticated outside of one."""
    try:
        return _access.get()
    except LookupError:
        raise Unauthenticated("an access token is needed") from None


def current() -> Caller:
    """The caller of the request being served. Raises Unauthenticated if there is none."""
    return access().caller


def service() -> Service | None:
    """The service that made the request being served, as its token proves; None if none did.

    It is a service's own word, not a member's: what it may be believed in its scopes say.
    """
    return access().service


def admit(
    authorize: Authorize, caller: Caller | None, method: str, service: Service | None = None
) -> Access:
    """Ask at the door, and remember the answer for the rest of this task.

    Raises what `authorize` refuses with.
    """
    admitted = Access(authorize, caller, method, service)
    _access.set(admitted)
    return admitted


class Verifier:
    """Turns access tokens into callers.

    `fetch_jwks` returns the issuer's key set as JSON; it is asked at the first token and again,
    at most every five seconds, when a token names a key that is not known yet (rotation).
    However many calls wait for it, it is asked once. A token that was good stays good until it
    expires, also when its key is withdrawn: that is what makes tokens short-lived.
    """

    def __init__(
        self, fetch_jwks: Callable[[], Awaitable[str]], clock: Clock, remember: int = 50_000
    ) -> None:
        """Prepare; `remember` is how many tokens are known at most."""
        self._fetch = fetch_jwks
        self._clock = clock
        self._remember = remember
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self._known: OrderedDict[bytes, Caller] = OrderedDict()

    async def verify(self, token: str) -> Caller:
        """The caller of a valid token. Raises Unauthenticated, or what fetching keys raises."""
        digest = hashlib.sha256(token.encode(errors="surrogatepass")).digest()
        now = self._clock.now().timestamp()
        caller = self._known.get(digest)
        if caller is None:
            caller = await self._verify(token, now)
            self._known[digest] = caller
            if len(self._known) > self._remember:
                self._known.popitem(last=False)
        if caller.expires_at + LEEWAY_SECONDS <= now:
            self._known.pop(digest, None)
            raise Unauthenticated("the access token has expired; sign in again", cause="expired")
        return caller

    async def _verify(self, token: str, now: float) -> Caller:
        with _rejecting():
            kid = str(jwt.get_unverified_header(token).get("kid", ""))
        key = await self._key(kid, now)
        with _rejecting():
            claims = jwt.decode(
                token, key.key, algorithms=[ALGORITHM], issuer=ISSUER, audience=AUDIENCE,
                options=_OPTIONS,
            )  # fmt: skip
            return _caller(claims, token)

    async def _key(self, kid: str, now: float) -> jwt.PyJWK:
        if kid not in self._keys and not 0 <= now - self._fetched_at < _REFETCH_SECONDS:
            if self._fetching is None:
                self._fetching = asyncio.create_task(self._load(now))
                self._fetching.add_done_callback(self._loaded)
            await asyncio.shield(self._fetching)
        try:
            return self._keys[kid]
        except KeyError:
            raise Unauthenticated("the access token is signed by a key that is not known") from None

    async def _load(self, now: float) -> None:
        content = await self._fetch()
        try:
            keys = jwt.PyJWKSet.from_json(content).keys
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
            raise Unavailable("the keys of the issuer cannot be read; try again") from error
        self._keys = {str(key.key_id): key for key in keys}
        self._fetched_at = now

    def _loaded(self, task: asyncio.Task[None]) -> None:
        self._fetching = None
        if not task.cancelled():
            task.exception()  # told to everybody who still waits


@contextmanager
def _rejecting() -> Iterator[None]:
    """Whatever a token can make the library raise means that it is not valid."""
    try:
        yield
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError) as error:
        cause = type(error).__name__
        raise Unauthenticated("the access token is not valid", cause=cause) from error


def _caller(claims: dict[str, Any], token: str) -> Caller:
    roles = claims["roles"]
    if not isinstance(roles, list):
        raise TypeError("roles must be a list")
    return Caller(
        subject=UUID(claims["sub"]), network_id=UUID(claims["net"]),
        roles=frozenset(map(str, roles)), token=token, expires_at=float(claims["exp"]),
        session_id=UUID(claims["sid"]) if "sid" in claims else None,
        epoch=int(claims.get("epoch", 0)),
        owes=tuple((str(what), int(which)) for what, which in claims.get("owes", {}).items()),
        terms=int(claims.get("terms", 0)), auth_time=float(claims.get("auth_time", 0)),
        amr=frozenset(map(str, claims.get("amr", ()))),
    )  # fmt: skip
