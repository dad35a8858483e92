"""One contract for what outcomes keeps, held by the fake and by the database alike."""

from __future__ import annotations

import asyncio

import pytest
from common.ids import new_id
from common.mongo import Database
from outcomes.adapters.mongo import INDEXES, MongoNetworks
from outcomes.application.ports import Networks, Responses
from outcomes.domain.instruments import CHECK_IN, UCLA_3
from outcomes.domain.response import Response

from services.outcomes.tests.builders import NETWORK, OTHER_NETWORK, a_request, a_response
from services.outcomes.tests.fakes import FakeNetworks


class NetworksContract:
    """What every implementation of ports.Networks does."""

    @pytest.fixture
    def kept(self) -> Networks:
        raise NotImplementedError

    @pytest.fixture
    def responses(self, kept: Networks) -> Responses:
        return kept.responses(NETWORK)

    async def test_a_response_comes_back_as_it_was_stored(self, responses: Responses) -> None:
        for made in (a_response(UCLA_3, 1, 2, 3), a_response(CHECK_IN, 0)):
            assert await responses.add(made, a_request(made)) == made
            assert list(await responses.page(made.member_id, None, 10)) == [made]

    async def test_a_request_makes_one_response(self, responses: Responses) -> None:
        made = a_response()
        await responses.add(made, a_request(made))
        again = a_response(CHECK_IN, member_id=made.member_id)
        assert await responses.add(again, a_request(made)) == made
        assert list(await responses.page(made.member_id, None, 10)) == [made]

    async def test_the_same_request_id_of_somebody_else_is_another_request(
        self, responses: Responses
    ) -> None:
        both = a_response(), a_response()
        for made in (*both, *both):
            assert await responses.add(made, a_request(made, "r")) == made

    async def test_pages_hold_every_own_response_once_newest_first(
        self, responses: Responses
    ) -> None:
        member_id, made = new_id(), list[Response]()
        for number in range(7):
            made.append(a_response(member_id=member_id))
            await responses.add(made[-1], a_request(made[-1], f"r-{number}"))
            other = a_response()
            await responses.add(other, a_request(other))
        seen: list[Response] = []
        while page := await responses.page(member_id, seen[-1].id if seen else None, 3):
            assert len(page) <= 3
            seen += page
        assert seen == made[::-1]

    async def test_networks_share_nothing(self, kept: Networks) -> None:
        made = a_response()
        await kept.responses(NETWORK).add(made, a_request(made))
        there = kept.responses(OTHER_NETWORK)
        assert list(await there.page(made.member_id, None, 10)) == []
        other = a_response(member_id=made.member_id)
        assert await there.add(other, a_request(made)) == other


class TestFakeNetworks(NetworksContract):
    @pytest.fixture
    def kept(self) -> Networks:
        return FakeNetworks()


class TestMongoNetworks(NetworksContract):
    @pytest.fixture
    def kept(self, networks: MongoNetworks) -> Networks:
        return networks

    async def test_a_repeated_write_is_no_rival_of_the_first(self, responses: Responses) -> None:
        made = a_response()
        for _ in range(2):  # as a driver does that lost the first answer
            assert await responses.add(made, a_request(made)) == made

    async def test_of_many_at_once_one_makes_the_response(self, responses: Responses) -> None:
        member_id = new_id()

        async def attempt(number: int) -> Response:
            made = a_response(CHECK_IN, number % 5, member_id=member_id)
            return await responses.add(made, a_request(made))

        made = await asyncio.gather(*map(attempt, range(12)))
        assert all(one == made[0] for one in made)
        assert list(await responses.page(member_id, None, 20)) == made[:1]


async def test_answers_and_events_are_one_document_and_no_answer_is_in_an_event(
    database: Database,
) -> None:
    await database.create_collections(INDEXES)
    woken: list[None] = []
    responses = MongoNetworks(database, lambda: woken.append(None)).responses(NETWORK)
    made = a_response(UCLA_3, 3, 1, 2)
    for _ in range(2):
        await responses.add(made, a_request(made))
    stored = await database.unscoped("responses").find_one({})
    assert stored
    assert stored["answers"] == {"companionship": 3, "left-out": 1, "isolated": 2}
    assert (stored["score"], stored["scoring_version"]) == (6, "ucla-3-sum-1")
    assert stored["instrument_version"] == "ucla-3-en-1"
    assert [entry["topic"] for entry in stored["outbox"]] == [
        "outcomes.response.v1", "activity.member.v1",
    ]  # fmt: skip
    for entry in stored["outbox"]:
        assert b"companionship" not in entry["payload"]
    assert len(woken) == 2  # the repetition too: it may be that only the first answer was lost


async def test_every_hot_query_walks_an_index(networks: MongoNetworks, database: Database) -> None:
    for _ in range(50):
        made = a_response()
        await networks.responses(NETWORK).add(made, a_request(made))
    responses = database.collection("responses", NETWORK)
    member_id = new_id()
    plans = [
        await responses.plan({"member_id": member_id, "request_id": "r-1"}, [("_id", 1)]),
        await responses.plan({"member_id": member_id}, [("_id", -1)]),
        await responses.plan({"member_id": member_id, "_id": {"$lt": new_id()}}, [("_id", -1)]),
    ]
    for plan in plans:
        assert "IXSCAN" in str(plan)
        assert "COLLSCAN" not in str(plan)
