"""A real Apache Kafka broker on the loopback interface: the protocol and faults of production."""

from __future__ import annotations

from pathlib import Path

from kith_cli.local.installation import START_SECONDS, Installation
from kith_cli.local.ports import LOOPBACK, find_free
from kith_cli.local.probes import kafka_ready
from kith_cli.local.process import LocalProcess


class LocalBroker(LocalProcess):
    """One broker with its data under `home`; a test that breaks brokers has one of its own."""

    def __init__(self, home: Path, *, ports: tuple[int, int] | None = None) -> None:
        super().__init__("Kafka broker", home / "broker.log")
        self._port, self._controller_port = ports or find_free(2)
        self._home = home
        self._installation = Installation()

    @property
    def bootstrap(self) -> str:
        return f"{LOOPBACK}:{self._port}"

    def start(self) -> None:
        """Returns when the broker answers, with all it ever acknowledged. Raises Stop."""
        self._installation.ensure()
        ports = self._port, self._controller_port
        properties = self._installation.write_home(self._home, ports)
        self.spawn(self._installation.command(properties))
        self.wait_until(lambda: kafka_ready(self.bootstrap), START_SECONDS)
