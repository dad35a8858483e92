"""The main job under kills: whatever service is killed while a history comes in, and whenever,
messages and signals end up as if nothing had happened."""

from __future__ import annotations

import gzip
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from kith_cli.client import Kith
from kith_cli.importing.messages import Import, Report
from pymongo import MongoClient
from pymongo.database import Database
from rich.console import Console
from rich.progress import Progress

from tests.integration.opening import opener
from tests.integration.system import System, wait_for

DATA = Path(__file__).parent / "data" / "CollegeMsg.txt.gz"
ROWS = 2_500
VICTIMS = (
    "messaging", "signals", "identity", "gateway", "messaging", "signals", "gateway",
    "community", "programs", "outcomes",
)  # fmt: skip
Outcome = tuple[dict[tuple[str, str], list[tuple[Any, ...]]], dict[str, tuple[Any, ...]]]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first rows of a real history."""
    path = tmp_path_factory.mktemp("history") / "slice.txt"
    with gzip.open(DATA, "rt") as lines:
        path.write_text("".join(line for _, line in zip(range(ROWS + 1), lines, strict=False)))
    return path


@pytest.mark.timeout(900)
def test_kills_during_an_import_change_nothing(system: System, network: str, history: Path) -> None:
    calm, troubled = f"{network}-calm", f"{network}-troubled"
    _import(system, calm, history)
    undisturbed = _outcome(system, calm)

    trouble = _Trouble(system, seed=20261123)
    trouble.start()
    report = _import(system, troubled, history)
    trouble.end()
    again = _import(system, troubled, history)
    disturbed = _outcome(system, troubled)

    assert report.created + report.existing == ROWS
    assert (again.created, again.existing) == (0, ROWS)
    assert trouble.killed == Counter(VICTIMS)
    assert disturbed[0] == undisturbed[0]
    assert disturbed[1] == undisturbed[1]


class _Trouble(threading.Thread):
    """Kills services in turn, each time the import has moved on by some rows."""

    def __init__(self, system: System, seed: int) -> None:
        super().__init__(daemon=True)
        self._system = system
        self._over = threading.Event()
        self._chance = random.Random(seed)
        self._rest = 0.0
        self.killed: Counter[str] = Counter()

    def run(self) -> None:
        plan = list(VICTIMS)
        self._chance.shuffle(plan)
        marks = sorted(self._chance.sample(range(1, ROWS), len(plan)))
        with MongoClient[dict[str, Any]](self._system.settings.external_mongodb_uri) as client:
            database = client[f"{self._system.settings.database_prefix}_messaging"]
            before = self._count(database)
            for victim, mark in zip(plan, marks, strict=True):
                while self._count(database) < before + mark:
                    if self._over.wait(self._rest):
                        return  # too late to count
                self._system.kill(victim)
                self.killed[victim] += 1

    def _count(self, database: Database[dict[str, Any]]) -> int:
        """How many messages there are; the more it takes to ask, the longer the rest after it.

        The local database, asked without a pause, gets to nothing else.
        """
        asked = time.monotonic()
        count = database["messages"].estimated_document_count()
        self._rest = max(0.01, 3 * (time.monotonic() - asked))
        return count

    def end(self) -> None:
        """Wait for the last kill and until everybody is back."""
        self._over.set()
        self.join(120)
        for service in set(VICTIMS):
            self._system.wait_ready(service)


def _import(system: System, network: str, history: Path) -> Report:
    with system.admin(network) as admin, Progress(console=Console(quiet=True)) as progress:
        return Import(admin, progress, "slice", True).run(history)


def _outcome(system: System, network: str) -> Outcome:
    """Messages by pair of handles, and signals by handle, once everything has come to rest."""
    uri, prefix = system.settings.external_mongodb_uri, system.settings.database_prefix
    with (
        system.admin(network) as admin,
        MongoClient[dict[str, Any]](uri, tz_aware=True, uuidRepresentation="standard") as client,
    ):
        database = client[f"{prefix}_messaging"]
        system.wait_published()
        handles = _handles(admin)
        words_of = opener(database, system.secrets.message_keys)
        made = client[f"{prefix}_identity"]["networks"].find_one({"slug": network})
        assert made is not None
        found = database["messages"].find({"network_id": made["_id"]})
        talks = _talks(found, handles, words_of)
        expected = _activities(talks) + len(handles) - 1  # a consent for each but the admin
        taken = wait_for(lambda: _settled_count(admin, expected))
        assert taken == expected - (len(handles) - 1)
        signals = _signals(admin)
        assert signals.keys() == {id for id, handle in handles.items() if handle != "admin"}
        return talks, {handles[id]: _told(admin, signal) for id, signal in signals.items()}


def _handles(admin: Kith) -> dict[str, str]:
    accounts = admin.get("/v1/accounts", pageSize=1000)["accounts"]
    return {account["id"]: account["handle"] for account in accounts}


def _talks(
    found: Any, handles: Mapping[str, str], words_of: Callable[[Mapping[str, Any]], str]
) -> dict[tuple[str, str], list[tuple[Any, ...]]]:
    talks: dict[Any, list[tuple[Any, ...]]] = {}
    for message in found:
        entry = (
            message["sequence"], handles[str(message["sender_id"])], words_of(message),
            message["created_at"], message["client_message_id"], message["imported"],
        )  # fmt: skip
        talks.setdefault(message["conversation_id"], []).append(entry)
    ordered = [sorted(talk) for talk in talks.values()]
    for talk in ordered:
        assert [entry[0] for entry in talk] == list(range(1, len(talk) + 1)), "a gap in a sequence"
    return {(talk[0][4], talk[0][1]): talk for talk in ordered}


def _activities(talks: Mapping[Any, list[tuple[Any, ...]]]) -> int:
    """How many activities the messages amount to: one each, and one more for each answer."""
    answers = sum(
        before[1] != after[1] for talk in talks.values() for before, after in pairwise(talk)
    )
    return sum(len(talk) for talk in talks.values()) + int(answers)


def _settled_count(admin: Kith, expected: int) -> int:
    progress = admin.get("/v1/signals/progress")
    members, activities = int(progress["memberCount"]), int(progress["activityCount"])
    return activities if members + activities == expected else 0


def _signals(admin: Kith) -> dict[str, dict[str, Any]]:
    """Everybody's signal at the time of the last activity of all, by member."""
    found: dict[str, dict[str, Any]] = {}
    page: dict[str, Any] = {"asOfTime": "", "nextPageToken": ""}
    while True:
        known = {"asOfTime": page["asOfTime"], "pageToken": page["nextPageToken"]}
        page = admin.get(
            "/v1/signals", pageSize=200, includeUnknown="true",
            **{name: value for name, value in known.items() if value},
        )  # fmt: skip
        found |= {signal["memberId"]: signal for signal in page["signals"]}
        if not page["nextPageToken"]:
            return found


def _told(admin: Kith, signal: Mapping[str, Any]) -> tuple[Any, ...]:
    course = admin.get(f"/v1/signals/{signal['memberId']}/course")["points"]
    return (
        signal["engagement"], signal["risk"], signal.get("lastActivityTime"),
        signal["modelVersion"], course,
    )  # fmt: skip
