"""A server process to start, stop, kill and freeze, for a command or a test that makes faults."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from kith_cli.errors import Stop

POLL_SECONDS = 0.02
TAIL_LINES = 15


class LocalProcess:
    """Owns a child process in a session of its own: Ctrl-C reaches it only through its owner."""

    def __init__(self, name: str, log: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.log = log
        self._env = env
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id; raises ValueError when it was never started."""
        if self._child is None:
            raise ValueError(f"{self.name} was not started")
        return self._child.pid

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def exit_code(self) -> int | None:
        return None if self._child is None else self._child.poll()

    def spawn(self, command: Sequence[str]) -> None:
        """Start the command, its output appended to the log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as sink:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=self._env,
                start_new_session=True,
            )
        self.log.with_suffix(".pid").write_text(str(self.pid))

    def stop(self, timeout: float = 20.0) -> None:
        """SIGTERM, then SIGKILL when the timeout has passed; returns when the process is gone."""
        if self._child is None or not self.alive:
            return
        self.resume()
        self._child.terminate()
        self.wait(timeout)

    def wait(self, timeout: float) -> int | None:
        """The exit code, or None (and the process killed) when it did not end in time."""
        if self._child is None:
            return None
        try:
            return self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def kill(self) -> None:
        """SIGKILL; returns when the process is gone."""
        if self._child is not None and self.alive:
            self._child.kill()
            self._child.wait()

    def pause(self) -> None:
        """SIGSTOP: connections stay open and, once this returns, nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        """SIGCONT."""
        os.kill(self.pid, signal.SIGCONT)

    def wait_until(self, ready: Callable[[], bool], timeout: float) -> None:
        """Poll until ready. Raises Stop with the end of the log when it dies or time is over."""
        deadline = time.monotonic() + timeout
        while not ready():
            if not self.alive:
                ended = f"The {self.name} ended with code {self.exit_code} while starting."
                raise Stop(f"{ended}\n{tail(self.log)}")
            if time.monotonic() > deadline:
                raise Stop(
                    f"The {self.name} was not ready after {timeout:.0f} s.\n{tail(self.log)}"
                )
            time.sleep(POLL_SECONDS)


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The end of a log file, with its name above."""
    if not log.exists():
        return f"(no log at {log})"
    last = log.read_text(errors="replace").splitlines()[-lines:]
    return "\n".join([f"--- end of {log} ---", *last])
