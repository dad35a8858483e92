"""A whole Kith for a test: each service a process of its own, on the shared servers."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from common.testing.poll import PATIENCE_SECONDS
from kith_cli.client import Kith
from kith_cli.local import programs
from kith_cli.local.ports import EPHEMERAL_STACK_PORTS, LOOPBACK, find_free, is_free
from kith_cli.local.probes import http_ready
from kith_cli.local.process import LocalProcess
from kith_cli.local.secrets import ensure_secrets
from kith_cli.local.topics import create_topics, load
from kith_cli.networks import door, ensure_network, service_text_version
from kith_cli.settings import HIGHEST_OFFSET, Settings, environment
from pymongo import MongoClient

T = TypeVar("T")
LOG_LEVEL = "info"
PASSWORD = "correct horse battery"  # of made-up people


class System:
    """Starts, kills and restarts services; topics and databases are its own."""

    def __init__(self, home: Path, kafka: str, mongodb_uri: str, name: str) -> None:
        self.kafka = kafka
        port, self._claim = _claim_block()
        self.settings = Settings(
            home=home, port=port, log_level=LOG_LEVEL, topic_prefix=f"{name}.",
            database_prefix=f"kith_{name}", external_mongodb_uri=mongodb_uri,
        )  # fmt: skip
        self.secrets = ensure_secrets(self.settings.secrets)
        self.traces: dict[str, Path] = {}
        self.told: dict[str, dict[str, str]] = {}  # settings of a service beside the usual
        self._processes: dict[str, LocalProcess] = {}
        self._more: dict[str, tuple[str, str]] = {}  # of further instances: their gRPC and HTTP
        self._clients: list[Kith] = []

    @property
    def databases(self) -> list[str]:
        """Names of the databases the services use."""
        return [f"{self.settings.database_prefix}_{name}" for name in programs.SERVICES]

    def start(self, services: Sequence[str] = programs.SERVICES) -> None:
        """Make the topics, start services and wait until they are ready."""
        create_topics(self.kafka, load(prefix=self.settings.topic_prefix))
        for service in services:
            self.launch(service)
        for service in services:
            self.wait_ready(service)

    def launch(self, service: str) -> None:
        """Start one service without waiting for it; `messaging-2` is another of messaging."""
        name, kind = service, service.partition("-")[0]
        told = programs.variables(kind, self.settings, self.secrets) | {"KITH_KAFKA": self.kafka}
        if name != kind:
            told["KITH_GRPC_LISTEN"], told["KITH_HTTP_LISTEN"] = self.grpc(name), self.http(name)
        told |= self.told.get(name, {})
        if name in self.traces:
            told["KITH_TRACES"] = f"file:{self.traces[name]}"
        (program,) = programs.services(self.settings, self.secrets, [kind])
        process = LocalProcess(name, self.settings.logs / f"{name}.log", environment() | told)
        process.spawn(program.command)
        self._processes[name] = process

    def grpc(self, name: str) -> str:
        """Where an instance is called."""
        return self._addresses(name)[0]

    def http(self, name: str) -> str:
        """Where an instance is asked how it is; a gateway's public door."""
        return self._addresses(name)[1]

    def _addresses(self, name: str) -> tuple[str, str]:
        if name in programs.SERVICES:
            return self.settings.grpc(name), self.settings.http(name)
        if name not in self._more:
            grpc, http = find_free(2)
            self._more[name] = f"{LOOPBACK}:{grpc}", f"{LOOPBACK}:{http}"
        return self._more[name]

    def wait_ready(self, service: str) -> None:
        """Until the service says that it is ready. Raises Stop with its log."""
        address = self.http(service)
        self._processes[service].wait_until(lambda: http_ready(address), PATIENCE_SECONDS)

    def kill(self, service: str) -> None:
        """SIGKILL a service and start it again, as the supervisor would; does not wait for it."""
        self._processes[service].kill()
        self.launch(service)

    def retire(self, service: str) -> None:
        """SIGTERM a service that is not needed any more."""
        self._processes.pop(service).stop(30.0)

    def pause(self, service: str) -> None:
        """SIGSTOP: it keeps its connections and answers nothing."""
        self._processes[service].pause()

    def resume(self, service: str) -> None:
        """SIGCONT."""
        self._processes[service].resume()

    def pid(self, service: str) -> int:
        """The process of a service."""
        return self._processes[service].pid

    def stop(self) -> dict[str, int | None]:
        """Hang up, then SIGTERM every service; their exit codes."""
        for client in self._clients:
            client.__exit__()
        self._clients.clear()
        if self._processes:
            with ThreadPoolExecutor(len(self._processes)) as threads:  # all at once
                list(threads.map(lambda process: process.stop(30.0), self._processes.values()))
        self._claim.close()
        return {name: process.exit_code for name, process in self._processes.items()}

    def wait_published(self) -> None:
        """Until no event waits in any outbox. Raises AssertionError naming what does."""
        with MongoClient[dict[str, object]](self.settings.external_mongodb_uri) as client:
            collections = {
                f"{database}.{name}": client[database][name]
                for database in self.databases
                for name in client[database].list_collection_names()
            }

            def waiting() -> dict[str, int]:
                there = {"outbox_at": {"$exists": True}}
                counts = {name: each.count_documents(there) for name, each in collections.items()}
                return {name: count for name, count in counts.items() if count}

            wait_until_empty(waiting)

    def admin(self, network: str) -> Kith:
        """A client signed in as admin of a network, made if it is not there."""
        kith = self._open()
        ensure_network(self.settings, kith, network, network.capitalize())
        return kith

    def _open(self) -> Kith:
        kith = door(self.settings)
        self._clients.append(kith)
        return kith

    def member(self, admin: Kith, network: str, handle: str) -> Kith:
        """A client signed in as a new member."""
        code = admin.post("/v1/invites", {})["code"]
        email, password = f"{handle}@{network}.example", PASSWORD
        body = {
            "inviteCode": code, "handle": handle, "email": email, "password": password,
            "serviceTextVersion": service_text_version(admin),
        }  # fmt: skip
        admin.request("POST", "/v1/registrations", json=body, anonymous=True)
        kith = self._open()
        kith.sign_in(network, email, password)
        return kith


def wait_for(ask: Callable[[], T], seconds: float = PATIENCE_SECONDS) -> T:
    """The first true answer. Raises AssertionError at the deadline.

    It rests three times as long as it asks: most questions end as work for the database, and the
    local one, asked without a pause, gets to nothing else.
    """
    deadline = time.monotonic() + seconds
    while True:
        asked = time.monotonic()
        if answer := ask():
            return answer
        now = time.monotonic()
        assert now < deadline, f"not so after {seconds:g} s; last answer: {answer!r}"
        time.sleep(max(0.05, 3 * (now - asked)))


def _claim_block() -> tuple[int, socket.socket]:
    """A base port with all the ports a Kith wants after it free, and what holds the claim.

    Whoever else looks for a block at the same time finds the port behind this one's last taken.
    """
    bases = list(EPHEMERAL_STACK_PORTS[:: HIGHEST_OFFSET + 8])
    secrets.SystemRandom().shuffle(bases)
    for base in bases:
        try:
            claim = socket.create_server((LOOPBACK, base + HIGHEST_OFFSET + 1))
        except OSError:
            continue
        if all(is_free(port) for port in range(base, base + HIGHEST_OFFSET + 1)):
            return base, claim
        claim.close()
    raise RuntimeError("no block of free ports")


def wait_until_empty(ask: Callable[[], Sized], seconds: float = PATIENCE_SECONDS) -> None:
    """Until nothing is left. Raises AssertionError at the deadline, with what is."""
    left: Sized = ()

    def is_empty() -> bool:
        nonlocal left
        left = ask()
        return not left

    try:
        wait_for(is_empty, seconds)
    except AssertionError:
        raise AssertionError(f"still there after {seconds:g} s: {left!r}") from None
