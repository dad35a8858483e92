"""A process that dies at every start is named with the end of its log."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kith_cli.errors import Stop
from kith_cli.local import supervision
from kith_cli.local.crashes import CrashWatch
from kith_cli.local.folders import private_folder
from kith_cli.local.process import LocalProcess
from kith_cli.local.programs import Program
from kith_cli.local.supervisor import Supervisor
from kith_cli.local.up import Kith, supervise
from kith_cli.settings import Settings

DYING = Program("dying", [sys.executable, "-c", "print('no such setting'); raise SystemExit(3)"])


@pytest.fixture
def kith(tmp_path: Path) -> Iterator[Kith]:
    settings = Settings(tmp_path)
    for folder in (settings.run, settings.logs, supervision.socket_path(settings.run).parent):
        private_folder(folder)
    text = supervision.render(settings.run, settings.logs, [], [DYING])
    (settings.run / "supervisord.conf").write_text(text)
    daemon = LocalProcess("process supervisor", settings.logs / "supervisord.out")
    supervisor = Supervisor(supervision.socket_path(settings.run))
    try:
        yield Kith(settings, ["dying"], supervisor, daemon, CrashWatch())
    finally:
        daemon.stop()


def test_a_crash_loop_says_who_and_why(kith: Kith) -> None:
    supervise(kith)
    kith.supervisor.start_services()
    with pytest.raises(Stop, match=r"(?s)dying crashes again and again.*no such setting"):
        kith.wait_for("dying", lambda: False)
