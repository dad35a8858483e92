"""Promise 7 on the whole running system: a member leaves, others' view holds together, and a scan
of every collection and topic finds nothing of her."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import grpc
import pytest
from kith.messaging.v1 import messaging_service_pb2 as api
from kith_cli.client import Kith
from kith_cli.erasing.findings import Report
from kith_cli.erasing.marks import Wanted
from kith_cli.erasing.verify import verify
from kith_cli.errors import Refused
from kith_cli.local import programs
from kith_cli.settings import BACKENDS

from tests.integration.conftest import MakeSystem
from tests.integration.policy_world import keep_passkey
from tests.integration.system import System, wait_for

pytestmark = pytest.mark.timeout(480)
FAR = (datetime.now(UTC) + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M:%S.000Z")  # noqa: TID251  # real
LONELY = {"companionship": 3, "left-out": 3, "isolated": 3}
HANDLE, TEXT = "quetzal-ana", "words that have to go"
STEPS = [{"id": "hello", "week": 1, "kind": "discussion", "title": "Hello"}]
QUICK = {
    "KITH_ERASURE_GRACE_SECONDS": "1", "KITH_ERASURE_SETTLE_SECONDS": "4",
    "KITH_ERASURE_POLL_SECONDS": "1",
}  # fmt: skip


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    """A system whose erasures wait for seconds where others wait for days and minutes."""
    made = make_system()
    made.told["identity"] = QUICK
    made.start()
    return made


@dataclass(frozen=True, slots=True)
class Life:
    """Ana has done everything there is to do; ben was there with her."""

    system: System
    network: str
    admin: Kith
    ana: Kith
    ben: Kith
    talk: str
    answered: str
    alone: str
    bens: str

    @property
    def leaving(self) -> str:
        """The address of her erasure."""
        return f"/v1/accounts/{self.ana.member_id}/erasure"

    def state(self) -> str:
        """How far her erasure is, as the admin sees it."""
        return str(self.admin.get(self.leaving)["state"])

    def wait_until(self, state: str) -> None:
        wait_for(lambda: self.state() == state)

    def verify(self) -> Report:
        wanted = Wanted(UUID(self.ana.member_id), f"{HANDLE}@{self.network}.example", HANDLE)
        return verify(self.system.settings, self.system.kafka, wanted)


def live(system: System, network: str) -> Life:
    admin = system.admin(network)
    ana, ben = (system.member(admin, network, handle) for handle in (HANDLE, "ben"))
    talk = ana.post_when_known("/v1/conversations", {"memberId": ben.member_id})["id"]
    for number, kith in enumerate((ana, ben, ana, ben)):
        body = {"clientMessageId": f"{kith.member_id} {number}", "text": TEXT}
        kith.post(f"/v1/conversations/{talk}/messages", body)
    for one, other in ((ana, ben), (ben, ana)):
        one.put_when_known(f"/v1/connections/{other.member_id}")
    circle = admin.post("/v1/circles", {"displayName": "Nights"})["id"]
    for kith in (ana, ben):
        kith.put(f"/v1/circles/{circle}/membership")
    answered, alone, bens = (
        kith.post(f"/v1/circles/{circle}/posts", {"intent": "ask", "text": TEXT})["id"]
        for kith in (ana, ana, ben)
    )
    for kith, post in ((ben, answered), (ana, answered), (ana, alone), (ana, bens), (ben, bens)):
        kith.post(f"/v1/posts/{post}/comments", {"text": TEXT})
    program = admin.post("/v1/programs", {"displayName": "Us", "weeks": 1, "steps": STEPS})["id"]
    cohort = admin.post(
        f"/v1/programs/{program}/cohorts",
        {"displayName": "Spring", "startTime": "2026-03-02T00:00:00Z"},
    )["id"]
    seats = {"memberIds": [ana.member_id, ben.member_id]}
    admin.post_when_known(f"/v1/cohorts/{cohort}/enrollments", seats)
    ana.put("/v1/consents/signals", {"granted": True})
    ana.post("/v1/responses", {"instrumentId": "ucla-3", "answers": LONELY})
    said = {"version": 0, "offers": [TEXT], "visibility": {"offers": "network"}}
    ana.request("PATCH", "/v1/accounts/me/profile", json=said)
    keep_passkey(system, ana)
    why = {"reason": TEXT}
    admin.put(f"/v1/accounts/{ana.member_id}/roles/moderator", why)
    wait_for(lambda: admin.get("/v1/signals/progress")["activityCount"] >= 1)
    ana.post("/v1/accounts/me/export", {})
    return Life(system, network, admin, ana, ben, talk, answered, alone, bens)


def test_a_member_leaves_and_nothing_of_her_is_found(system: System, network: str) -> None:
    life = live(system, network)
    assert not life.verify().is_proof
    life.ana.put(life.leaving)
    life.wait_until("closed")
    wait_for(lambda: _refused(life) == "CREDENTIALS_INVALID")
    _send_late(life)  # her token has not run out yet
    life.wait_until("finished")
    system.wait_published()

    report = life.verify()
    assert report.is_proof, [place for place in report.places if not place.is_empty]
    assert sum(place.sealed for place in report.places) >= 2  # Ben's, which nobody could look into
    counts = {receipt.service: receipt.counts for receipt, _ in report.receipts}
    assert counts.keys() == set(BACKENDS)
    assert (counts["messaging"]["messages"].anonymised) == 3
    posts, comments = counts["community"]["posts"], counts["community"]["comments"]
    assert (posts.removed, posts.anonymised) == (1, 1)
    assert (comments.removed, comments.anonymised) == (1, 2)
    assert counts["community"]["connections"].removed == 1
    assert counts["programs"]["enrollments"].removed == 1
    assert counts["outcomes"]["responses"].removed == 1
    assert counts["signals"]["members"].removed == 1
    assert counts["identity"]["profiles"].removed == 1
    named = {place.name for place in report.places if place.hits}
    assert named, "the scan of topics would prove nothing"
    assert not any("changelog" in name for name in named)
    assert [name for name in named if name.startswith("kith_")] == [
        f"{system.settings.database_prefix}_identity.audit"  # the admin looked at her erasure
    ]
    _others_view_holds_together(life)


def _send_late(life: Life) -> None:
    """Past the door, which knows by now that her session has ended: it was under way."""
    message = api.SendMessageRequest(conversation_id=life.talk, client_message_id="late", text=TEXT)
    with grpc.insecure_channel(life.system.settings.grpc("messaging")) as channel:
        send: Any = channel.unary_unary("/kith.messaging.v1.MessageService/SendMessage")
        token = (("authorization", f"Bearer {life.ana.token}"),)
        send(message.SerializeToString(), metadata=token, timeout=30)


def _refused(life: Life) -> str:
    """Why she cannot sign in; empty if she can."""
    try:
        life.ana.sign_in(life.network, f"{HANDLE}@{life.network}.example", "correct horse battery")
    except Refused as refused:
        return refused.reason
    return ""


def _others_view_holds_together(life: Life) -> None:
    messages = life.ben.get(f"/v1/conversations/{life.talk}/messages")["messages"]
    assert [one["sequence"] for one in messages] == [5, 4, 3, 2, 1]
    assert [one["text"] for one in messages] == ["", TEXT, "", TEXT, ""]
    senders = {one["senderId"] for one in messages if not one["text"]}
    assert len(senders) == 1
    (stand_in,) = senders
    assert stand_in != life.ana.member_id
    (talk,) = life.ben.get("/v1/conversations")["conversations"]
    assert set(talk["memberIds"]) == {life.ben.member_id, stand_in}
    body = {"clientMessageId": "after", "text": "Take care."}
    sent = life.ben.post(f"/v1/conversations/{life.talk}/messages", body)
    assert sent["sequence"] == 6
    posts = {post["id"]: post for post in life.ben.get("/v1/feed")["posts"]}
    assert posts.keys() == {life.answered, life.bens}
    assert (posts[life.answered]["text"], posts[life.bens]["text"]) == ("", TEXT)
    assert posts[life.answered]["authorId"] != life.ana.member_id
    texts = {
        post: [one["text"] for one in life.ben.get(f"/v1/posts/{post}/comments")["comments"]]
        for post in posts
    }
    assert texts == {life.answered: [TEXT, ""], life.bens: ["", TEXT]}
    with pytest.raises(Refused) as refused:
        life.ben.post("/v1/conversations", {"memberId": life.ana.member_id})
    assert refused.value.reason == "MEMBER_NOT_FOUND"


def test_she_can_take_it_back_and_an_admin_can_stop_it(system: System, network: str) -> None:
    admin = system.admin(network)
    ana, ben = (system.member(admin, network, handle) for handle in (HANDLE, "ben"))
    leaving = f"/v1/accounts/{ana.member_id}/erasure"
    assert ana.put(leaving)["state"] == "requested"
    assert admin.put(f"{leaving}/hold", {"reason": "legal_order"})["state"] == "held"
    with pytest.raises(Refused) as refused:
        ben.get(leaving)
    assert refused.value.status == 403
    assert ana.get(leaving)["holdReason"] == "legal_order"
    assert ana.request("DELETE", leaving)["state"] == "cancelled"
    with pytest.raises(Refused) as refused:
        admin.put(f"{leaving}/hold", {"reason": "legal_order"})
    assert refused.value.reason == "ERASURE_NOT_FOUND"
    assert ana.put(leaving)["state"] == "held"  # taking it back and asking again is no way around
    assert admin.request("DELETE", f"{leaving}/hold")["state"] == "requested"


def test_what_a_hold_stopped_goes_on_by_itself_when_it_is_lifted(
    system: System, network: str
) -> None:
    admin = system.admin(network)
    ana = system.member(admin, network, HANDLE)
    leaving = f"/v1/accounts/{ana.member_id}/erasure"
    hold = f"/v1/accounts/{ana.member_id}/holds/2026-17"
    admin.put(hold, {"reason": "legal_order", "expireTime": FAR})
    asked = ana.put(leaving)
    assert (asked["state"], asked["holdExpireTime"]) == ("held", FAR)
    system.kill("identity")
    system.wait_ready("identity")
    assert admin.get(leaving)["state"] == "held"
    admin.request("DELETE", hold)
    wait_for(lambda: admin.get(leaving)["state"] == "finished")


def test_kills_in_the_middle_change_nothing(system: System, network: str) -> None:
    life = live(system, network)
    chance = random.Random(20261126)
    life.ana.put(life.leaving)
    life.wait_until("closed")
    victims: list[str] = [*programs.SERVICES[:-1], *chance.sample(BACKENDS, 3)]
    chance.shuffle(victims)
    for victim in victims:
        system.kill(victim)
    for service in BACKENDS:
        system.wait_ready(service)
    if life.state() != "finished":
        for victim in BACKENDS:  # and once more, wherever they are now
            system.kill(victim)
        for service in BACKENDS:
            system.wait_ready(service)
    life.wait_until("finished")
    system.wait_published()

    report = life.verify()
    assert report.is_proof, [place for place in report.places if not place.is_empty]
    counts: dict[str, Any] = {receipt.service: receipt.counts for receipt, _ in report.receipts}
    assert counts["messaging"]["messages"].anonymised == 2
    assert counts["outcomes"]["responses"].removed == 1
    assert counts["signals"]["members"].removed == 1


def test_nothing_begins_while_a_crisis_case_is_open_and_a_person_ends_that(
    system: System, network: str
) -> None:
    admin = system.admin(network)
    ana, ben, grace = (system.member(admin, network, one) for one in (HANDLE, "ben", "grace"))
    admin.put(f"/v1/accounts/{grace.member_id}/roles", {"roles": ["moderator", "care_team"]})
    grace.sign_in(network, f"grace@{network}.example", "correct horse battery")
    for kith in (ana, ben):
        about = {"memberId": kith.member_id, "kind": "self_harm", "severity": "urgent"}
        grace.post("/v1/cases", about)
    cases = {one["memberId"]: f"/v1/cases/{one['id']}" for one in grace.get("/v1/cases")["cases"]}
    wait_for(lambda: {"OpenCase", "ListCases"} <= set(_done_to(ana)) & set(_done_to(ben)))
    leaving = {kith: f"/v1/accounts/{kith.member_id}/erasure" for kith in (ana, ben)}
    for kith, path in leaving.items():
        kith.put(path)
    for path in leaving.values():
        wait_for(lambda path=path: grace.get(path)["waitsForPerson"])  # type: ignore[misc]
        assert grace.get(path)["state"] == "requested"
    with pytest.raises(Refused) as refused:
        grace.put(f"{cases[ana.member_id]}/outcome", {"outcome": "safe"})
    assert refused.value.reason == "CASE_NOT_CLAIMED"
    assert grace.put(f"{leaving[ben]}/allowance", {"reason": "her_decision"})["allowReason"]
    wait_for(lambda: grace.get(leaving[ben])["state"] == "finished")
    grace.put(f"{cases[ana.member_id]}/claim", {})
    grace.put(f"{cases[ana.member_id]}/outcome", {"outcome": "safe"})
    wait_for(lambda: grace.get(leaving[ana])["state"] == "finished")
    left = grace.get("/v1/cases")["cases"]
    assert [one["state"] for one in left] == ["closed", "open"]
    assert {ana.member_id, ben.member_id}.isdisjoint(one["memberId"] for one in left)


def _done_to(kith: Kith) -> list[str]:
    """What was done to or looked at of somebody, by whom ever."""
    entries = kith.get("/v1/accounts/me/accesses")["entries"]
    return [entry["action"].rpartition("/")[2] for entry in entries]
