"""`make bench-synapse`: the same work on Kith and on Synapse, in turns; a JSON line per figure."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from kith_cli.bench import probe, scene, talking
from kith_cli.bench.lean import Status
from kith_cli.bench.load import closed_loop
from kith_cli.console import complain, say
from kith_cli.errors import Refused, Stop
from kith_cli.local import supervision
from kith_cli.local.ports import LOOPBACK
from kith_cli.local.signals import Interrupted, interruptible
from kith_cli.local.supervisor import Supervisor
from kith_cli.networks import door, ensure_network
from kith_cli.settings import Settings, environment

from bench.peers.synapse import cpu, figures, server, work
from bench.peers.synapse.config import Store
from bench.peers.synapse.figures import Seen
from bench.peers.synapse.install import installed

WARM_SECONDS = 3.0
PATIENCE_SECONDS = 120.0  # beyond what a load is to take
T = TypeVar("T")
Stores = list[Callable[[], AbstractContextManager[Store]]]


def main(
    rounds: Annotated[int, typer.Option(min=1, help="how often each is measured")] = 3,
    seconds: Annotated[float, typer.Option(min=1, help="how long each load lasts")] = 15.0,
    rate: Annotated[float, typer.Option(min=1, help="messages per second to be told of")] = 10.0,
) -> None:
    """Measure Kith and Synapse in turns, with SQLite and, where it is installed, PostgreSQL.

    Takes about three minutes a round. Uses KITH_PORT and the ports after it.
    """
    settings = Settings.from_env(environment())
    python = installed(settings.home / "peers" / "synapse")
    stores: Stores = [server.sqlite]
    programs = server.find_postgresql()
    if programs is None:
        say("PostgreSQL is not installed here; Synapse is measured with SQLite alone.")
    else:
        stores.append(partial(server.postgresql, programs))
    found: dict[str, list[Seen]] = {}
    for number in range(1, rounds + 1):
        say(f"Round {number} of {rounds}")
        found.setdefault("kith", []).append(_kith(settings, seconds, rate))
        for opened in stores:
            with opened() as store:
                seen = _synapse(python, store, seconds, rate)
            found.setdefault(f"synapse.{store.name}", []).append(seen)
    for name, all in found.items():
        _print(figures.of_server(name, all))
    for name, all in found.items():
        if name != "kith":
            _print(figures.ratios(name, found["kith"], all))


def _kith(settings: Settings, seconds: float, rate: float) -> Seen:
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as folder:
        own = replace(settings, home=Path(folder), log_level="warning")
        with scene.running(own):
            supervisor = Supervisor(supervision.socket_path(own.run))
            with door(own) as admin:
                ensure_network(own, admin, scene.NETWORK, "Bench")
                people = scene.people_of(own, admin)
            host, port = scene.address_of(own)
            _run(closed_loop(host, port, people, WARM_SECONDS))
            before = probe.cpu_seconds(supervisor)
            sent = _run(closed_loop(host, port, people, seconds))
            used = probe.spent(before, probe.cpu_seconds(supervisor))
            told = _run(talking.delivered(host, port, people, rate, seconds))
    return figures.seen(sent, sum(used.values()), told)


def _synapse(python: Path, store: Store, seconds: float, rate: float) -> Seen:
    with server.synapse(python, store) as running:
        where = (LOOPBACK, running.port)
        people = _run(work.people_of(*where, running.secret, scene.SENDERS))
        _run(work.closed_loop(*where, people, WARM_SECONDS))
        before = cpu.seconds(running.pids)
        sent = _run(work.closed_loop(*where, people, seconds))
        used = cpu.seconds(running.pids) - before
        told = _run(work.delivered(*where, people, rate, seconds))
    return figures.seen(sent, used, told)


def _run(load: Coroutine[Any, Any, T]) -> T:
    """Run a load. Raises Stop if the server refuses, hangs up or takes too long."""

    async def limited() -> T:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await load

    try:
        return asyncio.run(limited())
    except TimeoutError as error:
        raise Stop(f"A load took longer than {PATIENCE_SECONDS:.0f} s; a server hangs.") from error
    except (Status, OSError, EOFError) as error:
        raise Stop(f"A server did not do what it was asked: {error!r}") from error


def _print(lines: figures.Lines) -> None:
    for line in lines:
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    try:
        with interruptible():
            typer.run(main)
    except Interrupted:
        sys.exit(130)
    except (Stop, Refused) as stop:
        complain(str(stop))
        sys.exit(1)
