"""One gateway and 1,000 sockets: what telling all of them costs, without anything behind it.

The gateway is a process of its own, messaging a scripted instance here that says what is new for
1,000 subscriptions at once, as a large room would; the sockets are read by a third process.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import jwt
from common.auth import ALGORITHM, AUDIENCE, ISSUER
from common.ids import new_id
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm
from kith.identity.v1 import identity_service_pb2 as identity
from kith.messaging.v1 import delivery_service_pb2 as api
from kith.messaging.v1 import messaging_pb2 as pb

from kith_cli.errors import Stop
from kith_cli.local.ports import LOOPBACK, find_free
from kith_cli.local.probes import http_ready
from kith_cli.local.process import LocalProcess
from kith_cli.local.secrets import ensure_secrets
from kith_cli.settings import environment

SOCKETS = 1_000
ROUNDS = 200
WARM_ROUNDS = 20
STEADY_ROUNDS, STEADY_PER_SECOND = 240, 60
PATIENCE_SECONDS = 120.0
TEXT = "I know this. What helped me was to write one line each evening and to show it to nobody."
DELIVER = "/kith.messaging.v1.DeliveryService/Deliver"
GET_JWKS = "/kith.identity.v1.SessionService/GetJwks"
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Fanned:
    """What was measured."""

    deliveries_per_s: float
    cpu_us: float  # of the gateway, for each delivery
    steady_cpu_us: float  # the same, of STEADY_PER_SECOND messages for each socket
    idle_kb: float  # of its memory, for each socket


class Behind(grpc.GenericRpcHandler):
    """Identity's keys and one instance of messaging."""

    def __init__(self, jwks: str) -> None:
        self._jwks = jwks
        self.numbers: list[int] = []
        self.line: asyncio.Queue[api.DeliverResponse] = asyncio.Queue()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """See grpc.GenericRpcHandler."""
        if handler_call_details.method == GET_JWKS:
            return grpc.unary_unary_rpc_method_handler(
                self._keys, identity.GetJwksRequest.FromString,
                identity.GetJwksResponse.SerializeToString,
            )  # fmt: skip
        if handler_call_details.method == DELIVER:
            return grpc.stream_stream_rpc_method_handler(
                self._deliver, api.DeliverRequest.FromString, api.DeliverResponse.SerializeToString
            )
        return None

    async def _keys(self, _request: object, _context: object) -> identity.GetJwksResponse:
        return identity.GetJwksResponse(jwks=self._jwks)

    async def _deliver(
        self, requests: AsyncIterator[api.DeliverRequest], _context: object
    ) -> AsyncIterator[api.DeliverResponse]:
        reading = asyncio.create_task(self._read(requests))
        try:
            yield api.DeliverResponse(slots=api.Slots(owned=b"\xff" * 32))
            while True:
                yield await self.line.get()
        finally:
            reading.cancel()

    async def _read(self, requests: AsyncIterator[api.DeliverRequest]) -> None:
        async for request in requests:
            for new in request.subscribe:
                self.numbers.append(new.subscription)
                began = api.Subscribed(subscription=new.subscription)
                self.line.put_nowait(api.DeliverResponse(subscribed=[began]))

    def say(self, sequence: int) -> None:
        """One more message for all of them."""
        message = pb.Message(
            id=str(new_id()), conversation_id=str(UUID(int=7)), sequence=sequence,
            sender_id=str(new_id()), client_message_id=str(sequence), text=TEXT,
        )  # fmt: skip
        delivery = api.Delivery(
            subscriptions=self.numbers, conversation_id=message.conversation_id, arrived=message
        )
        self.line.put_nowait(api.DeliverResponse(deliveries=[delivery]))


def fan_out(kafka: str) -> Fanned:
    """Measure. Raises Stop."""
    return asyncio.run(_fan_out(kafka))


async def _fan_out(kafka: str) -> Fanned:
    key = Ed25519PrivateKey.generate()
    public = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    behind = Behind(json.dumps({"keys": [{**public, "kid": "bench"}]}))
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((behind,))
    port = server.add_insecure_port(f"{LOOPBACK}:0")
    await server.start()
    with tempfile.TemporaryDirectory(prefix="kith-fanout-") as folder:
        gateway, door = _gateway(Path(folder), kafka, f"{LOOPBACK}:{port}")
        try:
            await asyncio.to_thread(gateway.wait_until, lambda: http_ready(door), PATIENCE_SECONDS)
            return await _measure(behind, gateway.pid, door, key)
        finally:
            await asyncio.to_thread(gateway.stop)
            await server.stop(0)


async def _measure(behind: Behind, pid: int, door: str, key: Ed25519PrivateKey) -> Fanned:
    tokens = [_token(key) for _ in range(SOCKETS)]
    before = _resident_kb(pid)
    async with _readers(door, tokens) as readers:
        idle = (_resident_kb(pid) - before) / SOCKETS
        for sequence in range(1, WARM_ROUNDS + 1):
            behind.say(sequence)
        await readers.until(WARM_ROUNDS * SOCKETS)
        cpu, begun = _cpu(pid), time.perf_counter()
        for sequence in range(WARM_ROUNDS + 1, WARM_ROUNDS + ROUNDS + 1):
            behind.say(sequence)
        await readers.until((WARM_ROUNDS + ROUNDS) * SOCKETS)
        seconds, used = time.perf_counter() - begun, _cpu(pid) - cpu
        steady = await _steady(behind, readers, pid, WARM_ROUNDS + ROUNDS)
    count = ROUNDS * SOCKETS
    return Fanned(count / seconds, 1e6 * used / count, steady, idle)


async def _steady(behind: Behind, readers: Readers, pid: int, before: int) -> float:
    """Microseconds of the gateway's CPU for each delivery when messages come one by one."""
    cpu, begun = _cpu(pid), time.perf_counter()
    for number in range(STEADY_ROUNDS):
        await asyncio.sleep(max(0.0, begun + number / STEADY_PER_SECOND - time.perf_counter()))
        behind.say(before + number + 1)
    await readers.until((before + STEADY_ROUNDS) * SOCKETS)
    return 1e6 * (_cpu(pid) - cpu) / (STEADY_ROUNDS * SOCKETS)


def _gateway(folder: Path, kafka: str, behind: str) -> tuple[LocalProcess, str]:
    secrets = ensure_secrets(folder / "secrets")
    grpc_port, http_port = find_free(2)
    door = f"{LOOPBACK}:{http_port}"
    told = {
        "KITH_KAFKA": kafka, "KITH_MONGODB_URI": "mongodb://127.0.0.1:1", "KITH_LOG_LEVEL": "error",
        "KITH_GRPC_LISTEN": f"{LOOPBACK}:{grpc_port}", "KITH_HTTP_LISTEN": door,
        "KITH_SERVICE_KEY_FILE": str(secrets.service_key("gateway")),
        "KITH_SERVICE_KEYS_FILE": str(secrets.service_keys),
        "KITH_LIMIT_ADDRESS": "100000/100000", "KITH_LIMIT_CONNECTIONS": "20000/20000",
    } | {
        f"KITH_{name}": behind
        for name in ("IDENTITY", "COMMUNITY", "MESSAGING", "PROGRAMS", "OUTCOMES", "SIGNALS")
    }  # fmt: skip
    process = LocalProcess("gateway", folder / "gateway.log", environment() | told)
    process.spawn([sys.executable, "-m", "gateway", "run"])
    return process, door


def _token(key: Ed25519PrivateKey) -> str:
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": str(new_id()), "net": str(UUID(int=1)),
        "roles": ["member"], "exp": time.time() + 3_600,
    }  # fmt: skip
    return jwt.encode(claims, key, ALGORITHM, {"kid": "bench"})


class Readers:
    """A process with all the sockets; it counts what arrives."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, line: str) -> str:
        """Say a line and wait for the answer. Raises Stop, TimeoutError."""
        if self._process.stdin is None or self._process.stdout is None:
            raise Stop("the sockets cannot be spoken to")
        self._process.stdin.write(f"{line}\n".encode())
        await self._process.stdin.drain()
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await self._process.stdout.readline()
        if not answer:
            raise Stop("the process with the sockets has ended")
        return answer.decode().strip()

    async def until(self, count: int) -> None:
        """Until so many have arrived."""
        await self.ask(str(count))


@asynccontextmanager
async def _readers(door: str, tokens: list[str]) -> AsyncIterator[Readers]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kith_cli.bench.sockets", door,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**20,
    )  # fmt: skip
    try:
        readers = Readers(process)
        await readers.ask(json.dumps(tokens))
        yield readers
    finally:
        process.terminate()
        await process.wait()


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _resident_kb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000
