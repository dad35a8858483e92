"""Getting in: what verifying a token costs, how fast people can sign in with hashing as in
production, and what the gateway adds to a read."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import jwt
from common import grpc_client
from common.auth import ALGORITHM, AUDIENCE, ISSUER, Verifier
from common.clock import SystemClock
from common.config import Address
from common.grpc_client import call
from common.ids import new_id
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm
from kith.identity.v1 import identity_service_pb2 as api
from kith.identity.v1 import identity_service_pb2_grpc as grpc_api

from kith_cli.bench.lean import Connection
from kith_cli.bench.load import Person

TOKENS = 2_000
READS = 1_000
SIGNING_IN = 4
SIGN_IN_SECONDS = 10.0
PROBE_SECONDS = 0.005
KID = "bench"


def verify_us() -> tuple[float, float]:
    """Microseconds to verify a token never seen, and one that is known."""
    key = Ed25519PrivateKey.generate()
    jwk = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": KID, "alg": ALGORITHM}

    async def jwks() -> str:
        return json.dumps({"keys": [jwk]})

    tokens = [_token(key) for _ in range(TOKENS + 1)]

    async def measured() -> tuple[float, float]:
        verifier = Verifier(jwks, SystemClock())
        await verifier.verify(tokens.pop())  # has the keys fetched
        cold = await _us(lambda: _each(verifier, tokens))
        warm = await _us(lambda: _each(verifier, tokens))
        return cold / TOKENS, warm / TOKENS

    return asyncio.run(measured())


@dataclass(slots=True)
class SignIns:
    """How many people signed in within how many seconds, and how long calls beside them took."""

    count: int = 0
    seconds: float = 0.0
    beside: list[float] = field(default_factory=list)


async def sign_ins(
    identity: Address, network: str, emails: Sequence[str], password: str
) -> SignIns:
    """Sign in a few at a time, one account after the other; meanwhile a call that computes nothing
    is made again and again.

    It asks identity itself and has no service's word for where it comes from, so it is one of those
    who come from nowhere known; that costs what anybody else's sign-in does. How long the longest
    of the calls beside took bounds how long identity's event loop stood still; what else the
    machine was doing is in it.
    """
    found, begun = SignIns(), time.perf_counter()
    until = begun + SIGN_IN_SECONDS
    async with grpc_client.connect(identity) as channel:
        sessions = grpc_api.SessionServiceStub(channel)
        whose = itertools.cycle(emails)

        async def sign_in() -> None:
            while time.perf_counter() < until:
                request = api.CreateSessionRequest(
                    network=network, email=next(whose), password=password
                )
                await call(sessions.CreateSession, request)
                found.count += 1

        async def probe() -> None:
            while time.perf_counter() < until:
                asked = time.perf_counter()
                await call(sessions.GetJwks, api.GetJwksRequest())
                found.beside.append(time.perf_counter() - asked)
                await asyncio.sleep(PROBE_SECONDS)

        await asyncio.gather(probe(), *(sign_in() for _ in range(SIGNING_IN)))
    found.seconds = time.perf_counter() - begun
    return found


async def reads(
    host: str, port: int, identity: Address, person: Person
) -> tuple[list[float], list[float]]:
    """Seconds that reading her own account took through the gateway, and asking identity itself;
    in turns, one at a time."""
    through: list[float] = []
    direct: list[float] = []
    connection = Connection(host, port, person.token)
    request = api.GetAccountRequest(member_id=person.member_id)
    async with grpc_client.connect(identity) as channel:
        accounts = grpc_api.AccountServiceStub(channel)
        path = f"/v1/accounts/{person.member_id}"
        for _ in range(READS):
            through.append(await _seconds(lambda: connection.request("GET", path)))
            direct.append(
                await _seconds(lambda: call(accounts.GetAccount, request, token=person.token))
            )
    connection.close()
    return through, direct


async def _each(verifier: Verifier, tokens: list[str]) -> None:
    for token in tokens:
        await verifier.verify(token)


async def _us(do: Callable[[], Awaitable[object]]) -> float:
    return 1e6 * await _seconds(do)


async def _seconds(do: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await do()
    return time.perf_counter() - begun


def _token(key: Ed25519PrivateKey) -> str:
    now = int(time.time())
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": str(new_id()), "net": str(new_id()),
        "roles": ["member"], "iat": now, "exp": now + 600,
    }  # fmt: skip
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": KID})
