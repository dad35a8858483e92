"""`kith up` with broker and database: what is killed comes back, and in the end all is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from kith_cli.errors import Stop
from kith_cli.local.ports import find_free
from kith_cli.local.probes import kafka_ready, mongo_ready
from kith_cli.local.programs import mongodb_uri
from kith_cli.local.secrets import ensure_secrets
from kith_cli.local.status import look
from kith_cli.settings import Settings, environment
from pymongo import MongoClient

SECONDS = 120.0
pytestmark = pytest.mark.timeout(150)  # each starts and stops a whole stack, some twice


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", port=find_free(1)[0])


@contextmanager
def running(settings: Settings, only: str = "") -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "kith_cli", "up", "--only", only]
    told = {"KITH_HOME": str(settings.home), "KITH_PORT": str(settings.port)}
    with subprocess.Popen(
        command, env=environment() | told, stderr=subprocess.PIPE, text=True
    ) as kith:
        try:
            yield kith
        finally:
            kith.terminate()


def connect(settings: Settings) -> MongoClient[dict[str, Any]]:
    return MongoClient(mongodb_uri(settings))


def until(answer: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not answer():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_for_welcome(kith: subprocess.Popen[str]) -> None:
    assert kith.stderr is not None
    assert any("Kith runs at" in line for line in kith.stderr), "it ended before it was up"


def pids(settings: Settings) -> dict[str, int]:
    with suppress(Stop):
        return {row.process.name: row.process.pid for row in look(settings) if row.ready}
    return {}


def gone(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return False
    return True


def test_what_is_killed_comes_back_and_what_was_written_is_there(settings: Settings) -> None:
    with running(settings) as kith:
        wait_for_welcome(kith)
        before = pids(settings)
        assert set(before) == {"kafka", "mongodb"}
        with connect(settings) as client:
            client.a.things.insert_one({"_id": 1})
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        until(lambda: set(pids(settings)) == set(before))
        assert not set(pids(settings).values()) & set(before.values())
        kith.terminate()
        assert kith.wait(SECONDS) == 0
    assert not kafka_ready(settings.kafka)
    assert not mongo_ready(mongodb_uri(settings))

    password = ensure_secrets(settings.secrets).operator_password
    with running(settings) as again:
        wait_for_welcome(again)
        with connect(settings) as client:
            assert client.a.things.count_documents({}) == 1
        assert ensure_secrets(settings.secrets).operator_password == password
        command = [sys.executable, "-m", "kith_cli", "down"]
        subprocess.run(command, env=environment() | {"KITH_HOME": str(settings.home)}, check=True)
        assert again.wait(SECONDS) == 0


def test_a_signal_during_the_start_leaves_nothing_behind(settings: Settings) -> None:
    pid_file = settings.logs / "supervisord.pid"
    with running(settings) as kith:
        until(pid_file.exists)
        supervisor = int(pid_file.read_text())
        kith.send_signal(signal.SIGINT)
        assert kith.wait(SECONDS) == 0
    assert gone(supervisor)
    assert not pids(settings)


def test_a_port_in_use_is_one_line(settings: Settings, tmp_path: Path) -> None:
    with running(settings) as kith:
        wait_for_welcome(kith)
        with running(Settings(tmp_path / "other", port=settings.port)) as second:
            complaint = second.communicate(timeout=SECONDS)[1]
    assert second.returncode == 1
    assert complaint.startswith("kith: Ports in use: ")
    assert complaint.count("\n") == 1
