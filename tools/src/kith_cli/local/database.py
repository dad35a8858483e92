"""A database that speaks MongoDB's protocol, as a process apart: for development and tests only.

SecantusDB is GPL-2.0 and beta; it is never linked into Kith, and production is MongoDB.
"""

from __future__ import annotations

import sys
from pathlib import Path

from kith_cli.errors import Stop
from kith_cli.local.ports import LOOPBACK, find_free
from kith_cli.local.probes import mongo_ready
from kith_cli.local.process import LocalProcess
from kith_cli.paths import TOOLS

START_SECONDS = 60.0
BUILT_SERVER = TOOLS / "bin" / "secantusd-rs"
WHEEL_SERVER = Path(sys.executable).parent / "secantusd-py"


def local_uri(port: int) -> str:
    """How Kith asks for durable writes: acknowledged by a majority, and journalled.

    Not repeated by the driver, which is for a change of primaries: there is one here, and for each
    write that could be repeated the wheel's server walks through the ten thousand before it (0.3 ms
    of CPU become 5).
    """
    options = "replicaSet=secantus&w=majority&journal=true&retryWrites=false"
    return f"mongodb://{LOOPBACK}:{port}/?{options}"


def choose_server(built: Path = BUILT_SERVER, wheel: Path = WHEEL_SERVER) -> Path:
    """The fast server when `make database` built it, else the one from the wheel. Raises Stop."""
    for server in (built, wheel):
        if server.exists():
            return server
    raise Stop(
        "No database server is installed; run `make .venv`, or point KITH_MONGODB_URI at a MongoDB."
    )


def command(server: Path, home: Path, port: int) -> list[str]:
    """The command line; every acknowledged write is on disk, or a kill would lose it."""
    common = ["--host", LOOPBACK, "--port", str(port), "--storage-path", str(home / "data")]
    durable = ["--sync-on-commit", "--cache-size", "256M", "--log-level", "WARNING"]
    own = (
        ["--log-file-max", "32MB"]
        if server.name == BUILT_SERVER.name
        else ["--config", str(_no_settings(home))]
    )
    return [str(server), *common, *durable, *own]


def _no_settings(home: Path) -> Path:
    """An empty settings file, so that none lying about on the machine is picked up."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / "secantusd.toml"
    path.touch()
    return path


class LocalDatabase(LocalProcess):
    """One database server with its data under `home`."""

    def __init__(self, home: Path, *, port: int | None = None) -> None:
        super().__init__("database", home / "database.log")
        self._home = home
        self._port = port if port is not None else find_free(1)[0]

    @property
    def uri(self) -> str:
        return local_uri(self._port)

    def start(self) -> None:
        """Returns when the database answers as primary. Raises Stop."""
        self.spawn(command(choose_server(), self._home, self._port))
        self.wait_until(lambda: mongo_ready(self.uri), START_SECONDS)
