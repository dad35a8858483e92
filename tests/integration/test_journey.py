"""A day on Kith, in the words of who uses it, through the public doors only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from kith_cli.client import Kith
from kith_cli.errors import Refused
from kith_cli.networks import service_text_version
from websockets.sync.client import ClientConnection, connect

from tests.integration.system import System, wait_for

pytestmark = pytest.mark.timeout(360)
PASSWORD, OTHERS = "correct horse battery", "what a stranger chose"
LONELY = {"companionship": 3, "left-out": 3, "isolated": 3}
CONTENT = {"companionship": 1, "left-out": 1, "isolated": 1}


@contextmanager
def listening(system: System, kith: Kith) -> Iterator[ClientConnection]:
    """An open socket of a member."""
    with connect(f"ws://{system.settings.http('gateway')}/v1/stream") as socket:
        socket.send(json.dumps({"type": "authenticate", "accessToken": kith.token}))
        assert json.loads(socket.recv(10))["type"] == "ready"
        yield socket


def test_two_members_talk_and_both_see_the_same(system: System, network: str) -> None:
    admin = system.admin(network)
    ana, ben = (system.member(admin, network, handle) for handle in ("ana", "ben"))
    talk = ana.post_when_known("/v1/conversations", {"memberId": ben.member_id})
    path = f"/v1/conversations/{talk['id']}/messages"
    with listening(system, ben) as socket:
        sent = ana.post(path, {"clientMessageId": "1", "text": "Are you awake?"})
        pushed = json.loads(socket.recv(15))
    answered = ben.post(path, {"clientMessageId": "1", "text": "Always at this hour."})

    assert pushed == {"type": "message", "message": sent}
    assert (sent["sequence"], answered["sequence"]) == (1, 2)
    assert ana.get(path)["messages"] == ben.get(path)["messages"] == [answered, sent]
    assert ana.post(path, {"clientMessageId": "1", "text": "Are you awake?"}) == sent
    with pytest.raises(Refused) as refused:
        ana.post(path, {"clientMessageId": "1", "text": "Something else"})
    assert (refused.value.status, refused.value.reason) == (409, "MESSAGE_ID_REUSED")


def test_an_ask_in_a_circle_is_answered(system: System, network: str) -> None:
    admin = system.admin(network)
    ana, ben = (system.member(admin, network, handle) for handle in ("ana", "ben"))
    circle = admin.post(
        "/v1/circles", {"displayName": "Nights", "purpose": "When sleep stays away"}
    )
    for kith in (ana, ben):
        kith.put(f"/v1/circles/{circle['id']}/membership")
    post = ana.post(f"/v1/circles/{circle['id']}/posts", {"intent": "ask", "text": "Anyone awake?"})
    comment = ben.post(f"/v1/posts/{post['id']}/comments", {"text": "I am."})

    (seen,) = ben.get("/v1/feed")["posts"]
    assert (seen["id"], seen["intent"], seen["commentCount"]) == (post["id"], "ask", 1)
    assert ana.get(f"/v1/posts/{post['id']}/comments")["comments"] == [comment]


def test_a_link_to_the_library_is_shown_until_it_is_withdrawn(system: System, network: str) -> None:
    admin = system.admin(network)
    ana, ben = (system.member(admin, network, handle) for handle in ("ana", "ben"))
    talk = ana.post_when_known("/v1/conversations", {"memberId": ben.member_id})
    added = admin.post(
        "/v1/resources",
        {
            "kind": "podcast", "title": "Sleeping again", "summary": "Two nurses talk.",
            "url": "https://example.org/sleep", "language": "EN", "lengthMinutes": 24,
        },
    )  # fmt: skip
    text = f"This helped me: kith:resources/{added['id']}"
    path = f"/v1/conversations/{talk['id']}/messages"
    ana.post(path, {"clientMessageId": "1", "text": text})

    (message,) = ben.get(path)["messages"]
    (link,) = message["links"]
    assert link == {"kind": "resource", "id": added["id"]}
    shown = ben.get(f"/v1/previews?resourceId={link['id']}")
    preview = {
        "resourceId": added["id"], "kind": "podcast", "title": "Sleeping again",
        "excerpt": "Two nurses talk.", "url": "https://example.org/sleep", "language": "en",
        "lengthMinutes": 24,
    }  # fmt: skip
    assert shown == {"posts": [], "resources": [preview]}
    assert ben.get("/v1/resources?kind=podcast")["resources"] == [added]
    for _ in range(2):
        admin.request("DELETE", f"/v1/resources/{added['id']}")
    assert ben.get(f"/v1/previews?resourceId={link['id']}") == {"posts": [], "resources": []}
    with pytest.raises(Refused) as refused:
        ben.get(f"/v1/resources/{added['id']}")
    assert (refused.value.status, refused.value.reason) == (404, "RESOURCE_NOT_FOUND")


def test_answering_an_instrument_moves_the_estimate(system: System, network: str) -> None:
    admin = system.admin(network)
    ana, ben = (system.member(admin, network, handle) for handle in ("ana", "ben"))
    for kith, answers in ((ana, LONELY), (ben, CONTENT)):
        kith.put("/v1/consents/signals", {"granted": True})
        response = kith.post("/v1/responses", {"instrumentId": "ucla-3", "answers": answers})
        assert response["score"] == sum(answers.values())

    high = wait_for(lambda: _estimated(ana))
    low = wait_for(lambda: _estimated(ben))
    assert high["risk"]["band"] == "high"
    assert low["risk"]["band"] == "low"
    assert high["risk"]["reasons"][0]["code"] == "surveys"
    top = wait_for(lambda: _two(admin.get("/v1/signals")["signals"]))
    assert [signal["memberId"] for signal in top] == [ana.member_id, ben.member_id]


def test_withdrawing_consent_takes_the_signal_away(system: System, network: str) -> None:
    admin = system.admin(network)
    ana = system.member(admin, network, "ana")
    ana.put("/v1/consents/signals", {"granted": True})
    ana.post("/v1/responses", {"instrumentId": "ucla-3", "answers": LONELY})
    wait_for(lambda: _estimated(ana))
    ana.put("/v1/consents/signals", {"granted": False})
    wait_for(lambda: _signal(ana) is None)
    ana.post("/v1/responses", {"instrumentId": "ucla-3", "answers": CONTENT})
    ana.put("/v1/consents/signals", {"granted": True})  # comes after that answer in the log
    again = wait_for(lambda: _signal(ana))
    assert again["risk"]["status"] == "needs_check_in", "an answer without consent was taken"
    assert admin.get("/v1/signals/progress")["activityCount"] == 0


def test_a_cohort_follows_a_program(system: System, network: str) -> None:
    admin = system.admin(network)
    ana = system.member(admin, network, "ana")
    steps = [
        {"id": "hello", "week": 1, "kind": "discussion", "title": "Say hello"},
        {"id": "check", "week": 2, "kind": "check_in", "title": "How was your week?"},
    ]
    program = admin.post("/v1/programs", {"displayName": "Together", "weeks": 2, "steps": steps})
    cohort = admin.post(
        f"/v1/programs/{program['id']}/cohorts",
        {"displayName": "Spring", "startTime": "2026-03-02T00:00:00Z"},
    )
    admin.post_when_known(f"/v1/cohorts/{cohort['id']}/enrollments", {"memberIds": [ana.member_id]})
    (enrollment,) = ana.get("/v1/enrollments")["enrollments"]
    for step in ("hello", "check"):
        enrollment = ana.put(f"/v1/enrollments/{enrollment['id']}/steps/{step}")
    assert (enrollment["state"], enrollment["doneStepIds"]) == ("completed", ["hello", "check"])


def test_another_network_sees_nothing(system: System, network: str) -> None:
    admin, stranger = system.admin(network), system.admin(f"{network}-x")
    ana, ben = (system.member(admin, network, handle) for handle in ("ana", "ben"))
    talk = ana.post_when_known("/v1/conversations", {"memberId": ben.member_id})
    circle = admin.post("/v1/circles", {"displayName": "Ours", "purpose": ""})
    for path in (
        f"/v1/conversations/{talk['id']}",
        f"/v1/conversations/{talk['id']}/messages",
        f"/v1/circles/{circle['id']}/posts",
        f"/v1/accounts/{ana.member_id}",
        f"/v1/signals/{ana.member_id}",
    ):
        with pytest.raises(Refused) as refused:
            stranger.get(path)
        assert refused.value.status == 404, path
    with pytest.raises(Refused) as refused:
        stranger.post("/v1/conversations", {"memberId": ana.member_id})
    assert refused.value.reason == "MEMBER_NOT_FOUND"


def test_who_asks_to_join_learns_nothing_but_by_mail_and_is_let_in(
    system: System, network: str
) -> None:
    """By REST, with the link that a developer finds in identity's log."""
    admin = system.admin(network)
    admin.request("PATCH", "/v1/network", json={"opening": "approval"})
    taken = admin.get("/v1/accounts/me")["handle"]
    stranger = httpx.Client(base_url=system.settings.gateway_url)

    def seen(path: str, body: dict[str, Any]) -> tuple[int, Any]:
        answer = stranger.post(path, json=body)
        told = answer.json() if answer.content else None
        if isinstance(told, dict):
            told.pop("trace_id", None), told.pop("request_id", None)
        return answer.status_code, told

    def outside(email: str) -> list[tuple[int, Any]]:
        asked = {"network": network, "email": email}
        return [
            seen("/v1/applications", asked),
            seen("/v1/applications", asked | {"handle": taken, "password": OTHERS}),
            seen("/v1/sessions", asked | {"password": OTHERS}),
            seen("/v1/password-resets", asked),
        ]

    with stranger:
        ana, ben = f"ana@{network}.example", f"ben@{network}.example"
        system.member(admin, network, "ben")
        before = len(_links(system))
        new, known = outside(ana), outside(ben)
        assert new == known
        assert [status for status, _ in new] == [201, 400, 401, 204]
        (token,) = wait_for(lambda: _links(system)[before:])
        joining = {
            "token": token, "handle": "ana", "password": PASSWORD,
            "serviceTextVersion": service_text_version(admin), "note": "Me too",
        }  # fmt: skip
        for _ in range(2):
            assert seen("/v1/applications/completion", joining) == (201, {"waits": True})
        session = {"network": network, "email": ana, "password": PASSWORD}
        assert seen("/v1/sessions", session)[1]["reason"] == "APPROVAL_PENDING"
        (waiting,) = admin.get("/v1/applications")["applications"]
        let_in = admin.put(f"/v1/applications/{waiting['memberId']}/approval")
        assert (let_in["handle"], let_in["emailVerified"]) == ("ana", True)
        assert seen("/v1/sessions", session)[0] == 201


def _links(system: System) -> list[str]:
    """Those of asking to join, as a developer is shown them."""
    return re.findall(r"/join#([\w-]+)", (system.settings.logs / "identity.log").read_text())


def _signal(kith: Kith) -> Any:
    try:
        return kith.get("/v1/signals/me")
    except Refused as refused:
        if refused.reason != "SIGNAL_NOT_FOUND":
            raise
        return None


def _estimated(kith: Kith) -> Any:
    signal = _signal(kith)
    return signal if signal and signal["risk"]["status"] == "estimated" else None


def _two(signals: list[Any]) -> list[Any]:
    return signals if len(signals) == 2 else []
