"""What is left of a member in circles when she is gone: places that others' words hang on."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from common.clock import SystemClock
from common.errors import Unavailable
from common.ids import new_id
from common.mongo import Database
from community.adapters.erasing import steps
from community.adapters.exporting import KINDS
from community.adapters.mongo import INDEXES, TOLD, MongoNetworks
from community.adapters.mongo_circles import membership_id
from community.adapters.mongo_connections import MongoMembers
from community.application.connections import delete_connection, request_connection
from community.application.ports import Taken
from community.application.turns import Turns
from community.domain.circle import Membership
from community.domain.connection import first_request
from community.domain.errors import MemberNotFound
from erasure.eraser import Eraser
from erasure.receipts import Count
from export.kinds import Whose

from services.community.tests.builders import (
    NETWORK,
    NOW,
    OTHER_NETWORK,
    a_circle,
    a_comment,
    a_comment_draft,
    a_post,
    commented,
)

Ends = list[tuple[str, UUID]]


@pytest.fixture
def ends() -> Ends:
    """The tombstones, by topic and key."""
    return []


@pytest.fixture
def eraser(networks: MongoNetworks, database: Database, ends: Ends) -> Eraser:
    async def let_go(topic: str, key: UUID) -> None:
        ends.append((topic, key))

    return Eraser("community", database, steps(let_go), SystemClock())


async def all_is_told(database: Database) -> None:
    """As the relay leaves it."""
    for name in TOLD:
        forget = {"$unset": {"outbox": "", "outbox_at": "", "outbox_last": ""}}
        await database.unscoped(name).update_many({}, forget)


async def test_an_answered_post_keeps_its_place_and_any_other_goes(
    networks: MongoNetworks, eraser: Eraser, database: Database
) -> None:
    network, turns, ada, ben = networks.of(NETWORK), Turns(), new_id(), new_id()
    circle, founding = a_circle()
    await network.circles.add(circle)
    await network.memberships.add(founding)
    for number, member in enumerate((ada, ben), 2):
        await network.memberships.add(Membership(circle.id, member, number, NOW))
    answered, alone, bens = (a_post(circle.id, author) for author in (ada, ada, ben))
    for post in (answered, alone, bens):
        await network.posts.add(post)
    for post, author in ((answered, ben), (answered, ada), (alone, ada), (bens, ada), (bens, ben)):
        await commented(network, turns, a_comment_draft(post.id, author))
    await all_is_told(database)
    erasure_id = new_id()
    receipt = await eraser.erase(NETWORK, ada, erasure_id)
    assert await eraser.erase(NETWORK, ada, erasure_id) == receipt

    assert receipt.counts == {
        "members": Count(), "blocks": Count(), "connections": Count(),
        "memberships": Count(removed=1), "posts": Count(removed=1, anonymised=1),
        "comments": Count(removed=1, anonymised=2), "circles": Count(), "cases": Count(),
        "resources": Count(),
    }  # fmt: skip
    assert await network.posts.get(alone.id) is None
    kept = await network.posts.get(answered.id)
    assert kept is not None
    assert (kept.text, kept.author_id == ada) == ("", False)
    for post, texts in ((answered, ["I am.", ""]), (bens, ["", "I am."]), (alone, [])):
        found = await network.comments.page(post.id, 0, 10)
        assert [one.text for one in found] == texts
        assert [one.number for one in found] == list(range(1, len(texts) + 1))
    assert await network.memberships.circles_of(ada) == []
    assert await network.memberships.circles_of(ben) == [circle.id]
    await nothing_left_of(database, ada)


async def test_a_circle_she_founded_stays_with_everybody_in_it(
    networks: MongoNetworks, eraser: Eraser, database: Database
) -> None:
    network = networks.of(NETWORK)
    circle, founding = a_circle()
    await network.circles.add(circle)
    await network.memberships.add(founding)
    await all_is_told(database)
    receipt = await eraser.erase(NETWORK, circle.founder_id, new_id())
    assert receipt.counts["circles"] == Count(anonymised=1)
    found = await network.circles.get(circle.id)
    assert found is not None
    assert (found.display_name, found.founder_id == circle.founder_id) == ("Mornings", False)
    await nothing_left_of(database, circle.founder_id)


async def test_many_posts_go_in_any_number(networks: MongoNetworks, eraser: Eraser) -> None:
    network, ada, ben, circle = networks.of(NETWORK), new_id(), new_id(), new_id()
    for number in range(230):
        await network.posts.add(post := a_post(circle, ada))
        if number % 3 == 0:
            await network.comments.add(post, a_comment(post, 1, ben))
    await networks.of(OTHER_NETWORK).posts.add(other := a_post(circle, ada))
    receipt = await eraser.erase(NETWORK, ada, new_id())
    assert receipt.counts["posts"] == Count(removed=153, anonymised=77)
    left = await network.posts.page(circle, None, 500)
    assert [(one.text, one.author_id == ada) for one in left] == [("", False)] * 77
    assert await networks.of(OTHER_NETWORK).posts.get(other.id) == other


async def test_her_ties_go_and_end_in_tombstones_once_all_is_told(
    networks: MongoNetworks, eraser: Eraser, database: Database, ends: Ends
) -> None:
    network, ada, ben, cat = networks.of(NETWORK), new_id(), new_id(), new_id()
    for member in (ada, ben):
        await network.members.add(member)
    agreed = (asked := first_request(ada, ben, NOW)).ask(ben, NOW)
    await network.connections.save(None, asked)
    await network.connections.save(asked, agreed)
    declined = (second := first_request(cat, ada, NOW)).let_go(ada, NOW)
    await network.connections.save(None, second)
    await network.connections.save(second, declined)
    others = first_request(ben, cat, NOW)
    await network.connections.save(None, others)
    place = Membership(circle := new_id(), ada, 1, NOW)
    await network.memberships.add(place)
    await network.memberships.save(place.leave(NOW))
    erasure_id = new_id()
    with pytest.raises(Unavailable):  # what waits would come behind the tombstone
        await eraser.erase(NETWORK, ada, erasure_id)
    assert ends == []
    with pytest.raises(Taken):  # nor is anything added to it
        await network.connections.save(agreed, agreed.let_go(ben, NOW))
    await delete_connection(network, ben, ada, NOW)
    await all_is_told(database)
    receipt = await eraser.erase(NETWORK, ada, erasure_id)
    assert (receipt.counts["connections"], receipt.counts["members"]) == (Count(2), Count(1))
    assert set(ends) == {
        ("community.connection.v1", agreed.id), ("community.connection.v1", declined.id),
        ("community.membership.v1", membership_id(circle, ada)),
    }  # fmt: skip
    assert await network.connections.get(others.id) == others
    await nothing_left_of(database, ada)


async def test_what_is_told_while_its_tombstone_goes_out_is_waited_for(
    networks: MongoNetworks, database: Database
) -> None:
    network, ada, ends = networks.of(NETWORK), new_id(), list[UUID]()
    place = Membership(new_id(), ada, 1, NOW)
    await network.memberships.add(place)
    await all_is_told(database)

    async def let_go(topic: str, key: UUID) -> None:
        if not ends:  # a request that was under way all the while
            kept = await network.memberships.get(place.circle_id, ada)
            assert kept
            await network.memberships.save(kept.come_back(2, NOW))
        ends.append(key)

    eraser, erasure_id = Eraser("community", database, steps(let_go), SystemClock()), new_id()
    with pytest.raises(Unavailable):
        await eraser.erase(NETWORK, ada, erasure_id)
    assert await network.memberships.get(place.circle_id, ada) is not None
    await all_is_told(database)
    await eraser.erase(NETWORK, ada, erasure_id)
    assert ends == [membership_id(place.circle_id, ada)] * 2
    await nothing_left_of(database, ada)


async def test_nothing_stays_of_asking_her_while_she_is_erased(
    networks: MongoNetworks, eraser: Eraser, database: Database
) -> None:
    network, ada, ben = networks.of(NETWORK), new_id(), new_id()
    for member in (ada, ben):
        await network.members.add(member)

    class Erasing(MongoMembers):
        """She was known, and is erased before the request goes on."""

        async def known(self, member_id: UUID) -> bool:
            there = await super().known(member_id)
            await eraser.erase(NETWORK, ada, new_id())
            return there

    members = Erasing(database.collection("members", NETWORK))
    with pytest.raises(MemberNotFound):
        await request_connection(replace(network, members=members), ben, ada, NOW)
    await nothing_left_of(database, ada)


async def test_an_export_tells_nothing_of_who_is_being_erased(
    networks: MongoNetworks, eraser: Eraser, database: Database
) -> None:
    network, ada, ben, cat = networks.of(NETWORK), new_id(), new_id(), new_id()
    for other in (ben, cat):
        asked = first_request(ada, other, NOW)
        await network.connections.save(None, asked)
        await network.connections.save(asked, asked.ask(other, NOW))
    with pytest.raises(Unavailable):
        await eraser.erase(NETWORK, ben, new_id())
    kind = next(kind for kind in KINDS if kind.name == "connections")
    for member, others in ((ada, [cat]), (ben, []), (cat, [ada])):
        records, rest = await kind.page(database, Whose(NETWORK, member), "")
        assert ([one["memberId"] for one in records], rest) == ([str(id) for id in others], "")


async def nothing_left_of(database: Database, member_id: UUID) -> None:
    """A look at every document there is; what waits in an outbox is on its way out."""
    for name in INDEXES:
        for document in await database.unscoped(name).find({}, {"outbox": 0}).to_list(None):
            assert str(member_id) not in str(document), name
