"""Everything about me, on the whole running system: a member who has done everything asks for it,
services are killed meanwhile, and her zip holds each of her things and nothing of anybody else."""

from __future__ import annotations

import io
import json
from typing import Any
from zipfile import ZipFile

import httpx
import pytest
from kith_cli.client import Kith

from tests.integration.system import System, wait_for

pytestmark = pytest.mark.timeout(480)
PATH = "/v1/accounts/me/export"
LONELY = {"companionship": 3, "left-out": 3, "isolated": 3}
STEPS = [{"id": "hello", "week": 1, "kind": "discussion", "title": "Hello"}]
SCRIPT = "<script>alert('ana')</script>"
PRIVATE = "between ben and cat alone"
MANY = 120


def say(kith: Kith, talk: str, number: int, text: str) -> None:
    body = {"clientMessageId": f"{kith.member_id} {number}", "text": text}
    kith.post(f"/v1/conversations/{talk}/messages", body)


def live(admin: Kith, ana: Kith, ben: Kith, cat: Kith) -> None:
    """Ana has something in every service; ben and cat have things of their own."""
    talk = ana.post_when_known("/v1/conversations", {"memberId": ben.member_id})["id"]
    say(ana, talk, 0, SCRIPT)
    say(ben, talk, 0, "ben to ana")
    for number in range(1, MANY + 1):
        say(ana, talk, number, f"ana to ben, {number}")
    theirs = ben.post_when_known("/v1/conversations", {"memberId": cat.member_id})["id"]
    say(ben, theirs, 1, PRIVATE)
    circle = admin.post("/v1/circles", {"displayName": "Nights"})["id"]
    for kith in (ana, ben):
        kith.put(f"/v1/circles/{circle}/membership")
    post = ana.post(f"/v1/circles/{circle}/posts", {"intent": "ask", "text": "ana asks"})["id"]
    bens = ben.post(f"/v1/circles/{circle}/posts", {"intent": "share", "text": "ben shares"})["id"]
    ben.post(f"/v1/posts/{post}/comments", {"text": "ben answers"})
    ana.post(f"/v1/posts/{bens}/comments", {"text": "ana answers"})
    program = admin.post("/v1/programs", {"displayName": "Us", "weeks": 1, "steps": STEPS})["id"]
    start = {"displayName": "Spring", "startTime": "2026-03-02T00:00:00Z"}
    cohort = admin.post(f"/v1/programs/{program}/cohorts", start)["id"]
    seats = {"memberIds": [ana.member_id, ben.member_id]}
    admin.post_when_known(f"/v1/cohorts/{cohort}/enrollments", seats)
    ana.put("/v1/consents/signals", {"granted": True})
    ana.post("/v1/responses", {"instrumentId": "ucla-3", "answers": LONELY})
    wait_for(lambda: admin.get("/v1/signals/progress")["activityCount"] >= 1)


def archive(system: System, token: str, secret: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}", "export-secret": secret}
    return httpx.get(
        f"{system.settings.gateway_url}{PATH}/archive", headers=headers, timeout=60
    )  # fmt: skip


def told(made: ZipFile, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(made.read(name))
    return found


def test_each_of_her_things_is_there_and_nothing_of_anybody_elses_talk(
    system: System, network: str
) -> None:
    admin = system.admin(network)
    ana, ben, cat = (system.member(admin, network, name) for name in ("ana", "benno", "cat"))
    live(admin, ana, ben, cat)
    assert ana.get(PATH)["state"] == "none"
    secret = ana.post(PATH, {})["secret"]
    bens = ben.post(PATH, {})["secret"]
    for service in ("identity", "messaging"):
        system.kill(service)
    for service in ("identity", "messaging"):
        system.wait_ready(service)
    wait_for(lambda: ana.get(PATH)["state"] == "ready")
    wait_for(lambda: ben.get(PATH)["state"] == "ready")
    for token, wrong in ((ana.token, bens), (ben.token, secret), (ana.token, "")):
        refused = archive(system, token, wrong)
        assert (refused.status_code, refused.json()["reason"]) == (400, "EXPORT_LINK_INVALID")

    answer = archive(system, ana.token, secret)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    made = ZipFile(io.BytesIO(answer.content))
    assert made.testzip() is None
    holds_hers(made, network)
    everything = "".join(made.read(name).decode() for name in made.namelist())
    for words in (PRIVATE, "ben answers", "ben shares", "benno", cat.member_id):
        assert words not in everything, words
    assert SCRIPT not in "".join(
        made.read(name).decode() for name in made.namelist() if name.endswith(".html")
    )
    ana.request("DELETE", PATH)
    assert archive(system, ana.token, secret).status_code == 400


def holds_hers(made: ZipFile, network: str) -> None:
    (account,) = told(made, "identity/account.json")
    assert (account["handle"], account["email"]) == ("ana", f"ana@{network}.example")
    assert [one["purpose"] for one in account["consents"]] == ["service", "signals"]
    decided = told(made, "identity/consent-records.json")
    assert [one["action"] for one in decided] == ["granted"] * len(decided)
    assert {one["purpose"] for one in decided} <= {"service", "signals"}
    assert told(made, "identity/devices.json")
    messages = [one["text"] for one in told(made, "messaging/messages.json")]
    assert messages == [SCRIPT, "ben to ana", *(f"ana to ben, {n}" for n in range(1, MANY + 1))]
    assert len(told(made, "messaging/conversations.json")) == 1
    assert len(told(made, "community/circle-memberships.json")) == 1
    assert [one["text"] for one in told(made, "community/posts.json")] == ["ana asks"]
    assert [one["text"] for one in told(made, "community/comments.json")] == ["ana answers"]
    assert len(told(made, "programs/enrollments.json")) == 1
    (response,) = told(made, "outcomes/responses.json")
    assert (response["answers"], response["score"]) == (LONELY, 9)
    (signal,) = told(made, "signals/signals.json")
    assert signal["activityCount"] >= 1
    index = made.read("index.html").decode()
    for name in made.namelist():
        if name.endswith(".html") and name != "index.html" and told(made, name[:-4] + "json"):
            assert f'href="{name}"' in index, name
