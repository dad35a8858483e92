"""Talks to supervisord over its socket, in the few words Kith needs."""

from __future__ import annotations

import http.client
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kith_cli.local.supervision import SERVICE_GROUP


class SupervisorGone(Exception):
    """No supervisord answers, or it is on its way out."""


@dataclass(frozen=True, slots=True)
class Process:
    """One supervised process as it is now; times are seconds since the epoch."""

    name: str
    state: str
    pid: int
    started: int
    now: int
    exit_code: int

    @property
    def uptime(self) -> int:
        return self.now - self.started if self.running else 0

    @property
    def running(self) -> bool:
        return self.state in {"STARTING", "RUNNING"}


class Supervisor:
    """A client of one supervisord. Methods raise SupervisorGone."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def answers(self) -> bool:
        """Whether a supervisord listens on the socket and is not on its way out."""
        if not self._socket.exists():
            return False
        try:
            return bool(self._call("supervisor.getState")["statename"] == "RUNNING")
        except SupervisorGone:
            return False

    def processes(self) -> list[Process]:
        return [
            Process(
                entry["name"],
                entry["statename"],
                entry["pid"],
                entry["start"],
                entry["now"],
                entry["exitstatus"],
            )
            for entry in self._call("supervisor.getAllProcessInfo")
        ]

    def start(self, name: str) -> None:
        """Start one process that is in no group, without waiting for it."""
        self._call("supervisor.startProcess", name, False)

    def start_services(self) -> None:
        """Start all services, without waiting for them."""
        self._call("supervisor.startProcessGroup", SERVICE_GROUP, False)

    def start_service(self, name: str) -> None:
        """Start one service, without waiting for it."""
        self._call("supervisor.startProcess", f"{SERVICE_GROUP}:{name}", False)

    def stop_service(self, name: str) -> None:
        """Stop one service and wait until it has ended."""
        self._call("supervisor.stopProcess", f"{SERVICE_GROUP}:{name}", True)

    def shutdown(self) -> None:
        """Stop everything, services first, and end supervisord; returns at once."""
        self._call("supervisor.shutdown")

    def _call(self, method: str, *arguments: object) -> Any:
        from supervisor.xmlrpc import SupervisorTransport

        transport = SupervisorTransport(serverurl=f"unix://{self._socket}")
        try:
            proxy = xmlrpc.client.ServerProxy("http://localhost", transport=transport)
            return getattr(proxy, method)(*arguments)
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as failure:
            raise SupervisorGone(str(failure)) from failure
        finally:
            transport.close()
