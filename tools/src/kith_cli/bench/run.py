"""`kith bench`: starts a Kith of its own, loads it through the public doors, prints the figures."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from common.config import Address
from rich.progress import Progress

from kith_cli.bench import decisions, entry, history, probe, talking
from kith_cli.bench.fanout import SOCKETS, STEADY_PER_SECOND, fan_out
from kith_cli.bench.leaving import ITEMS, erase, write
from kith_cli.bench.load import Load, Person, closed_loop, percentile, steady
from kith_cli.bench.scene import (
    MANY_SENDERS,
    NETWORK,
    PASSWORD,
    SENDERS,
    address_of,
    people_of,
    running,
)
from kith_cli.bench.withdrawal import withdrawals
from kith_cli.client import Kith
from kith_cli.console import err
from kith_cli.errors import Stop
from kith_cli.importing.messages import Import
from kith_cli.importing.source import read
from kith_cli.local import supervision
from kith_cli.local.supervisor import Supervisor
from kith_cli.networks import door, ensure_network
from kith_cli.settings import Settings, environment

WITHDRAWALS = 10  # of each of them
WARM_SECONDS = 3.0
CLOSED_SECONDS = 20.0
STEADY_SECONDS = 20.0
MESSAGES_PER_SECOND = 100.0  # about 200 activities: a message that answers is two
IDLE = ("programs", "outcomes")
"""Services that have nothing to do while people sign in: how late their loops are is what the
machine does to each of them, and no doing of theirs."""
LATE_SECONDS = 0.02
Loop = Callable[[str, int, list[Person], float], Coroutine[Any, Any, Load]]


def bench(file: Path, rows: int, length: int) -> None:
    """Measure all figures, each printed as a JSON line on stdout; `length` is that of the long
    conversation, 0 for none. Raises Stop."""
    figure("policy.decide_us", decisions.decide_us())
    figure("policy.call_us", decisions.call_us())
    cold, warm = entry.verify_us()
    figure("token.verify_cold_us", cold)
    figure("token.verify_warm_us", warm)
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as folder:
        settings = replace(Settings.from_env(environment()), home=Path(folder), log_level="warning")
        part = _part(file, Path(folder) / "history.txt", rows)
        backlog = _part(file, Path(folder) / "backlog.txt", rows * 2)
        with running(settings) as seconds:
            figure("start.seconds", seconds)
            supervisor = Supervisor(supervision.socket_path(settings.run))
            with door(settings) as kith:
                ensure_network(settings, kith, NETWORK, "Bench")
                people = people_of(settings, kith)
                _measure_sends(settings, supervisor, people)
                _measure_many_sends(settings, supervisor, kith)
                _measure_talking(settings, supervisor, people)
                _measure_fan_out(settings)
                _measure_signals(settings, people)
                _measure_withdrawals(settings, people)
                _measure_entry(settings, people[0])
                _measure_leaving(settings, kith, people[-1])
                _measure_import(kith, part)
                _measure_backlog(settings, supervisor, kith, backlog)
                _measure_memory(supervisor)
                if length:
                    _measure_history(settings, supervisor, kith, people, length)


def figure(name: str, value: float, **more: float) -> None:
    """Print one figure."""
    print(json.dumps({"figure": name, "value": round(value, 3), **more}), flush=True)


def _measure_sends(settings: Settings, supervisor: Supervisor, people: list[Person]) -> None:
    load, each = _in_a_loop(settings, supervisor, people, closed_loop)
    kith = probe.of_kith(each)
    figure("send.messages_per_s", len(load.latencies) / load.seconds)
    figure("send.p50_ms", 1000 * percentile(load.latencies, 0.5), senders=SENDERS)
    figure("send.p99_ms", 1000 * percentile(load.latencies, 0.99), senders=SENDERS)
    figure("send.cpu_ms_per_message", sum(kith.values()), **kith)
    figure("send.kafka_cpu_ms_per_message", each.get("kafka", 0.0))
    figure("send.mongodb_cpu_ms_per_message", each.get("mongodb", 0.0))


def _measure_many_sends(settings: Settings, supervisor: Supervisor, kith: Kith) -> None:
    """The same by more than a handful: how much goes through when there is always more."""
    people = people_of(settings, kith, MANY_SENDERS, "many")
    load, each = _in_a_loop(settings, supervisor, people, closed_loop)
    rate, p99 = len(load.latencies) / load.seconds, 1000 * percentile(load.latencies, 0.99)
    figure("send.many.messages_per_s", rate, senders=MANY_SENDERS, p99_ms=round(p99, 3))
    figure("send.many.cpu_ms", sum(each.values()), **each)


def _measure_talking(settings: Settings, supervisor: Supervisor, people: list[Person]) -> None:
    """The same over WebSockets, whose other ends are told; then how long that takes."""
    load, each = _in_a_loop(settings, supervisor, people, talking.closed_loop)
    figure("send.websocket.messages_per_s", len(load.latencies) / load.seconds)
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        figure(
            f"send.websocket.{name}_ms", 1000 * percentile(load.latencies, share), senders=SENDERS
        )
    figure("send.websocket.cpu_ms", sum(each.values()), **each)
    host, port = address_of(settings)
    load = asyncio.run(talking.delivered(host, port, people, MESSAGES_PER_SECOND, STEADY_SECONDS))
    rate = round(len(load.delays) / load.seconds, 1)
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        figure(f"deliver.{name}_ms", 1000 * percentile(load.delays, share), messages_per_s=rate)


def _in_a_loop(
    settings: Settings, supervisor: Supervisor, people: list[Person], loop: Loop
) -> tuple[Load, dict[str, float]]:
    """Everybody sends one message after the other, after a warm-up; what was seen, and each
    process's milliseconds of CPU for a message."""
    host, port = address_of(settings)
    asyncio.run(loop(host, port, people, WARM_SECONDS))
    before = probe.cpu_seconds(supervisor)
    load = asyncio.run(loop(host, port, people, CLOSED_SECONDS))
    used = probe.spent(before, probe.cpu_seconds(supervisor))
    count = len(load.latencies)
    return load, {name: round(1000 * seconds / count, 3) for name, seconds in used.items()}


def _measure_fan_out(settings: Settings) -> None:
    fanned = fan_out(settings.kafka)
    figure("fanout.deliveries_per_s", fanned.deliveries_per_s, sockets=SOCKETS)
    figure("fanout.cpu_us_per_delivery", fanned.cpu_us)
    figure(
        "fanout.steady_cpu_us_per_delivery", fanned.steady_cpu_us,
        deliveries_per_s=SOCKETS * STEADY_PER_SECOND,
    )  # fmt: skip
    figure("idle.kb_per_socket", fanned.idle_kb, sockets=SOCKETS)


def _measure_signals(settings: Settings, people: list[Person]) -> None:
    host, port = address_of(settings)
    load = asyncio.run(steady(host, port, people, MESSAGES_PER_SECOND, STEADY_SECONDS))
    rate = len(load.latencies) / load.seconds
    figure(
        "event_to_signal.p50_ms", 1000 * percentile(load.delays, 0.5), messages_per_s=round(rate, 1)
    )
    figure("event_to_signal.p99_ms", 1000 * percentile(load.delays, 0.99), samples=len(load.delays))
    figure(
        "send.steady_p99_ms", 1000 * percentile(load.latencies, 0.99), messages_per_s=round(rate, 1)
    )


def _measure_withdrawals(settings: Settings, people: list[Person]) -> None:
    host, port = address_of(settings)
    taken = asyncio.run(withdrawals(host, port, settings.kafka, people, WITHDRAWALS))
    p50 = round(1000 * percentile(taken, 0.5), 3)
    p99 = 1000 * percentile(taken, 0.99)
    figure("consent.withdraw_to_quiet_ms", p99, p50=p50, samples=len(taken))


def _measure_entry(settings: Settings, person: Person) -> None:
    identity = Address.parse(settings.grpc("identity"))
    # not whose tokens are still needed: who signs in too often is signed out elsewhere
    emails = [f"sender{number}@bench.kith.local" for number in range(1, SENDERS - 1)]
    addresses = [settings.http(name) for name in ("identity", *IDLE)]
    before, held = (
        [probe.loop_late(address) for address in addresses],
        probe.loop_held(addresses[0]),
    )
    found = asyncio.run(entry.sign_ins(identity, NETWORK, emails, PASSWORD))
    after = [probe.loop_late(address) for address in addresses]
    stall, *idle = (1000 * probe.worst_late(*both) for both in zip(before, after, strict=True))
    often, *idle_often = (
        probe.late_per_mille(*both, LATE_SECONDS) for both in zip(before, after, strict=True)
    )
    figure("signin.per_s", found.count / found.seconds)
    figure("signin.loop_stall_at_most_ms", stall, idle=max(idle))
    own = probe.worst_late(held, probe.loop_held(addresses[0]))
    figure("signin.loop_held_at_most_ms", 1000 * own)
    figure("signin.loop_late_per_mille", often, idle=round(max(idle_often), 3))
    longest = max(found.beside)
    figure("signin.longest_wait_beside_ms", 1000 * longest, samples=len(found.beside))
    host, port = address_of(settings)
    through, direct = asyncio.run(entry.reads(host, port, identity, person))
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        both = [1000 * percentile(each, share) for each in (through, direct)]
        figure(f"gateway.overhead_{name}_ms", both[0] - both[1], direct=round(both[1], 3))


def _measure_leaving(settings: Settings, kith: Kith, person: Person) -> None:
    asyncio.run(write(*address_of(settings), person))
    figure("erasure.seconds", erase(kith, person), items=ITEMS)


def _measure_import(kith: Kith, file: Path) -> None:
    with Progress(console=err) as progress:
        begun = time.monotonic()
        report = Import(kith, progress, "bench", True).run(file)
        figure(
            "import.messages_per_s",
            report.created / (time.monotonic() - begun),
            rows=report.created,
        )


def _measure_backlog(settings: Settings, supervisor: Supervisor, kith: Kith, file: Path) -> None:
    """How fast one worker takes what piled up while it was away."""
    with Progress(console=err) as progress:
        Import(kith, progress, "bench", True).bring_members(list(read(file)))
        _settled(lambda: _taken(settings))
        supervisor.stop_service("signals")
        Import(kith, progress, "bench", False).run(file)
    _settled(lambda: _published(settings))
    supervisor.start_service("signals")
    first, begun, last, ended = 0.0, 0.0, 0.0, 0.0
    deadline = time.monotonic() + 120.0
    while time.monotonic() < deadline:
        taken, now = _taken(settings), time.monotonic()
        if taken > last:
            if not begun:
                first, begun = taken, now
            last, ended = taken, now
        elif begun and now - ended > 3.0:
            break
        time.sleep(0.05)
    if ended <= begun:
        raise Stop("The backlog was too small to measure; use more rows.")
    figure("signals.events_per_s", (last - first) / (ended - begun), events=last)


def _measure_history(
    settings: Settings, supervisor: Supervisor, kith: Kith, people: list[Person], length: int
) -> None:
    """Pages of a long conversation and of a short one; then how long one is has nothing to do with
    how far back it is read."""
    reader, conversations = people[0], {}
    with door(settings) as hers:
        hers.sign_in(NETWORK, "sender0@bench.kith.local", PASSWORD)
        for peer, count in ((people[2], length), (people[3], history.SHORT)):
            seconds = history.write(kith, peer, reader, count)
            body = {"memberId": peer.member_id}
            conversations[count] = hers.post("/v1/conversations", body)["id"]
            if count == length:
                figure("history.import_messages_per_s", count / seconds, rows=count)
        reader = replace(reader, token=hers.token)
    _settled(lambda: _published(settings))
    before = probe.cpu_seconds(supervisor)
    host, port = address_of(settings)
    found = asyncio.run(history.read(host, port, reader, conversations))
    used = sum(probe.spent(before, probe.cpu_seconds(supervisor)).values())
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        each = {count: 1000 * percentile(taken, share) for count, taken in found.items()}
        short = round(each[history.SHORT], 3)
        figure(f"history.{name}_ms", each[length], messages=length, of_1000_messages=short)
    figure("history.cpu_ms_per_page", 1000 * used / sum(map(len, found.values())))


def _measure_memory(supervisor: Supervisor) -> None:
    used = probe.resident_mb(supervisor)
    each = {name: round(mb, 1) for name, mb in used.items()}
    figure("memory.mb", sum(probe.of_kith(each).values()), **each)


def _settled(count: Callable[[], float], seconds: float = 120.0) -> None:
    """Until the count has not changed for two seconds."""
    deadline, last, since = time.monotonic() + seconds, -1.0, time.monotonic()
    while time.monotonic() < deadline:
        now = count()
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > 2.0:
            return
        time.sleep(0.1)
    raise Stop("The platform does not come to rest.")


def _taken(settings: Settings) -> float:
    return _metric(settings, "signals", r'kith_signals_activities_total\{outcome="taken"\} (\S+)')


def _published(settings: Settings) -> float:
    return _metric(
        settings, "messaging", r'kith_outbox_published_total\{topic="activity[^}]*\} (\S+)'
    )


def _metric(settings: Settings, service: str, pattern: str) -> float:
    try:
        with urlopen(f"http://{settings.http(service)}/metrics", timeout=5) as answer:  # loopback
            found = re.search(pattern, answer.read().decode())
    except OSError:
        return 0.0
    return float(found.group(1)) if found else 0.0


def _part(file: Path, into: Path, rows: int) -> Path:
    import gzip

    with gzip.open(file, "rt") if file.suffix == ".gz" else file.open() as lines:
        into.write_text("".join(line for _, line in zip(range(rows + 1), lines, strict=False)))
    return into
