"""A small believable network, made through the public API: for a first look, demos and screenshots.

Everything is made under ids that follow from the story, so a seeding that was cut off is simply
done again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from kith_cli.client import Kith
from kith_cli.errors import Refused
from kith_cli.networks import Book, accept_owed, door, ensure_network, service_text_version
from kith_cli.paths import STRONGER_TOGETHER
from kith_cli.settings import Settings

NETWORK = "demo"
NETWORK_NAME = "Living with it"
PASSWORD = "kith-demo-2026"  # noqa: S105  # of made-up people on this machine only
Story = Mapping[str, Any]


def seed_if_empty(settings: Settings) -> Sequence[str]:
    """Make the demo network unless it is there; lines that tell how to sign in."""
    book = Book(settings)
    story: Story = json.loads((files(__package__) / "story.json").read_text())
    first = story["people"][0]["handle"]
    known = book.get(NETWORK)
    if known is None or not known.seeded:
        with door(settings) as kith:
            admin = ensure_network(settings, kith, NETWORK, NETWORK_NAME)
            _Seed(settings, kith, story).run()
        admin.seeded = True
        book.put(admin)
    return [
        "",
        f"Demo sign-in: network [bold]{NETWORK}[/bold], e-mail [bold]{_email(first)}[/bold], "
        f"password [bold]{PASSWORD}[/bold]",
        f"API documentation: [bold]{settings.gateway_url}/docs[/bold]",
    ]


class _Seed:
    """The story, told to the API as its people would."""

    def __init__(self, settings: Settings, admin: Kith, story: Story) -> None:
        self._settings = settings
        self._admin = admin
        self._story = story
        self._people: dict[str, Kith] = {}
        self._links: dict[str, str] = {}

    def run(self) -> None:
        """Everybody joins, then talks, answers and takes part."""
        people = self._story["people"]
        invite = self._admin.post("/v1/invites", {"maxUses": len(people)})["code"]
        try:
            for person in people:
                self._join(person["handle"], invite)
            circles = self._circles()
            self._library()
            for one, other in self._story["connections"]:
                self._connect(self._people[one], self._people[other])
            for post in self._story["posts"]:
                self._post(post, circles)
            self._talks(circles)
            self._program()
            for person in people:
                self._answer(person)
        finally:
            for kith in self._people.values():
                kith.__exit__()

    def _join(self, handle: str, invite: str) -> None:
        body = {
            "inviteCode": invite,
            "handle": handle,
            "email": _email(handle),
            "password": PASSWORD,
            "serviceTextVersion": service_text_version(self._admin),
        }
        try:
            self._admin.request("POST", "/v1/registrations", json=body, anonymous=True)
        except Refused as refused:
            if refused.reason not in {"HANDLE_TAKEN", "EMAIL_TAKEN"}:
                raise
        kith = door(self._settings)
        kith.sign_in(NETWORK, _email(handle), PASSWORD)
        accept_owed(kith, lambda: kith.sign_in(NETWORK, _email(handle), PASSWORD))
        kith.put("/v1/consents/signals", {"granted": True})
        self._people[handle] = kith

    def _circles(self) -> dict[str, str]:
        made = {}
        for circle in self._story["circles"]:
            body = {**_only(circle, "displayName", "purpose"), "requestId": _id("circle", circle)}
            made[circle["displayName"]] = self._admin.post("/v1/circles", body)["id"]
            for handle in circle["members"]:
                self._people[handle].put(f"/v1/circles/{made[circle['displayName']]}/membership")
        return made

    def _library(self) -> None:
        """What it holds; the story links to what is `called` so."""
        for resource in self._story["resources"]:
            told = {name: value for name, value in resource.items() if name != "called"}
            body = {**told, "requestId": _id("resource", resource)}
            made = self._admin.post("/v1/resources", body)
            self._links[f"kith:resources/{resource['called']}"] = f"kith:resources/{made['id']}"

    def _linked(self, text: str) -> str:
        for named, link in self._links.items():
            text = text.replace(named, link)
        return text

    def _connect(self, one: Kith, other: Kith) -> None:
        """Both ask, which is agreeing; again, it changes nothing."""
        one.put_when_known(f"/v1/connections/{other.member_id}")
        other.put_when_known(f"/v1/connections/{one.member_id}")

    def _post(self, post: Story, circles: Mapping[str, str]) -> None:
        author = self._people[post["by"]]
        body = {**_only(post, "intent", "text"), "requestId": _id("post", post)}
        made = author.post(f"/v1/circles/{circles[post['circle']]}/posts", body)
        for comment in post.get("comments", []):
            body = {"text": comment["text"], "requestId": _id("comment", post, comment)}
            self._people[comment["by"]].post(f"/v1/posts/{made['id']}/comments", body)

    def _talks(self, circles: Mapping[str, str]) -> None:
        for talk in self._story["conversations"]:
            self._talk(talk)
        for group in self._story["groups"]:
            self._gather(group)
        for room in self._story["rooms"]:
            self._meet(room, circles[room["circle"]])

    def _talk(self, talk: Story) -> None:
        one, other = talk["between"]
        opened = self._people[one].post_when_known(
            "/v1/conversations", {"memberId": self._people[other].member_id}
        )
        self._say(talk, opened["id"])

    def _gather(self, group: Story) -> None:
        """A group: who hosts it asks the others in, and they agree."""
        others = [self._people[handle] for handle in group["members"]]
        body = {
            **_only(group, "title"),
            "clientGroupId": _id("group", group),
            "memberIds": [kith.member_id for kith in others],
        }
        opened = self._people[group["host"]].post_when_known("/v1/groups", body)
        for kith in others:
            kith.put(f"/v1/conversations/{opened['id']}/acceptance")
        self._say(group, opened["id"])

    def _meet(self, room: Story, circle_id: str) -> None:
        """What is said in the room of a circle; who speaks is let in."""
        path = f"/v1/circles/{circle_id}/room"
        opened = [self._people[handle].put_when_known(path) for handle, _ in room["messages"]]
        self._say(room, opened[0]["id"])

    def _say(self, talk: Story, conversation_id: str) -> None:
        for number, (handle, text) in enumerate(talk["messages"]):
            body = {"clientMessageId": f"seed-{number}", "text": self._linked(text)}
            self._people[handle].post(f"/v1/conversations/{conversation_id}/messages", body)

    def _program(self) -> None:
        program = self._story["program"]
        definition = json.loads(STRONGER_TOGETHER.read_text())
        made = self._admin.post("/v1/programs", {**definition, "requestId": _id("program")})
        first_week = [step["id"] for step in definition["steps"] if step["week"] == 1]
        cohort = {**program["cohort"], "requestId": _id("cohort")}
        opened = self._admin.post(f"/v1/programs/{made['id']}/cohorts", cohort)
        ids = [self._people[handle].member_id for handle in program["members"]]
        self._admin.post_when_known(f"/v1/cohorts/{opened['id']}/enrollments", {"memberIds": ids})
        for handle in program["members"]:
            kith = self._people[handle]
            for enrollment in kith.get("/v1/enrollments")["enrollments"]:
                for step in first_week:
                    kith.put(f"/v1/enrollments/{enrollment['id']}/steps/{step}")

    def _answer(self, person: Story) -> None:
        kith = self._people[person["handle"]]
        for instrument, answers in person.get("answers", {}).items():
            body = {
                "instrumentId": instrument,
                "answers": answers,
                "requestId": _id(instrument, person),
            }
            kith.post("/v1/responses", body)


def _only(source: Story, *names: str) -> dict[str, Any]:
    return {name: source[name] for name in names}


def _id(*parts: object) -> str:
    text = json.dumps(parts, sort_keys=True, default=str)
    return str(uuid5(NAMESPACE_URL, f"kith-seed:{text}"))


def _email(handle: str) -> str:
    return f"{handle}@demo.kith.local"
