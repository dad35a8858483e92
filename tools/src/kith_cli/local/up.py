"""`kith up`: a list of steps from nothing to a working Kith, then a watch over it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from rich.markup import escape

from kith_cli.console import err, say
from kith_cli.errors import Stop
from kith_cli.local import programs, supervision
from kith_cli.local.crashes import CrashWatch
from kith_cli.local.folders import data_folder, private_folder
from kith_cli.local.installation import Installation
from kith_cli.local.ports import require_free
from kith_cli.local.probes import http_ready, kafka_ready, mongo_ready
from kith_cli.local.process import LocalProcess, tail
from kith_cli.local.secrets import ensure_secrets
from kith_cli.local.signals import Interrupted, interruptible
from kith_cli.local.supervisor import Process, Supervisor, SupervisorGone
from kith_cli.local.topics import create_topics, load
from kith_cli.settings import Settings

READY_SECONDS = 120.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.1
WATCH_SECONDS = 1.0
# Called with the Settings once everything answers, if the module is there; returns lines to print.
AFTER_START = (("Seeding", "kith_cli.seed", "seed_if_empty"),)
Run = Callable[["Kith"], None]


@dataclass(slots=True)
class Kith:
    """A local Kith on its way up or running."""

    settings: Settings
    wanted: Sequence[str]
    supervisor: Supervisor
    daemon: LocalProcess
    crashes: CrashWatch

    def check(self) -> list[Process]:
        """How the processes are.

        Raises Stop when one crashes again and again, Interrupted when another command ends Kith.
        """
        try:
            processes = self.supervisor.processes()
        except SupervisorGone:
            if self.daemon.wait(STOP_SECONDS) == 0:
                raise Interrupted from None
            raise Stop(f"The process supervisor ended.\n{tail(self.daemon.log)}") from None
        looping = self.crashes.looping(processes)
        if looping is not None:
            log = supervision.log_file(self.settings.logs, looping.name)
            raise Stop(f"{looping.name} crashes again and again; Kith stops.\n{tail(log)}")
        return processes

    def wait_for(self, name: str, ready: Callable[[], bool]) -> None:
        """Poll until ready. Raises Stop when it takes too long or the process crash-loops."""
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                log = supervision.log_file(self.settings.logs, name)
                raise Stop(f"{name} was not ready after {READY_SECONDS:.0f} s.\n{tail(log)}")
            time.sleep(POLL_SECONDS)


def up(settings: Settings, wanted: Sequence[str]) -> None:
    """Run Kith until a signal comes. Raises Stop when it cannot start or cannot go on."""
    supervisor = Supervisor(supervision.socket_path(settings.run))
    if supervisor.answers():
        raise Stop(f"Kith already runs from {settings.home}; see `kith status`, or `kith down`.")
    require_free(programs.ports(settings, wanted))
    daemon = LocalProcess("process supervisor", settings.logs / "supervisord.out")
    kith = Kith(settings, wanted, supervisor, daemon, CrashWatch())
    with interruptible(), ExitStack() as cleanup:
        cleanup.callback(_stop, kith)
        try:
            for title, run in steps(wanted):
                _step(title, run, kith)
            _after_start(kith)
            _welcome(settings)
            _watch(kith)
        except Interrupted:
            say("Stopping")


def _step(title: str, run: Run, kith: Kith) -> None:
    begun = time.monotonic()
    with err.status(title):
        run(kith)
    say(f"[green]✓[/green] {title} [dim]{time.monotonic() - begun:.1f} s[/dim]")


def _prepare(kith: Kith) -> None:
    settings = kith.settings
    socket = supervision.socket_path(settings.run)
    data_folder(settings.home)
    servers = (settings.home / programs.BROKER, settings.home / programs.DATABASE)
    for folder in (settings.run, settings.logs, socket.parent, *servers):
        private_folder(folder)
    installation = Installation()
    installation.ensure()
    secrets = ensure_secrets(settings.secrets)
    configuration = supervision.render(
        settings.run,
        settings.logs,
        programs.servers(settings, installation),
        programs.services(settings, secrets, kith.wanted),
    )
    file = settings.run / "supervisord.conf"
    file.touch(mode=0o600)
    file.write_text(configuration)


def supervise(kith: Kith) -> None:
    """Start supervisord with the configuration that lies in its folder."""
    file = kith.settings.run / "supervisord.conf"
    kith.daemon.spawn([sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(file)])
    kith.daemon.wait_until(kith.supervisor.answers, READY_SECONDS)


def _start_broker(kith: Kith) -> None:
    kith.supervisor.start(programs.BROKER)
    kith.wait_for(programs.BROKER, lambda: kafka_ready(kith.settings.kafka))


def _start_database(kith: Kith) -> None:
    uri = kith.settings.external_mongodb_uri
    if uri is None:
        kith.supervisor.start(programs.DATABASE)
        local = programs.mongodb_uri(kith.settings)
        kith.wait_for(programs.DATABASE, lambda: mongo_ready(local))
    elif not mongo_ready(uri):
        raise Stop("The database of KITH_MONGODB_URI does not answer; check the address.")


def _create_topics(kith: Kith) -> None:
    create_topics(kith.settings.kafka, load(prefix=kith.settings.topic_prefix))


def _start_services(kith: Kith) -> None:
    if kith.wanted:
        kith.supervisor.start_services()


def _wait_for_service(name: str, kith: Kith) -> None:
    kith.wait_for(name, partial(http_ready, kith.settings.http(name)))


def steps(wanted: Sequence[str]) -> tuple[tuple[str, Run], ...]:
    """From nothing to a working Kith, in order."""
    return (
        ("Preparing", _prepare),
        ("Process supervisor", supervise),
        ("Kafka", _start_broker),
        ("Database", _start_database),
        ("Topics", _create_topics),
        ("Starting services", _start_services),
        *((name, partial(_wait_for_service, name)) for name in wanted),
    )


def _after_start(kith: Kith) -> None:
    """The steps that other modules bring; only a whole Kith has them."""
    if tuple(kith.wanted) != programs.SERVICES:
        return
    for title, module, function in AFTER_START:
        if importlib.util.find_spec(module) is not None:
            run = getattr(importlib.import_module(module), function)
            lines: list[str] = []
            _step(title, partial(_collect, run, lines), kith)
            for line in lines:
                say(line)


def _collect(run: Callable[[Settings], Sequence[str] | None], lines: list[str], kith: Kith) -> None:
    lines.extend(run(kith.settings) or ())


def _welcome(settings: Settings) -> None:
    password, home = settings.secrets / "operator_password", settings.home
    say(f"\nKith runs at [bold]{settings.gateway_url}[/bold]")
    say(f"The platform operator's password is in {escape(str(password))}")
    say(f"`kith status` shows the processes; Ctrl-C stops them; data stay in {escape(str(home))}")


def _watch(kith: Kith) -> None:
    """Until a signal comes; says when a process had to be restarted."""
    pids = {process.name: process.pid for process in kith.check()}
    while True:
        time.sleep(WATCH_SECONDS)
        for process in kith.check():
            if process.running and process.pid != pids.get(process.name):
                say(f"{process.name} was restarted")
                pids[process.name] = process.pid


def _stop(kith: Kith) -> None:
    """Services first, then database and broker; nothing is left behind."""
    if kith.daemon.alive:
        try:
            kith.supervisor.shutdown()
        except SupervisorGone:
            kith.daemon.stop(STOP_SECONDS)  # it was still starting, or is ending already
        if kith.daemon.wait(STOP_SECONDS) is None:
            say("The process supervisor did not stop in time and was killed.")
