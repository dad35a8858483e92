"""Outcomes over a real channel: what is answered, every reason to refuse, and who is let in."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from common.errors import Kind, RemoteError
from common.grpc_client import call
from common.ids import new_id
from kith.outcomes.v1 import outcomes_pb2 as pb
from kith.outcomes.v1 import outcomes_service_pb2 as api

from services.outcomes.tests.builders import LONELY, NETWORK, OTHER_NETWORK, WELL
from services.outcomes.tests.doors import Client, Door, Issuer

PEERS = ["member", "mentor", "moderator", "care_team", "network_admin"]


@pytest.fixture
def client(door: Door) -> Client:
    return door.client


@pytest.fixture
def ada(door: Door) -> str:
    return door.issuer.token()


async def test_instruments_are_told_with_their_texts_answers_and_source(
    client: Client, ada: str
) -> None:
    loneliness, check_in = await client.instruments(ada)
    assert (loneliness.id, loneliness.scoring_version) == ("ucla-3", "ucla-3-sum-1")
    assert loneliness.items[0] == pb.Item(
        id="companionship", text="How often do you feel that you lack companionship?", min=1,
        max=3, labels=["Hardly ever or never", "Some of the time", "Often"],
    )  # fmt: skip
    assert "Hughes" in loneliness.attribution
    assert "attribution" in loneliness.attribution
    assert check_in.id == "check-in"
    assert [(item.min, item.max) for item in check_in.items] == [(0, 4)]
    for instrument in (loneliness, check_in):
        assert all(len(item.labels) == item.max - item.min + 1 for item in instrument.items)


async def test_a_response_is_scored_and_read_back(door: Door, client: Client, ada: str) -> None:
    response = await client.answer(ada, "ucla-3", LONELY)
    assert response == pb.Response(
        id=response.id, instrument_id="ucla-3", answers=LONELY, score=8,
        scoring_version="ucla-3-sum-1", create_time=response.create_time, consent_version=3,
    )  # fmt: skip
    assert response.create_time.seconds == int(door.clock.now().timestamp())
    door.clock.advance(timedelta(days=1))
    assert await client.answer(ada, "ucla-3", LONELY) == response  # the same request again
    assert list((await client.own(ada)).responses) == [response]


@pytest.mark.parametrize("value", range(5))
async def test_a_check_in_is_worth_its_answer(client: Client, ada: str, value: int) -> None:
    assert (await client.answer(ada, "check-in", {"week": value})).score == value


@pytest.mark.parametrize(
    "instrument_id, answers, metadata",
    [
        ("ucla-3", {}, {"item": "companionship"}),
        ("ucla-3", {"companionship": 1, "isolated": 1}, {"item": "left-out"}),
        ("ucla-3", {**LONELY, "left-out": 0}, {"item": "left-out"}),
        ("ucla-3", {**LONELY, "left-out": 4}, {"item": "left-out"}),
        ("ucla-3", {**LONELY, "left-out": -(2**31)}, {"item": "left-out"}),
        ("ucla-3", {**LONELY, "week": 1}, {"item": "week"}),
        ("ucla-3", {**LONELY, "I feel awful": 1}, {}),
        ("check-in", LONELY, {"item": "week"}),
        ("check-in", {"week": 5}, {"item": "week"}),
    ],
)
async def test_answers_that_cannot_be_scored_name_the_item(
    client: Client, ada: str, instrument_id: str, answers: Mapping[str, int],
    metadata: dict[str, str],
) -> None:  # fmt: skip
    with pytest.raises(RemoteError) as refused:
        await client.answer(ada, instrument_id, answers)
    error = refused.value
    assert (error.kind, error.reason) == (Kind.INVALID, "ANSWERS_INVALID")
    assert error.metadata == metadata
    assert not (await client.own(ada)).responses


async def test_every_other_refusal_has_its_reason(client: Client, ada: str) -> None:
    await client.answer(ada, "check-in", WELL)
    for instrument_id, answers, request_id, kind, reason in (
        ("phq-9", WELL, "r-2", Kind.NOT_FOUND, "INSTRUMENT_NOT_FOUND"),
        ("", WELL, "r-2", Kind.NOT_FOUND, "INSTRUMENT_NOT_FOUND"),
        ("check-in", WELL, "", Kind.INVALID, "INVALID_ARGUMENT"),
        ("check-in", WELL, "x" * 65, Kind.INVALID, "INVALID_ARGUMENT"),
        ("check-in", {"week": 3}, "r-1", Kind.CONFLICT, "REQUEST_ID_REUSED"),
        ("ucla-3", LONELY, "r-1", Kind.CONFLICT, "REQUEST_ID_REUSED"),
    ):
        with pytest.raises(RemoteError) as refused:
            await client.answer(ada, instrument_id, answers, request_id)
        assert (refused.value.kind, refused.value.reason) == (kind, reason)
    for size, token in ((-1, ""), (101, ""), (0, "not a token")):
        with pytest.raises(RemoteError) as refused:
            await client.own(ada, size=size, page_token=token)
        assert refused.value.reason == "INVALID_ARGUMENT"


async def test_pages_of_own_responses_newest_first(client: Client, ada: str) -> None:
    made = [await client.answer(ada, "check-in", {"week": n}, f"r-{n}") for n in range(5)]
    seen, page_token = list[pb.Response](), ""
    while True:
        page = await client.own(ada, size=2, page_token=page_token)
        seen += page.responses
        page_token = page.next_page_token
        if not page_token:
            break
    assert seen == made[::-1]


def calls(client: Client) -> list[tuple[Any, Any]]:
    stub = client.responses
    return [
        (stub.ListInstruments, api.ListInstrumentsRequest()),
        (
            stub.CreateResponse,
            api.CreateResponseRequest(instrument_id="check-in", answers=WELL, request_id="r-1"),
        ),
        (stub.ListResponses, api.ListResponsesRequest()),
    ]


async def test_without_a_good_token_nothing_is_done(client: Client) -> None:
    for behaviour, request in calls(client):
        for token in (None, "", "garbage", Issuer().token()):
            with pytest.raises(RemoteError) as refused:
                await call(behaviour, request, token=token)
            assert refused.value.kind is Kind.UNAUTHENTICATED


@pytest.mark.parametrize("role", PEERS)
async def test_whoever_lives_in_the_network_may_answer_for_herself(door: Door, role: str) -> None:
    for behaviour, request in calls(door.client):
        await call(behaviour, request, token=door.issuer.token(role))


@pytest.mark.parametrize("role", ["sponsor_analyst", "platform_operator"])
async def test_who_does_not_live_there_may_not(door: Door, role: str) -> None:
    for behaviour, request in calls(door.client):
        with pytest.raises(RemoteError) as refused:
            await call(behaviour, request, token=door.issuer.token(role))
        assert refused.value.kind is Kind.FORBIDDEN


async def test_nobody_reads_or_hits_what_somebody_else_answered(door: Door) -> None:
    client, ada = door.client, new_id()
    here = door.issuer.token("member", ada, NETWORK)
    response = await client.answer(here, "ucla-3", LONELY)
    for token in (
        door.issuer.token("network_admin"), door.issuer.token("care_team"),
        door.issuer.token("member", ada, OTHER_NETWORK),  # the same subject, another network
    ):  # fmt: skip
        assert not (await client.own(token)).responses
        assert not (await client.own(token, page_token=str(new_id()))).responses
        other = await client.answer(token, "check-in", WELL)  # the same request id
        assert other.id != response.id
    assert list((await client.own(here)).responses) == [response]


async def test_of_many_requests_with_one_id_one_counts(client: Client, ada: str) -> None:
    async def attempt(number: int) -> str:
        try:
            return (await client.answer(ada, "check-in", {"week": number % 2})).id
        except RemoteError as error:
            return error.reason

    outcomes = Counter(await asyncio.gather(*map(attempt, range(12))))
    (response,) = (await client.own(ada)).responses
    assert outcomes == {response.id: 6, "REQUEST_ID_REUSED": 6}
