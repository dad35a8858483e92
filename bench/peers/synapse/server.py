"""Synapse as a running server, and PostgreSQL behind it where that is installed."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kith_cli.errors import Stop
from kith_cli.local.ports import LOOPBACK, find_free
from kith_cli.local.probes import port_open
from kith_cli.local.process import LocalProcess

from bench.peers.synapse import config
from bench.peers.synapse.config import Store

START_SECONDS = 180.0
POSTGRESQL_USER = "postgres"
_INSTALLED = Path("/usr/lib/postgresql")  # where Debian puts what is not on the path


@dataclass(frozen=True, slots=True)
class Running:
    """A Synapse that answers."""

    port: int
    secret: str
    pids: tuple[int, ...]  # of all it consists of, its store too; they may have children


@contextmanager
def sqlite() -> Iterator[Store]:
    """A database in a file."""
    with tempfile.TemporaryDirectory(prefix="kith-synapse-") as folder:
        yield config.sqlite(Path(folder))


def find_postgresql() -> Path | None:
    """The folder with PostgreSQL's programs; None if it is not installed."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    versions = sorted(_INSTALLED.glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    return versions[-1].parent if versions else None


@contextmanager
def postgresql(programs: Path) -> Iterator[Store]:
    """A database server as it is after installing, which listens in a folder. Raises Stop."""
    with tempfile.TemporaryDirectory(prefix="kith-postgresql-") as name:
        folder, user = Path(name), _postgresql_user()
        if os.geteuid() == 0:  # it does not serve root
            shutil.chown(folder, user)
        prefix = ["setpriv", f"--reuid={user}", "--clear-groups"] if os.geteuid() == 0 else []
        data = folder / "data"
        made = subprocess.run(
            [*prefix, str(programs / "initdb"), "--auth=trust", "--locale=C", "--encoding=UTF8",
             f"--username={user}", "--pgdata", str(data)],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode != 0:
            raise Stop(f"PostgreSQL cannot be prepared: {made.stderr.strip()}")
        (port,) = find_free(1)
        process = LocalProcess("PostgreSQL", folder / "postgresql.log")
        process.spawn([
            *prefix, str(programs / "postgres"), "-D", str(data), "-p", str(port),
            "-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}",
        ])  # fmt: skip
        try:
            create = [
                str(programs / "createdb"), "-h", str(folder), "-p", str(port), "-U", user,
                "synapse",
            ]  # fmt: skip
            process.wait_until(
                lambda: subprocess.run(create, capture_output=True, check=False).returncode == 0,
                START_SECONDS,
            )
            yield config.postgresql(folder, port, user, process.pid)
        finally:
            process.stop()


def _postgresql_user() -> str:
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    try:
        return pwd.getpwnam(POSTGRESQL_USER).pw_name
    except KeyError:
        raise Stop(
            f"PostgreSQL does not run as root, and there is no user {POSTGRESQL_USER}."
        ) from None


@contextmanager
def synapse(python: Path, store: Store) -> Iterator[Running]:
    """A Synapse with an empty store, until the block ends. Raises Stop."""
    with tempfile.TemporaryDirectory(prefix="kith-synapse-") as name:
        folder = Path(name)
        (port,), secret = find_free(1), secrets.token_urlsafe(32)
        file = config.write(folder, port, secret, store)
        command = [str(python), "-m", "synapse.app.homeserver", "-c", str(file)]
        made = subprocess.run(
            [*command, "--generate-keys"], cwd=folder, capture_output=True, text=True, check=False
        )
        if made.returncode != 0:
            raise Stop(f"Synapse does not take its configuration:\n{made.stderr.strip()[-2000:]}")
        process = LocalProcess("Synapse", folder / "synapse.log")
        process.spawn(command)
        try:
            process.wait_until(lambda: port_open(f"{LOOPBACK}:{port}"), START_SECONDS)
            yield Running(port, secret, (process.pid, *([store.pid] if store.pid else [])))
        finally:
            process.stop()
