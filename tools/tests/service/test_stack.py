"""`kith stack` gives a command its servers, returns its exit code and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from kith_cli.local.probes import port_open

KITH = [sys.executable, "-m", "kith_cli", "stack", "--"]


def test_the_command_finds_its_servers_and_its_exit_code_comes_back() -> None:
    script = 'echo "$KITH_TEST_KAFKA"; echo "$KITH_TEST_MONGODB_URI"; exit 7'
    done = subprocess.run([*KITH, "sh", "-c", script], capture_output=True, text=True)
    kafka, uri = done.stdout.split()
    assert done.returncode == 7, done.stderr
    assert uri.startswith("mongodb://127.0.0.1:")
    assert not port_open(kafka)


def test_several_databases_are_servers_of_their_own() -> None:
    command = [*KITH[:-1], "--databases", "2", "--", "sh", "-c", 'echo "$KITH_TEST_MONGODB_URI"']
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    one, other = done.stdout.split()
    assert one != other


def test_a_command_that_does_not_exist_is_one_line() -> None:
    done = subprocess.run([*KITH, "no-such-command"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("kith: Could not run no-such-command")
    assert "Traceback" not in done.stderr


def test_a_stopped_stack_stops_its_command_and_its_servers() -> None:
    script = 'echo "$KITH_TEST_KAFKA"; exec tail -f /dev/null'
    with subprocess.Popen([*KITH, "sh", "-c", script], stdout=subprocess.PIPE, text=True) as stack:
        assert stack.stdout is not None
        kafka = stack.stdout.readline().strip()
        stack.terminate()
        assert stack.wait(30) == 128 + signal.SIGTERM
    assert not port_open(kafka)


def test_a_dead_broker_is_reported(tmp_path: Path) -> None:
    """The command kills the broker through the pid file beside its log, then looks for the news."""
    news = tmp_path / "news"
    script = (
        "import os, pathlib, signal, sys, time\n"
        "port = os.environ['KITH_TEST_KAFKA'].rpartition(':')[2]\n"
        "homes = [p for d in ('/dev/shm', '.tools/tmp') for p in pathlib.Path(d).glob(\n"
        "    'kith-stack-*/kafka/server.properties') if f':{port},' in p.read_text()]\n"
        "os.kill(int(homes[0].with_name('broker.pid').read_text()), signal.SIGKILL)\n"
        f"news, end = pathlib.Path({str(news)!r}), time.monotonic() + 20\n"
        "while 'Kafka broker died' not in news.read_text() and time.monotonic() < end:\n"
        "    time.sleep(0.05)\n"
    )
    with news.open("w") as sink:
        done = subprocess.run([*KITH, sys.executable, "-c", script], stderr=sink)
    assert done.returncode == 0
    assert f"code {-signal.SIGKILL}" in news.read_text()


def test_what_a_killed_stack_left_is_removed_by_the_next() -> None:
    script = 'echo "$KITH_TEST_KAFKA"; kill -9 $PPID'
    done = subprocess.run([*KITH, "sh", "-c", script], capture_output=True, text=True)
    orphan = done.stdout.strip()
    assert done.returncode == -signal.SIGKILL
    assert port_open(orphan)
    assert subprocess.run([*KITH, "true"], env=os.environ).returncode == 0  # noqa: TID251 - as is
    assert not port_open(orphan)
