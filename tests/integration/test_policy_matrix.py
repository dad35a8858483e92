"""Promises 5 and 10 on the whole running system: every door answers what the policy decides, and of
another network nothing is returned, counted or hinted at.

The matrix is every RPC and every route × nobody and every role × whose the thing is × a thing of
one's own network, of another (also of who has a part in it there), and of none.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from gateway.entrypoints.http.actions import ROUTES
from policy import Answer, decide
from policy.privileged import PRIVILEGED
from policy.table import AVATARS, DELIVER, DOCS, FIELD, STREAM, TABLE
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.integration.policy_cases import Case, rpcs
from tests.integration.policy_crises import crisis_routes, crisis_rpcs
from tests.integration.policy_doors import Doors, Heard, all_at_once
from tests.integration.policy_groups import group_routes, group_rpcs
from tests.integration.policy_holds import hold_routes, hold_rpcs
from tests.integration.policy_library import library_routes, library_rpcs
from tests.integration.policy_members import member_routes, member_rpcs
from tests.integration.policy_passkeys import passkey_routes, passkey_rpcs
from tests.integration.policy_privileged import ACTS, ELSEWHERE
from tests.integration.policy_routes import routes
from tests.integration.policy_seats import seat_routes, seat_rpcs
from tests.integration.policy_ties import tie_routes, tie_rpcs
from tests.integration.policy_words import word_routes, word_rpcs
from tests.integration.policy_world import (
    Network,
    Person,
    Things,
    answer_openly,
    build,
    fresh,
    her_own,
    nowhere,
    people,
)
from tests.integration.system import System, wait_for

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True, slots=True)
class World:
    """A running system, two networks in it, and everybody of the first, with every role."""

    system: System
    doors: Doors
    home: Network
    other: Network
    people: list[Person]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the matrix."""

    person: Person
    case: Case
    where: str
    things: Things

    def expected(self) -> Answer:
        """What the policy decides."""
        about = self.case.about(self.things, self.person.actor) if self.case.about else None
        return decide(self.person.actor, self.case.action, about).answer

    def __str__(self) -> str:
        return f"{self.case} of {self.where} by {self.person}"


def all_rpcs() -> Iterator[Case]:
    """Every RPC, asked of the service itself."""
    yield from rpcs()
    yield from member_rpcs()
    yield from passkey_rpcs()
    yield from hold_rpcs()
    yield from crisis_rpcs()
    yield from tie_rpcs()
    yield from seat_rpcs()
    yield from word_rpcs()
    yield from group_rpcs()
    yield from library_rpcs()


def all_routes() -> Iterator[Case]:
    """Every route of the gateway."""
    yield from routes()
    yield from member_routes()
    yield from passkey_routes()
    yield from hold_routes()
    yield from crisis_routes()
    yield from tie_routes()
    yield from seat_routes()
    yield from word_routes()
    yield from group_routes()
    yield from library_routes()


Matrix = dict[tuple[str, str, str], tuple[Cell, Heard]]


@pytest.fixture(scope="module")
def world(system: System) -> Iterator[World]:
    home, other = build(system, fresh("home")), build(system, fresh("other"))
    doors = Doors(system)
    yield World(system, doors, home, other, list(people(system, home, other)))
    doors.close()


@pytest.fixture(scope="module", params=[all_rpcs, all_routes], ids=["rpcs", "routes"])
def matrix(request: pytest.FixtureRequest, world: World) -> Matrix:
    """Every cell, with what was heard."""
    cells = list(_cells(world, request.param))

    def knock(cell: Cell) -> Heard:
        return cell.case.knock(world.doors, cell.person.token, cell.things)

    heard = all_at_once(knock, cells)
    return {
        (str(cell.person), str(cell.case), cell.where): (cell, answer)
        for cell, answer in zip(cells, heard, strict=True)
    }


def _cells(world: World, cases: Callable[[], Iterator[Case]]) -> Iterator[Cell]:
    for person in world.people:
        for case in cases():
            if not person.guest:
                yield Cell(person, case, "home", world.home.things)
            if case.about not in (None, her_own):
                elsewhere = world.other.things
                nothing = nowhere(ana=elsewhere.ana) if person.guest else nowhere()
                yield Cell(person, case, "another network", elsewhere)
                yield Cell(person, case, "nowhere", nothing)


def test_no_door_is_missing_from_the_matrix() -> None:
    # Fields: test_profiles.py of identity. Delivering: test_delivering.py of messaging.
    elsewhere = {STREAM, DELIVER, DOCS, AVATARS, *FIELD.values()}
    assert {case.action for case in all_rpcs()} == TABLE.keys() - elsewhere
    assert sorted(case.action for case in all_routes()) == sorted(ROUTES.values())


def test_every_door_answers_what_the_policy_decides(matrix: Matrix) -> None:
    wrong = [
        f"{cell}: decided {cell.expected()}, heard {heard.answer} {heard.content[:200]!r}"
        for cell, heard in matrix.values()
        if heard.answer is not cell.expected()
    ]
    assert not wrong, f"{len(wrong)} of {len(matrix)}:\n" + "\n".join(wrong[:20])
    seen = Counter(heard.answer for _, heard in matrix.values())
    assert min(seen[answer] for answer in Answer if answer is not Answer.LATER) > 0, seen


def test_another_networks_thing_is_answered_like_one_that_does_not_exist(matrix: Matrix) -> None:
    pairs = 0
    for (person, case, where), (cell, heard) in matrix.items():
        if where == "another network":
            nothing = matrix[person, case, "nowhere"][1]
            assert heard.content == nothing.content, str(cell)
            pairs += 1
    assert pairs > len(matrix) / 5


def test_no_answer_names_anything_of_another_network(matrix: Matrix, world: World) -> None:
    secrets = [secret.encode() for secret in world.other.things.ids()]
    for cell, heard in matrix.values():
        found = [secret for secret in secrets if secret in heard.content]
        assert not found, f"{cell}: {heard.content!r}"


def test_every_write_by_privilege_is_in_the_audit_log(world: World) -> None:
    assert ACTS.keys() | ELSEWHERE.keys() == PRIVILEGED.keys()
    quiet = build(world.system, fresh("audited"))
    for act in ACTS.values():
        act(quiet.admin, quiet.things)
    wait_for(lambda: ACTS.keys() <= set(_actions(quiet)))


def _actions(network: Network) -> Iterator[str]:
    """What the audit log says was done, newest first."""
    before = 0
    while True:
        page = network.admin.get("/v1/audit", pageSize=100, beforeSequence=before)
        yield from (entry["action"] for entry in page["entries"])
        before = page["nextBeforeSequence"]
        if not before:
            return


def test_what_happens_in_another_network_changes_no_answer(world: World) -> None:
    quiet = build(world.system, fresh("quiet"))
    # Of the audit log only what asking itself adds to it differs, so it is left out.
    reading = [
        case
        for case in all_routes()
        if str(case).startswith("GET ") and "AuditService" not in case.action
    ]

    def told() -> list[tuple[str, bytes]]:
        return [
            (str(case), case.knock(world.doors, kith.token, quiet.things).content)
            for kith in (quiet.admin, quiet.ana, quiet.cat)
            for case in reading
        ]

    before = told()
    live(world.other)
    assert told() == before


def live(network: Network) -> None:
    """A busy minute: somebody joins, writes, answers; until signals have heard of it."""
    things, ben = network.things, network.ben
    ben.put(f"/v1/circles/{things.circle}/membership")
    ben.put_when_known(f"/v1/connections/{things.ana}")
    ben.post(f"/v1/circles/{things.circle}/posts", {"intent": "offer", "text": "Tea?"})
    ben.post(f"/v1/posts/{things.post}/comments", {"text": "Me too."})
    path = f"/v1/conversations/{things.talk}/messages"
    ben.post(path, {"clientMessageId": "busy", "text": "Good night"})
    network.admin.post("/v1/circles", {"displayName": "Another"})
    before = network.admin.get("/v1/signals/progress")
    answer_openly(ben)

    def heard_of_it() -> bool:
        now = network.admin.get("/v1/signals/progress")
        return bool(now["memberCount"] > before["memberCount"] and now["activityCount"])

    wait_for(heard_of_it)


def test_the_stream_lets_in_whom_the_policy_lets_in(world: World) -> None:
    heard = {}
    for person in world.people:
        with connect(f"ws://{world.system.settings.http('gateway')}/v1/stream") as socket:
            socket.send(json.dumps({"type": "authenticate", "accessToken": person.token or ""}))
            heard[str(person)] = _first(socket)
    meant = {
        Answer.ALLOW: "ready", Answer.FORBID: 4403, Answer.SIGN_IN: 4401, Answer.CONSENT: 4451,
    }  # fmt: skip
    assert heard == {
        str(person): meant[decide(person.actor, STREAM).answer] for person in world.people
    }


def _first(socket: ClientConnection) -> str | int | None:
    """The type of the first frame, or why there is none."""
    try:
        return str(json.loads(socket.recv(15))["type"])
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def test_description_and_pictures_are_open_to_everybody(world: World) -> None:
    for path in ("/openapi.json", "/docs", "/avatars/7"):
        for person in world.people:
            assert world.doors.rest("GET", path, None, person.token).answer is Answer.ALLOW
            assert decide(person.actor, DOCS).allowed
            assert decide(person.actor, AVATARS).allowed
