"""Groups and the rooms of circles, in the words of who uses them, through two gateways."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from kith_cli.client import Kith
from kith_cli.errors import Refused
from websockets.sync.client import ClientConnection, connect

from tests.integration.policy_world import in_room
from tests.integration.system import PASSWORD, System, wait_for

pytestmark = pytest.mark.timeout(240)
GONE = "CONVERSATION_NOT_FOUND"


@pytest.fixture(scope="module")
def doors(system: System) -> Iterator[tuple[str, str]]:
    """The shared system with a second gateway."""
    system.launch("gateway-2")
    system.wait_ready("gateway-2")
    yield system.http("gateway"), system.http("gateway-2")
    system.retire("gateway-2")


class Device:
    """An open socket of a member, ready, and all it was told."""

    def __init__(self, socket: ClientConnection, kith: Kith, resume: dict[str, int]) -> None:
        self.told: list[dict[str, Any]] = []
        self._socket, self._kith = socket, kith
        frame = {"type": "authenticate", "accessToken": kith.token, "resume": resume}
        socket.send(json.dumps(frame))
        assert self._next()["type"] == "ready"

    def message(self) -> Any:
        """The next message; whatever else comes is kept in `told`."""
        while (frame := self._next())["type"] != "message":
            pass
        return frame["message"]

    def is_told_gone(self, talk: str) -> None:
        """Read until a frame says to look at the conversation, and it is hers no more. Such a frame
        comes when she came in, too, and more than once; a message is a mistake."""
        while True:
            frame = self._next()
            assert frame["type"] != "message", frame
            asked = frame["type"] == "conversation" and frame["conversationId"] == talk
            if asked and refusal(self._kith, f"/v1/conversations/{talk}") == GONE:
                return

    def say(self, talk: str, text: str) -> int:
        """Send a message and hear it acknowledged and told; its sequence number."""
        frame = {
            "type": "send", "id": text, "conversationId": talk, "clientMessageId": text,
            "text": text,
        }  # fmt: skip
        self._socket.send(json.dumps(frame))
        heard: dict[str, Any] = {}
        while len(heard) < 2:
            frame = self._next()
            if frame["type"] in {"sent", "refused", "message"}:
                heard[frame["type"]] = frame
        assert heard["sent"]["message"] == heard["message"]["message"], heard
        sequence: int = heard["sent"]["message"]["sequence"]
        return sequence

    def _next(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(self._socket.recv(20))
        self.told.append(frame)
        return frame


@contextmanager
def device(door: str, kith: Kith, resume: dict[str, int] | None = None) -> Iterator[Device]:
    """A device of a member at one of the gateways."""
    with connect(f"ws://{door}/v1/stream") as socket:
        yield Device(socket, kith, resume or {})


def through(door: str, network: str, handle: str) -> Kith:
    """A member at another gateway."""
    other = Kith(f"http://{door}", "")
    other.sign_in(network, f"{handle}@{network}.example", PASSWORD)
    return other


def refusal(kith: Kith, path: str) -> str:
    """Why she is not shown it; empty if she is."""
    try:
        kith.get(path)
    except Refused as refused:
        return refused.reason
    return ""


def opened(mentor: Kith, *asked: Kith) -> Any:
    """A group of the mentor's, to which these are asked."""
    ids = [kith.member_id for kith in asked]
    body = {"clientGroupId": "1", "title": "Wednesdays", "memberIds": ids}
    group = mentor.post_when_known("/v1/groups", body)
    assert mentor.post("/v1/groups", body)["id"] == group["id"]
    assert (group["kind"], group["title"]) == ("group", "Wednesdays")
    assert (group["memberIds"], group["hostIds"]) == ([mentor.member_id], [mentor.member_id])
    assert sorted(group["invitedIds"]) == sorted(ids)
    return group


def test_a_mentor_and_who_accepted_talk_and_who_is_taken_out_hears_no_more(
    system: System, doors: tuple[str, str], network: str
) -> None:
    admin = system.admin(network)
    mentor, ana, cat = (
        system.member(admin, network, handle) for handle in ("mentor", "ana", "cat")
    )
    talk = opened(mentor, ana)["id"]
    path = f"/v1/conversations/{talk}"
    assert refusal(cat, path) == refusal(ana, f"{path}/messages") == GONE

    with device(doors[0], mentor, {talk: 1}) as at_a, device(doors[1], ana) as at_b:
        asked = ana.get("/v1/conversations", state="received")["conversations"]
        assert [(one["id"], one["inviterId"]) for one in asked] == [(talk, mentor.member_id)]
        with through(doors[1], network, "ana") as again:
            let_in = again.put(f"{path}/acceptance")
        for one in (at_a, at_b):
            came = one.message()
            assert came["notice"] == {"kind": "joined", "memberIds": [ana.member_id]}
            assert came["sequence"] == let_in["firstSequence"] == 2
        assert at_a.say(talk, "Welcome") == at_b.message()["sequence"] == 3
        at_b.say(talk, "I am glad to be here")
        assert at_a.message()["text"] == "I am glad to be here"

        mentor.request("DELETE", f"/v1/groups/{talk}/members/{ana.member_id}")
        taken = at_a.message()
        assert (taken["sequence"], taken["notice"]["kind"]) == (5, "removed")
        at_b.is_told_gone(talk)
        at_a.say(talk, "Among us")
        pair = cat.post_when_known("/v1/conversations", {"memberId": ana.member_id})["id"]
        cat.post(f"/v1/conversations/{pair}/messages", {"clientMessageId": "1", "text": "Ana?"})
        assert at_b.message()["text"] == "Ana?"  # and nothing of the group before it
    for gone in (path, f"{path}/messages"):
        assert refusal(ana, gone) == GONE
    with device(doors[1], ana, {talk: 2, pair: 0}) as back:
        assert back.message()["text"] == "Ana?"


def test_who_comes_late_sees_what_came_after_and_may_leave(
    system: System, doors: tuple[str, str], network: str
) -> None:
    admin = system.admin(network)
    mentor, ben = (system.member(admin, network, handle) for handle in ("mentor", "ben"))
    talk = opened(mentor, ben)["id"]
    path = f"/v1/conversations/{talk}"
    for text in ("Nobody is here yet", "Still nobody"):
        mentor.post(f"{path}/messages", {"clientMessageId": text, "text": text})
    with device(doors[1], ben) as waiting:
        assert ben.put(f"{path}/acceptance")["firstSequence"] == 4
        assert waiting.message()["sequence"] == 4
        mentor.post(f"{path}/messages", {"clientMessageId": "3", "text": "There you are"})
        assert waiting.message()["sequence"] == 5
    seen = ben.get(f"{path}/messages", oldestFirst="true")["messages"]
    assert [(one["sequence"], one["text"]) for one in seen] == [(4, ""), (5, "There you are")]
    with device(doors[0], ben) as anew:
        assert [anew.message()["sequence"] for _ in seen] == [4, 5]
        renamed = mentor.request("PATCH", f"/v1/groups/{talk}", json={"title": "Thursdays"})
        assert anew.message()["notice"]["title"] == renamed["title"] == "Thursdays"
        ben.request("DELETE", f"{path}/seat")
        anew.is_told_gone(talk)
    assert refusal(ben, path) == GONE
    assert mentor.get(path)["memberIds"] == [mentor.member_id]


def test_who_joins_a_circle_is_in_its_room_and_who_leaves_it_is_not(
    system: System, doors: tuple[str, str], network: str
) -> None:
    admin = system.admin(network)
    ana, cat = (system.member(admin, network, handle) for handle in ("ana", "cat"))
    circle = admin.post("/v1/circles", {"displayName": "Nights"})["id"]
    ana.put(f"/v1/circles/{circle}/membership")
    wait_for(lambda: in_room(ana, circle, 2))  # her, and who made the circle
    room = ana.put(f"/v1/circles/{circle}/room")
    talk, path = room["id"], f"/v1/conversations/{room['id']}"
    assert (room["kind"], room["circleId"], "title" in room) == ("room", circle, False)
    ana.post(f"{path}/messages", {"clientMessageId": "1", "text": "Who is up?"})
    with device(doors[1], cat) as at_b:
        cat.put(f"/v1/circles/{circle}/membership")
        came = at_b.message()
        assert came["notice"] == {"kind": "joined", "memberIds": [cat.member_id]}
        ana.post(f"{path}/messages", {"clientMessageId": "2", "text": "Good, now we are two"})
        assert at_b.message()["text"] == "Good, now we are two"
        seen = cat.get(f"{path}/messages", oldestFirst="true")["messages"]
        assert seen[0] == came
        cat.request("DELETE", f"/v1/circles/{circle}/membership")
        at_b.is_told_gone(talk)
    assert refusal(cat, path) == refusal(cat, f"{path}/messages") == GONE
    assert cat.member_id not in ana.get(path)["memberIds"]
