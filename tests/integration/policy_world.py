"""Two networks with one of each thing in them, and tokens of any role for whoever is there."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from uuid import UUID

from common.ids import new_id
from identity.adapters.signing_keys import KeyRing, read_folder
from identity.adapters.texts import shipped
from identity.adapters.tokens import SignedTokens
from identity.domain.account import Credentials, join
from identity.domain.consent import Choice
from identity.domain.device import SECRET_BYTES, sign_in_on
from identity.domain.grant import Badge, BadgeKind
from identity.domain.role import Role
from identity.domain.text import Purpose
from kith_cli.client import Kith
from kith_cli.errors import Refused
from policy import NOBODY, Actor, Facts
from policy.describe import ROLES

from services.identity.tests.authenticator import Device
from tests.integration.system import System, wait_for

STEP = "hello"
PASSWORD = "correct horse battery"
LONELY = {"companionship": 3, "left-out": 3, "isolated": 3}
RESOURCE = {
    "kind": "article", "title": "Nights", "url": "https://example.org/nights", "language": "en",
}  # fmt: skip
_COUNTER = itertools.count(1)


def fresh(prefix: str) -> str:
    """A name nobody has yet."""
    return f"{prefix}-{next(_COUNTER)}-{new_id().hex[-8:]}"


@dataclass(frozen=True, slots=True)
class Things:
    """Ids of one of each thing in a network; nowhere, `network_id` is empty and the rest unknown.

    ana and ben talk, `message` is ana's, and so is `gone`, which she may delete; ana is in `circle`
    and wrote `post` there, and the enrollment is hers. Nobody but its founder is in `open_circle`,
    dora is there to be given roles and seats, ana hosts `group`, which ben is in, ana and cat are
    in the circle `meeting`, whose room is open, `spare` is an invite nobody needs, `case` is a
    crisis case about dora, `resource` is in the library, `outdated` too and may go, and `invite`
    and `slug` let people in. What is written there says `slug`.
    """

    network_id: str
    ana: str
    ben: str
    dora: str
    talk: str
    circle: str
    open_circle: str
    post: str
    program: str
    cohort: str
    enrollment: str
    spare: str
    case: str
    message: str
    gone: str
    group: str
    meeting: str
    resource: str
    outdated: str
    invite: str = ""
    slug: str = ""

    def ids(self) -> list[str]:
        """Everything that would give this network away."""
        return [value for value in asdict(self).values() if value]


def here(things: Things, actor: Actor) -> Facts:
    """Of what belongs to the network."""
    return Facts(UUID(things.network_id) if things.network_id else None)


def anas(things: Things, actor: Actor) -> Facts:
    """Of what is ana's."""
    return here(things, actor)._replace(owner_id=UUID(things.ana))


def between(things: Things, actor: Actor) -> Facts:
    """Of the conversation."""
    return here(things, actor)._replace(member_ids=(UUID(things.ana), UUID(things.ben)))


def inside(things: Things, actor: Actor) -> Facts:
    """Of the circle and what is written there."""
    return here(things, actor)._replace(member_ids=(UUID(things.ana),))


def her_own(things: Things, actor: Actor) -> Facts:
    """Of what is the actor's, whoever she is."""
    return Facts(actor.network_id, owner_id=actor.member_id)


def nowhere(ana: str = "") -> Things:
    """Ids of the right form of what does not exist; that of `ana` may be somebody's."""
    names = [field.name for field in fields(Things) if field.name not in {"invite", "slug"}]
    known = {"network_id": ""} | ({"ana": ana} if ana else {})
    return Things(**{name: str(new_id()) for name in names} | known)


@dataclass(frozen=True, slots=True)
class Network:
    """A network, its things, and its people as clients."""

    things: Things
    admin: Kith
    ana: Kith
    ben: Kith
    cat: Kith


def build(system: System, slug: str) -> Network:
    """Make a network with all its things through the public doors."""
    admin = system.admin(slug)
    ana, ben, cat, dora = (system.member(admin, slug, name) for name in NAMES)
    circle = admin.post("/v1/circles", {"displayName": f"Ours {slug}"})
    other = admin.post("/v1/circles", {"displayName": "Open"})
    ana.put(f"/v1/circles/{circle['id']}/membership")
    post = ana.post(
        f"/v1/circles/{circle['id']}/posts", {"intent": "ask", "text": f"Awake? {slug}"}
    )
    ana.post(f"/v1/posts/{post['id']}/comments", {"text": f"I am. {slug}"})
    talk = ana.post_when_known("/v1/conversations", {"memberId": ben.member_id})
    path = f"/v1/conversations/{talk['id']}/messages"
    sent, gone = (
        ana.post(path, {"clientMessageId": id, "text": f"Hello {slug}"}) for id in ("first", "then")
    )
    ben.put(f"/v1/conversations/{talk['id']}/acceptance")
    steps = [{"id": STEP, "week": 1, "kind": "discussion", "title": f"Say hello {slug}"}]
    program = admin.post("/v1/programs", {"displayName": "Together", "weeks": 1, "steps": steps})
    cohort = admin.post(
        f"/v1/programs/{program['id']}/cohorts",
        {"displayName": "Spring", "startTime": "2026-03-02T00:00:00Z"},
    )
    seats = {"memberIds": [ana.member_id, dora.member_id]}
    enrolled = admin.post_when_known(f"/v1/cohorts/{cohort['id']}/enrollments", seats)
    for kith in (ana, cat):
        answer_openly(kith)
        keep_passkey(system, kith)
    DEVICES[slug] = keep_passkey(system, ben)
    wait_for(lambda: admin.get("/v1/signals/progress")["activityCount"] == 2)
    for kith in (ana, dora):
        admin.put(f"/v1/accounts/{kith.member_id}/erasure")
    group, meeting = _together(admin, ana, ben, cat)
    resource, outdated = (
        admin.post("/v1/resources", RESOURCE | {"title": f"{title} {slug}"})["id"]
        for title in ("Nights", "Days")
    )
    things = Things(
        network_id=admin.get("/v1/network")["id"], ana=ana.member_id, ben=ben.member_id,
        dora=dora.member_id, talk=talk["id"], circle=circle["id"], open_circle=other["id"],
        post=post["id"], program=program["id"], cohort=cohort["id"],
        enrollment=enrolled["enrollments"][0]["id"], slug=slug,
        case=_case(admin, dora, slug), message=sent["id"], gone=gone["id"],
        group=group, meeting=meeting, resource=resource, outdated=outdated,
        spare=admin.post("/v1/invites", {})["id"],
        invite=admin.post("/v1/invites", {"maxUses": 1000})["code"],
    )  # fmt: skip
    return Network(things, admin, ana, ben, cat)


def _case(admin: Kith, dora: Kith, slug: str) -> str:
    """Opened by dora, who is a moderator for the moment."""
    admin.put(f"/v1/accounts/{dora.member_id}/roles", {"roles": ["moderator"]})
    dora.sign_in(slug, f"dora@{slug}.example", PASSWORD)
    case = dora.post(
        "/v1/cases", {"memberId": dora.member_id, "kind": "medical", "severity": "concern"}
    )
    admin.put(f"/v1/accounts/{dora.member_id}/roles", {"roles": ["member"]})
    return str(case["id"])


def _together(admin: Kith, ana: Kith, ben: Kith, cat: Kith) -> tuple[str, str]:
    """A group, and a circle whose room is open and has all of it in it."""
    asked = {"clientGroupId": "ours", "title": "Ours", "memberIds": [ben.member_id]}
    group = ana.post_when_known("/v1/groups", asked)
    ben.put(f"/v1/conversations/{group['id']}/acceptance")
    circle = admin.post("/v1/circles", {"displayName": "Meeting"})
    for kith in (ana, cat):
        kith.put(f"/v1/circles/{circle['id']}/membership")
    wait_for(lambda: in_room(ana, circle["id"], 3))
    return str(group["id"]), str(circle["id"])


def in_room(kith: Kith, circle_id: str, count: int = 1) -> bool:
    """Whether she is let into the room of a circle, and so many are in it: messaging hears of who
    comes a moment later."""
    try:
        return len(kith.put(f"/v1/circles/{circle_id}/room")["memberIds"]) == count
    except Refused as refused:
        if refused.reason != "CIRCLE_NOT_FOUND":
            raise
        return False


DEVICES: dict[str, Device] = {}
"""Ben's, by the network he is in; it does not count, since it is asked many times at once."""


def keep_passkey(system: System, kith: Kith, password: str = PASSWORD) -> Device:
    """A passkey of hers, on a device that is given back."""
    device = Device(origin=f"http://localhost:{system.settings.port}", counts=False)
    path = "/v1/accounts/me/passkeys"
    options = kith.post(f"{path}/options", {"password": password})["options"]
    kith.post(path, {"credential": device.create(json.dumps(options)), "label": "Phone"})
    return device


def answer_openly(kith: Kith) -> None:
    """Agree to signals, then do the one thing they may know of."""
    kith.put("/v1/consents/signals", {"granted": True})
    kith.post("/v1/responses", {"instrumentId": "ucla-3", "answers": LONELY})


NAMES = ("ana", "ben", "cat", "dora")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a role, as the policy sees her and as the doors do."""

    name: str
    actor: Actor
    token: str | None
    guest: bool = False

    def __str__(self) -> str:
        return self.name


def people(system: System, network: Network, other: Network) -> Iterator[Person]:
    """Nobody; and with every role in `network`, two of them also before deciding on *service*: its
    ana, whose the things are, cat, who has no part in them, and as a guest the ana of the other
    network, whose the things there are."""
    yield Person("nobody", NOBODY, None)
    keys = KeyRing(lambda: read_folder(system.secrets.signing_keys))
    tokens, home = SignedTokens(keys, SHIPPED), UUID(network.things.network_id)
    for role, owes in [*((role, False) for role in ROLES), *((role, True) for role in OWING)]:
        for name, kith in (("ana", network.ana), ("cat", network.cat), ("guest", other.ana)):
            subject = UUID(kith.member_id)
            opens = Credentials(f"{name}@example.org", "")
            account, _ = join(subject, home, name, opens, frozenset({Role(role)}), BORN)
            # The matrix signs them out, and the door would refuse what is of an earlier epoch.
            account = replace(account, badges=(TRAINED,), session_epoch=1_000_000)
            now = datetime.now(UTC)  # noqa: TID251  # real
            text = SHIPPED.current(Purpose.SERVICE, now)
            if not owes:
                account, _ = account.decide(Choice(True, text), now)
            drawn = secrets.token_bytes(2 * SECRET_BYTES)
            device, _ = sign_in_on(account, new_id(), name, drawn, now)
            token = tokens.issue(account, device, "", now).access_token
            owed = ((str(text.purpose), text.version),) if owes else ()
            actor = Actor(subject, home, frozenset({role}), owes=owed)
            what = f"{role} who has not decided" if owes else role
            yield Person(f"{name} as {what}", actor, token, name == "guest")


OWING = ("member", "network_admin")
SHIPPED = shipped()
BORN = datetime(2026, 1, 1, tzinfo=UTC)
TRAINED = Badge(BadgeKind.MENTOR_TRAINING, UUID(int=0), BORN, datetime(2099, 1, 1, tzinfo=UTC))
