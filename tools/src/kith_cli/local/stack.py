"""Broker and database for the length of one command: tests use the real ones, leave nothing."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from kith_cli.console import complain
from kith_cli.errors import Stop
from kith_cli.local.broker import LocalBroker
from kith_cli.local.database import LocalDatabase
from kith_cli.local.locks import exclusive
from kith_cli.local.process import LocalProcess, tail
from kith_cli.paths import TOOLS
from kith_cli.settings import environment

MEMORY_FILE_SYSTEM = Path("/dev/shm")  # noqa: S108 - a private folder with a random name is made in it
ENOUGH_MEMORY = 2 * 2**30
LOOK_SECONDS = 0.1
PREFIX = f"kith-stack-{os.getuid()}-"
OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Stack:
    """A running broker, and databases that know nothing of each other."""

    broker: LocalBroker
    databases: Sequence[LocalDatabase]

    @property
    def variables(self) -> dict[str, str]:
        return {
            "KITH_TEST_KAFKA": self.broker.bootstrap,
            "KITH_TEST_MONGODB_URI": " ".join(database.uri for database in self.databases),
        }


@contextmanager
def ephemeral(databases: int = 1) -> Iterator[Stack]:
    """All servers on free ports, their data in a temporary folder; then gone. Raises Stop."""
    with ExitStack() as cleanup:
        scratch = _scratch()
        with exclusive(scratch / f"{PREFIX}lock"):  # or a stack being born looks like one abandoned
            remove_abandoned(scratch)
            home = Path(tempfile.mkdtemp(prefix=PREFIX, dir=scratch))
            cleanup.callback(shutil.rmtree, home, ignore_errors=True)
            cleanup.enter_context(exclusive(home / OWNER))
        broker = LocalBroker(home / "kafka")
        several = [LocalDatabase(home / f"mongodb-{number}") for number in range(databases)]
        servers: list[LocalBroker | LocalDatabase] = [broker, *several]
        for server in servers:
            cleanup.callback(server.kill)
        with ThreadPoolExecutor(len(servers)) as pool:
            for started in [pool.submit(server.start) for server in servers]:
                started.result()
        yield Stack(broker, several)


def run_beside(command: Sequence[str], databases: int = 1) -> int:
    """Run the command beside an ephemeral stack and return its exit code."""
    previous = signal.signal(signal.SIGTERM, _end)
    try:
        with ephemeral(databases) as stack:
            return _run(
                command, {**environment(), **stack.variables}, (stack.broker, *stack.databases)
            )
    finally:
        signal.signal(signal.SIGTERM, previous)


def _run(
    command: Sequence[str], variables: Mapping[str, str], servers: Sequence[LocalProcess]
) -> int:
    try:
        child = subprocess.Popen(command, env=variables)
    except OSError as failure:
        raise Stop(f"Could not run {command[0]}: {failure.strerror}.") from None
    with _passing_on_signals(child):
        watched = list(servers)
        while child.poll() is None:
            watched = [server for server in watched if not _report_death(server)]
            time.sleep(LOOK_SECONDS)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _report_death(server: LocalProcess) -> bool:
    if server.alive:
        return False
    complain(f"The {server.name} died (code {server.exit_code}).\n{tail(server.log)}")
    return True


@contextmanager
def _passing_on_signals(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Ctrl-C reaches the command from the terminal, SIGTERM from here; the stack outlives both."""
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda number, frame: child.terminate()),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def remove_abandoned(scratch: Path) -> None:
    """End the servers and remove the data of stacks whose command was killed.

    A living command holds a lock on its folder, so nothing in use is touched.
    """
    for home in scratch.glob(f"{PREFIX}*/"):
        with (home / OWNER).open("a") as handle, suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for pidfile in home.rglob("*.pid"):
                _kill_if_serving(int(pidfile.read_text()), home)
            shutil.rmtree(home, ignore_errors=True)


def _kill_if_serving(pid: int, home: Path) -> None:
    with suppress(OSError):
        if str(home).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)


def _scratch() -> Path:
    """Memory when there is plenty, as a durable write costs nothing there; else the workspace."""
    memory = MEMORY_FILE_SYSTEM
    if (
        memory.is_dir()
        and os.access(memory, os.W_OK)
        and shutil.disk_usage(memory).free > ENOUGH_MEMORY
    ):
        return memory
    folder = TOOLS / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
